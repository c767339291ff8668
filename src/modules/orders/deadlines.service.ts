// Deadlines: sellers who leave an order lying are reminded, and at the end it is cancelled and its stock goes back.
import type { Ctx, TxCtx } from '../../context.ts';
import { inTransaction } from '../../db/transaction.ts';
import { HOUR_MS, plusMs } from '../../lib/time.ts';
import { publishEvents } from '../notifications/notifications.service.ts';
import { cancelParts } from './cancellation.service.ts';
import type { OrderChange } from './change.service.ts';
import { markReminded } from './deadlines.queries.ts';
import { findOverdueOrders } from './due-orders.queries.ts';
import { workThroughOrders } from './due-orders.service.ts';
import { holdAllocations } from './part-stock.service.ts';

const REMINDER_BATCH = 200;
/** Under which orders are set aside: the name of the job. */
const OVERDUE_JOB = 'orders.cancel-overdue';

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

/** Cancels seller orders that were not confirmed or not shipped in time; what was paid is refunded. */
export async function cancelOverdue(ctx: Ctx): Promise<void> {
  await workThroughOrders(ctx, { job: OVERDUE_JOB, find: findOverdueOrders, change: cancelLate });
}

async function cancelLate(ctx: TxCtx, draft: OrderChange): Promise<void> {
  const now = ctx.clock.now();
  const late = draft.parts.filter((part) => part.due_at !== null && part.due_at <= now);
  if (late.length === 0) return;
  // All at once: products are locked by id, whichever seller order they belong to.
  await holdAllocations(ctx, late);
  for (const [status, reason] of [
    ['PENDING', 'NOT_CONFIRMED'],
    ['CONFIRMED', 'NOT_SHIPPED'],
  ] as const) {
    const parts = late.filter((part) => part.order_status === status);
    if (parts.length > 0) await cancelParts(ctx, draft, parts, reason);
  }
}
