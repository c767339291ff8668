// Deadlines: reservations that run out, and sellers who leave an order lying. First they are reminded, then it is cancelled.
import type { Ctx } from '../../../context.ts';
import { inTransaction } from '../../../db/transaction.ts';
import { HOUR_MS, plusMs } from '../../../lib/time.ts';
import { publishEvents } from '../../notifications/notifications.service.ts';
import { decideExpiry, decideOverdue } from '../decisions/deadline.rules.ts';
import { markReminded } from './deadlines.queries.ts';
import { findExpiredOrders, findOverdueOrders } from './due-orders.queries.ts';
import { workThroughOrders } from './due-orders.service.ts';

const REMINDER_BATCH = 200;
/** Under which orders are set aside: the names of the jobs. */
const EXPIRE_JOB = 'orders.expire-reservations';
const OVERDUE_JOB = 'orders.cancel-overdue';

/** Gives up orders whose reservation has run out; a payment that was faster keeps its order. */
export async function expireReservations(ctx: Ctx): Promise<void> {
  await workThroughOrders(ctx, { job: EXPIRE_JOB, find: findExpiredOrders, decide: decideExpiry });
}

/** Cancels seller orders that were not confirmed or not shipped in time; what was paid is refunded. */
export async function cancelOverdue(ctx: Ctx): Promise<void> {
  await workThroughOrders(ctx, {
    job: OVERDUE_JOB,
    find: findOverdueOrders,
    decide: decideOverdue,
  });
}

/** Tells sellers, once for each deadline, that it is near. */
export async function remindSellers(ctx: Ctx): Promise<void> {
  const moment = plusMs(ctx.clock.now(), ctx.config.ORDER_REMIND_HOURS * HOUR_MS);
  let reminded: number;
  do {
    reminded = await inTransaction(ctx, async (ctx) => {
      const due = { now: ctx.clock.now(), moment, limit: REMINDER_BATCH };
      const orders = await markReminded(ctx.db, due);
      await publishEvents(
        ctx,
        orders.map(({ id, order_id, seller_id }) => ({
          topic: 'order.due',
          payload: { order_id, seller_order_id: id, seller_id },
        })),
      );
      return orders.length;
    });
  } while (reminded === REMINDER_BATCH);
}
