// Forgetting: people who left, and sessions that nobody can use any more.
import type { Ctx } from '../../context.ts';
import { inTransaction } from '../../db/transaction.ts';
import { DAY_MS, plusMs } from '../../lib/time.ts';
import { recordAudit } from '../audit/audit.service.ts';
import { publishEvents } from '../notifications/notifications.service.ts';
import {
  deleteSecrets,
  deleteSessionsExpiredBefore,
  eraseAddressRows,
  eraseSessionRows,
  eraseUserRows,
  lockErasable,
} from './erasure.queries.ts';

/** Until then an admin can restore the account. */
export const RESTORABLE_MS = 30 * DAY_MS;
/** Ended sessions stay this long, for whoever looks into a stolen account. */
export const SESSION_RETENTION_MS = 30 * DAY_MS;
const ERASURE_BATCH = 100;
const SESSION_BATCH = 1_000;

/**
 * Takes the personal data of users who were deleted longer ago than RESTORABLE_MS; their rows stay, anonymous.
 * @returns how many were erased
 */
export async function eraseDeletedUsers(ctx: Ctx): Promise<number> {
  let erased = 0;
  for (;;) {
    const batch = await inTransaction(ctx, async (ctx) => {
      const now = ctx.clock.now();
      const ids = await lockErasable(ctx.db, plusMs(now, -RESTORABLE_MS), ERASURE_BATCH);
      if (ids.length === 0) return 0;
      await eraseUserRows(ctx.db, ids, now);
      await eraseAddressRows(ctx.db, ids, now);
      await eraseSessionRows(ctx.db, ids);
      await deleteSecrets(ctx.db, ids);
      for (const id of ids)
        await recordAudit(ctx, { action: 'user.erased', object_type: 'user', object_id: id });
      await publishEvents(
        ctx,
        ids.map((user_id) => ({ topic: 'user.erased', payload: { user_id } })),
      );
      return ids.length;
    });
    erased += batch;
    if (batch < ERASURE_BATCH) return erased;
  }
}

export async function forgetExpiredSessions(ctx: Ctx): Promise<void> {
  const before = plusMs(ctx.clock.now(), -SESSION_RETENTION_MS);
  while ((await deleteSessionsExpiredBefore(ctx.db, before, SESSION_BATCH)) === SESSION_BATCH);
}
