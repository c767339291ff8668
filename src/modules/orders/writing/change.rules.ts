// What the effects of a decision come to: the rows as they become, and what history, journal, audit and outbox get.
import { changesBetween } from '../../audit/audit.rules.ts';
import type { NewAuditEntry } from '../../audit/audit.service.ts';
import { walletOf } from '../../ledger/accounts.rules.ts';
import {
  cashReceived,
  type JournalEntry,
  paymentReceived,
  type RefundStage,
  refunded,
  sellerOrderCancelled,
  sellerOrderDelivered,
} from '../../ledger/ledger.rules.ts';
import type { DomainEvent } from '../../notifications/notifications.service.ts';
import { isPaid, statusAfterRefund } from '../../payments/payments.rules.ts';
import type { PaymentRow } from '../../payments/payments.service.ts';
import type {
  Circumstances,
  EffectOf,
  OrderEffect,
  OrderState,
} from '../decisions/effects.rules.ts';
import { dueAfter, isOpen, roleIn } from '../orders.rules.ts';
import { cashHolderOf, payerOf } from './holder.rules.ts';
import type { EventRow, SellerOrderRow } from './orders.queries.ts';

/** What is written beside the rows that change. */
interface Records {
  readonly stock: readonly EffectOf<'STOCK'>[];
  readonly refunds: readonly EffectOf<'REFUND'>[];
  readonly orderEvents: readonly Omit<EventRow, 'id'>[];
  readonly journalEntries: readonly JournalEntry[];
  readonly auditEntries: readonly NewAuditEntry[];
  readonly events: readonly DomainEvent[];
}

/** An order as its change leaves it, with all that is written of the change. */
export interface OrderChange extends OrderState, Records {}

/** Applies the effects one after the other. */
export function changeOf(
  state: OrderState,
  effects: readonly OrderEffect[],
  circumstances: Circumstances,
): OrderChange {
  const unchanged: OrderChange = {
    ...state,
    stock: [],
    refunds: [],
    orderEvents: [],
    journalEntries: [],
    auditEntries: [],
    events: [],
  };
  return effects.reduce((change, effect) => apply(change, effect, circumstances), unchanged);
}

function apply(
  change: OrderChange,
  effect: OrderEffect,
  circumstances: Circumstances,
): OrderChange {
  switch (effect.effect) {
    case 'MOVE':
      return move(change, effect, circumstances);
    case 'STOCK':
      return record(change, { stock: [effect] });
    case 'WAIVE':
      return waive(change, effect);
    case 'REFUND':
      return refund(change, effect);
    case 'SETTLE':
      return settle(change, effect, circumstances);
  }
}

function move(
  change: OrderChange,
  { seller_order_id, to, reason }: EffectOf<'MOVE'>,
  { actor, now, hours }: Circumstances,
): OrderChange {
  const { order } = change;
  const before = sellerOrderOf(change, seller_order_id);
  const after = {
    ...before,
    order_status: to,
    due_at: dueAfter(to, now, hours),
    delivered_at: to === 'DELIVERED' ? now : before.delivered_at,
  };
  const topic = `order.${to.toLowerCase()}`;
  return record(withSellerOrder(change, after), {
    orderEvents: [
      {
        order_id: order.id,
        seller_order_id,
        actor_id: actor.kind === 'user' ? actor.user_id : null,
        actor_role: roleIn(actor, order, before),
        from_status: before.order_status,
        to_status: to,
        reason: reason ?? null,
        created_at: now,
      },
    ],
    journalEntries: bookingsOf(change, after),
    auditEntries: [
      {
        action: topic,
        object_type: 'seller_order',
        object_id: seller_order_id,
        changes: { order_status: [before.order_status, to] },
      },
    ],
    events: [
      { topic, payload: { order_id: order.id, seller_order_id, seller_id: before.seller_id } },
    ],
  });
}

/** Cancelled, the sale is reversed; delivered, its seller has earned it, and cash is in hand. */
function bookingsOf({ payment }: OrderState, moved: SellerOrderRow): JournalEntry[] {
  if (moved.order_status === 'CANCELLED') return [sellerOrderCancelled(moved)];
  if (moved.order_status !== 'DELIVERED') return [];
  const earned = sellerOrderDelivered(moved);
  if (payment.payment_method !== 'COD') return [earned];
  return [earned, cashReceived(moved, cashHolderOf(moved))];
}

function waive(change: OrderChange, { seller_order_id }: EffectOf<'WAIVE'>): OrderChange {
  const before = sellerOrderOf(change, seller_order_id);
  const { payment } = change;
  return {
    ...withSellerOrder(change, { ...before, due_centavos: 0 }),
    payment: { ...payment, amount_centavos: payment.amount_centavos - before.due_centavos },
  };
}

function refund(change: OrderChange, effect: EffectOf<'REFUND'>): OrderChange {
  const { seller_order_id, amount_centavos } = effect;
  const { payment } = change;
  const before = sellerOrderOf(change, seller_order_id);
  const refunded_centavos = payment.refunded_centavos + amount_centavos;
  // Cash of one seller order may go back while another is yet to be paid.
  const payment_status = isPaid(payment.payment_status)
    ? statusAfterRefund(payment.amount_centavos, refunded_centavos)
    : payment.payment_status;
  const refundedOrder = {
    ...before,
    refunded_centavos: before.refunded_centavos + amount_centavos,
  };
  const booked = record(withSellerOrder(change, refundedOrder), {
    refunds: [effect],
    journalEntries: [
      refunded(before, {
        stage: stageOf(before),
        from: payerOf(before, payment),
        amount_centavos,
      }),
    ],
  });
  return changePayment(booked, 'refunded', { payment_status, refunded_centavos });
}

function stageOf({ order_status }: SellerOrderRow): RefundStage {
  if (order_status === 'CANCELLED') return 'cancelled';
  return isOpen(order_status) ? 'open' : 'delivered';
}

function settle(
  change: OrderChange,
  { outcome }: EffectOf<'SETTLE'>,
  { now, hours }: Circumstances,
): OrderChange {
  const { order, sellerOrders, payment } = change;
  if (outcome === 'failed') return changePayment(change, outcome, { payment_status: 'FAILED' });
  const { amount_centavos, refunded_centavos, payment_method } = payment;
  const settled: OrderChange = {
    ...change,
    // From now on it is the sellers' turn.
    sellerOrders: sellerOrders.map((one) =>
      isOpen(one.order_status) ? { ...one, due_at: dueAfter(one.order_status, now, hours) } : one,
    ),
  };
  // Cash is booked with each delivery; a wallet took what it was asked for when its session began.
  const isCash = payment_method === 'COD';
  const booked = record(settled, {
    journalEntries: isCash
      ? []
      : [paymentReceived(order.id, walletOf(payment.provider), amount_centavos)],
  });
  return changePayment(booked, outcome, {
    // What was refunded before, cash of a seller order that was delivered earlier, shows in the status.
    payment_status: statusAfterRefund(amount_centavos, refunded_centavos),
    completed_at: now,
  });
}

/** Changes the payment, which audit and outbox note as `payment.<what>`. */
function changePayment(
  change: OrderChange,
  what: 'completed' | 'failed' | 'refunded',
  changes: Partial<PaymentRow>,
): OrderChange {
  const { order, payment: before } = change;
  const payment = { ...before, ...changes };
  const amount_centavos = payment.refunded_centavos - before.refunded_centavos;
  return record(
    { ...change, payment },
    {
      auditEntries: [
        {
          action: `payment.${what}`,
          object_type: 'payment',
          object_id: payment.id,
          changes: changesBetween(before, payment, ['payment_status', 'refunded_centavos']),
        },
      ],
      events: [
        {
          topic: `payment.${what}`,
          payload: {
            order_id: order.id,
            payment_id: payment.id,
            ...(amount_centavos === 0 ? {} : { amount_centavos }),
          },
        },
      ],
    },
  );
}

function sellerOrderOf({ sellerOrders }: OrderState, id: string): SellerOrderRow {
  const found = sellerOrders.find((one) => one.id === id);
  if (found === undefined) throw new Error(`seller order ${id} is none of this order`);
  return found;
}

function withSellerOrder(change: OrderChange, after: SellerOrderRow): OrderChange {
  const sellerOrders = change.sellerOrders.map((one) => (one.id === after.id ? after : one));
  return { ...change, sellerOrders };
}

function record(change: OrderChange, added: Partial<Records>): OrderChange {
  return {
    ...change,
    stock: [...change.stock, ...(added.stock ?? [])],
    refunds: [...change.refunds, ...(added.refunds ?? [])],
    orderEvents: [...change.orderEvents, ...(added.orderEvents ?? [])],
    journalEntries: [...change.journalEntries, ...(added.journalEntries ?? [])],
    auditEntries: [...change.auditEntries, ...(added.auditEntries ?? [])],
    events: [...change.events, ...(added.events ?? [])],
  };
}
