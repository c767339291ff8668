// Writes one change of an order: stock first, which locks what others wait for, then its rows, and all records together.
import type { TxCtx } from '../../../context.ts';
import { insertTogether } from '../../../db/insert-together.ts';
import { newId } from '../../../lib/ids.ts';
import { auditRow } from '../../audit/audit.service.ts';
import { journalRows } from '../../ledger/ledger.service.ts';
import { eventRows } from '../../notifications/notifications.service.ts';
import { type PaymentRow, type RefundRow, updatePayment } from '../../payments/payments.service.ts';
import { queueRefunds } from '../../payments/refund-queue.service.ts';
import type { EffectOf, OrderState } from '../decisions/effects.rules.ts';
import { orderStatusOf } from '../orders.rules.ts';
import { changeAllocations } from './allocation-changes.service.ts';
import type { OrderChange } from './change.rules.ts';
import { updateOrder } from './orders.queries.ts';

/** The caller holds order and payment of `before`. */
export async function writeChange(
  ctx: TxCtx,
  before: OrderState,
  change: OrderChange,
): Promise<void> {
  const { order, sellerOrders, payment } = change;
  await changeAllocations(ctx, change);
  const order_status = orderStatusOf(sellerOrders.map((one) => one.order_status));
  await updateOrder(ctx.db, { id: order.id, order_status, now: ctx.clock.now() }, sellerOrders);
  if (payment !== before.payment) await writePayment(ctx, payment);
  const refunds = change.refunds.map((refund) => refundRow(ctx, payment, refund));
  await insertTogether(ctx.db, {
    refunds,
    order_events: change.orderEvents.map((event) => ({ id: newId(), ...event })),
    ...journalRows(ctx, change.journalEntries),
    audit_entries: change.auditEntries.map((entry) => auditRow(ctx, entry)),
    outbox_messages: eventRows(ctx, change.events),
  });
  await queueRefunds(ctx, refunds);
}

async function writePayment(ctx: TxCtx, payment: PaymentRow): Promise<void> {
  const { payment_status, amount_centavos, refunded_centavos, completed_at } = payment;
  await updatePayment(ctx.db, payment.id, {
    payment_status,
    amount_centavos,
    refunded_centavos,
    completed_at,
    updated_at: ctx.clock.now(),
  });
}

/** Cash goes back by hand, and has; the provider is asked by a job. */
function refundRow(ctx: TxCtx, payment: PaymentRow, refund: EffectOf<'REFUND'>): RefundRow {
  const { seller_order_id, amount_centavos, reason } = refund;
  const now = ctx.clock.now();
  return {
    id: newId(),
    payment_id: payment.id,
    seller_order_id,
    amount_centavos,
    reason,
    status: payment.payment_method === 'COD' ? 'COMPLETED' : 'PENDING',
    provider_reference: null,
    actor_id: ctx.actor.kind === 'user' ? ctx.actor.user_id : null,
    created_at: now,
    updated_at: now,
  };
}
