// How jobs work through the orders whose time has come: each in a transaction of its own, and none waits for another.
import type { Ctx } from '../../../context.ts';
import { type DueRow, IN_BATCH, workThrough } from '../../../db/batches/batches.ts';
import type { Db } from '../../../db/database.ts';
import type { Decide } from '../decisions/effects.rules.ts';
import { changeOrder } from '../writing/change.service.ts';
import type { DueOrders } from './due-orders.queries.ts';

/** Of orders that share no product: a thousand that end at one moment are done within seconds, and customers still get through. */
const ORDERS_AT_ONCE = 3;

interface DueWork {
  /** Under which orders are set aside: the name of the job. */
  readonly job: string;
  readonly find: (db: Db, due: DueOrders) => Promise<readonly DueRow[]>;
  /** Looks again under the order's lock whether its time has come. */
  readonly decide: Decide;
}

/** Changes every order that `find` finds due; one that fails or is locked is set aside and tried again later. */
export async function workThroughOrders(ctx: Ctx, { job, find, decide }: DueWork): Promise<void> {
  await workThrough(ctx, {
    job,
    concurrency: ORDERS_AT_ONCE,
    find: (db, limit) => find(db, { job, now: ctx.clock.now(), limit }),
    work: async (ctx, ids) => {
      for (const id of ids) await changeOrder(ctx, id, decide, IN_BATCH);
    },
  });
}
