// Forgetting: people who left, and sessions that nobody can use any more.
import type { Ctx, TxCtx } from '../../../context.ts';
import { IN_BATCH, workThrough } from '../../../db/batches/batches.ts';
import { deleteBefore } from '../../../db/batches/delete-before.ts';
import { inTransaction } from '../../../db/transaction.ts';
import { DAY_MS, plusMs } from '../../../lib/time.ts';
import { recordAudit } from '../../audit/audit.service.ts';
import { publishEvents } from '../../notifications/notifications.service.ts';
import {
  deleteSecrets,
  eraseAddressRows,
  eraseSessionRows,
  eraseUserRows,
  findErasable,
  lockErasable,
} from './erasure.queries.ts';

/** Until then an admin can restore the account. */
export const RESTORABLE_MS = 30 * DAY_MS;
/** Ended sessions stay this long, for whoever looks into a stolen account. */
export const SESSION_RETENTION_MS = 30 * DAY_MS;
/** Under which users are set aside: the name of the job. */
const ERASE_JOB = 'users.erase';
/** Users of one transaction. */
const ERASURE_GROUP = 50;

/**
 * Takes the personal data of users who were deleted longer ago than RESTORABLE_MS; their rows stay, anonymous.
 * @returns how many were erased
 */
export async function eraseDeletedUsers(ctx: Ctx): Promise<number> {
  const deleted_before = plusMs(ctx.clock.now(), -RESTORABLE_MS);
  const { done } = await workThrough(ctx, {
    job: ERASE_JOB,
    groupSize: ERASURE_GROUP,
    find: (db, limit) => findErasable(db, { job: ERASE_JOB, deleted_before, limit }),
    work: (ctx, ids) =>
      inTransaction(ctx, (ctx) => eraseUsers(ctx, { ids, deleted_before }), IN_BATCH),
  });
  return done;
}

async function eraseUsers(
  ctx: TxCtx,
  { ids: wanted, deleted_before }: { ids: readonly string[]; deleted_before: Date },
): Promise<void> {
  const now = ctx.clock.now();
  const ids = await lockErasable(ctx.db, wanted, deleted_before);
  if (ids.length === 0) return;
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
}

/** Their refresh tokens go with them. */
export async function forgetExpiredSessions(ctx: Ctx): Promise<void> {
  const before = plusMs(ctx.clock.now(), -SESSION_RETENTION_MS);
  await deleteBefore(ctx.db, 'sessions', 'expires_at', before);
}
