// The standing watch over the audit log: recomputes the whole chain of seals, and keeps the verdict for the metrics.
import type { Ctx } from '../../../context.ts';
import { describeBreak, verifyAudit } from '../../audit/seals/seals.service.ts';
import { AUDIT_CHAIN, saveInvariantCheck } from '../operations.queries.ts';

/** Reads every entry, some 25 µs each, in batches: seldom is often enough. `verify-audit` names more breaks. */
export async function watchAudit(ctx: Ctx): Promise<void> {
  const checked_at = ctx.clock.now();
  const { broken, breaks } = await verifyAudit(ctx);
  await saveInvariantCheck(ctx.db, { invariant: AUDIT_CHAIN, violations: broken, checked_at });
  if (broken > 0)
    ctx.log.error({ broken, breaks: breaks.map(describeBreak) }, 'the audit log was changed');
}
