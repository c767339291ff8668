// Which database makes a public answer.
import type { Ctx } from '../../context.ts';

/**
 * Runs `work`, which must only read, on the replica where there is one that can be read, else on the leader. Either holds
 * everything that was committed before: what is made there may be kept as long as what was made here.
 */
export function readPublic<T>(ctx: Ctx, work: (ctx: Ctx) => Promise<T>): Promise<T> {
  const { replica, db: leader } = ctx;
  if (replica === undefined) return work(ctx);
  return replica.read({ replica: replica.db, leader }, (db) => work({ ...ctx, db }));
}
