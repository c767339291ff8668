// Caps on one-time codes, counted in the database, so that all processes agree.
import type { TxCtx } from '../../../context.ts';
import { type CodeRow, countIssued, lockCodeCounts } from './codes.queries.ts';
import { channelOf, type ReachedCap, reachedCap } from './codes.rules.ts';

/**
 * Which cap stands against one more code; undefined where none does. Until the transaction ends no other code is counted
 * that would share one of them.
 */
export async function findReachedCap(
  ctx: TxCtx,
  code: Pick<CodeRow, 'purpose' | 'target' | 'ip_prefix' | 'is_familiar'> & { user_id: string },
): Promise<ReachedCap | undefined> {
  const { purpose, target } = code;
  await lockCodeCounts(ctx.db, { target, isSms: channelOf(purpose) === 'sms' });
  const counts = await countIssued(ctx.db, { ...code, now: ctx.clock.now() });
  return reachedCap(ctx.config, purpose, counts);
}
