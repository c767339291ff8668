// Deadlines: sellers who leave an order lying are reminded, and at the end it is cancelled and its stock goes back.
import type { Ctx } from '../../context.ts';
import { inTransaction } from '../../db/transaction.ts';
import { HOUR_MS, plusMs } from '../../lib/time.ts';
import { publishEvents } from '../notifications/notifications.service.ts';
import { cancelParts } from './cancellation.service.ts';
import { changeOrder } from './change.service.ts';
import { type DueOrder, findOverdue, markReminded } from './deadlines.queries.ts';

const REMINDER_BATCH = 200;
const OVERDUE_BATCH = 100;

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

/**
 * Cancels seller orders that were not confirmed or not shipped in time; what was paid is refunded. One that fails is
 * logged and passed over until the next run.
 */
export async function cancelOverdue(ctx: Ctx): Promise<void> {
  const now = ctx.clock.now();
  let after: DueOrder | undefined;
  for (;;) {
    const overdue = await findOverdue(ctx.db, now, { after, limit: OVERDUE_BATCH });
    for (const order_id of new Set(overdue.map((due) => due.order_id))) {
      await cancelLate(ctx, order_id).catch((error: unknown) => {
        ctx.log.error({ err: error, order_id }, 'an overdue order could not be cancelled');
      });
    }
    after = overdue.at(-1);
    if (overdue.length < OVERDUE_BATCH) return;
  }
}

function cancelLate(ctx: Ctx, order_id: string): Promise<void> {
  return changeOrder(ctx, order_id, async (ctx, draft) => {
    const now = ctx.clock.now();
    for (const [status, reason] of [
      ['PENDING', 'NOT_CONFIRMED'],
      ['CONFIRMED', 'NOT_SHIPPED'],
    ] as const) {
      const late = draft.parts.filter(
        (part) => part.order_status === status && part.due_at !== null && part.due_at <= now,
      );
      if (late.length > 0) await cancelParts(ctx, draft, late, reason);
    }
  });
}
