// One change of an order: its rows locked in lock order, changed in memory, and written back with events and journal entries.
import type { Ctx, TxCtx } from '../../context.ts';
import { insertTogether } from '../../db/insert-together.ts';
import { inTransaction, type TransactionOptions } from '../../db/transaction.ts';
import { newId } from '../../lib/ids.ts';
import { notFound } from '../../lib/problem.ts';
import { auditRow, changesBetween, type NewAuditEntry } from '../audit/audit.service.ts';
import { type Entry, journalRows } from '../ledger/ledger.service.ts';
import { type DomainEvent, eventRows } from '../notifications/notifications.service.ts';
import { type PaymentStatus, statusAfterRefund } from '../payments/payments.rules.ts';
import {
  lockPaymentOfOrder,
  type PaymentRow,
  updatePayment,
} from '../payments/payments.service.ts';
import {
  type EventRow,
  findParts,
  lockOrder,
  type OrderRow,
  type PartRow,
  updateOrderAndParts,
} from './orders.queries.ts';
import { dueAfter, type OrderStatus, orderStatusOf } from './orders.rules.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/**
 * An order in the middle of a change. Members of `parts` and `payment` may be assigned, a payment's status by
 * `movePayment` alone; the rest is collected.
 */
export interface OrderChange {
  readonly order: OrderRow;
  readonly parts: readonly Mutable<PartRow>[];
  readonly payment: Mutable<Omit<PaymentRow, 'payment_status'>> &
    Readonly<Pick<PaymentRow, 'payment_status'>>;
  readonly events: EventRow[];
  readonly entries: Entry[];
  readonly news: DomainEvent[];
  readonly auditEntries: NewAuditEntry[];
  readonly refunds: RefundDraft[];
}

export interface RefundDraft {
  readonly part: PartRow;
  readonly amount_centavos: number;
  readonly reason: string;
}

/**
 * Locks order and payment, lets `change` decide, and writes what it decided: parts, order status, payment, events,
 * journal, audit and outbox.
 * @throws Problem NOT_FOUND, and whatever `change` throws; nothing is written then
 */
export function changeOrder(
  ctx: Ctx,
  order_id: string,
  change: (ctx: TxCtx, order: OrderChange) => Promise<void>,
  options: TransactionOptions = {},
): Promise<void> {
  const run = async (ctx: TxCtx) => {
    const order = await lockOrder(ctx.db, order_id);
    if (order === undefined) throw notFound('order');
    const payment = await lockPaymentOfOrder(ctx.db, order_id);
    const parts = await findParts(ctx.db, order_id);
    const draft: OrderChange = {
      order,
      parts,
      payment: { ...payment },
      events: [],
      entries: [],
      news: [],
      auditEntries: [],
      refunds: [],
    };
    await change(ctx, draft);
    await write(ctx, draft, payment);
  };
  return inTransaction(ctx, run, options);
}

/** Moves a part and notes it in history, audit and outbox. */
export function movePart(
  ctx: Ctx,
  draft: OrderChange,
  move: { part: Mutable<PartRow>; to: OrderStatus; reason?: string | undefined },
): void {
  const { part, to, reason } = move;
  const from = part.order_status;
  part.order_status = to;
  part.due_at = dueAfter(to, ctx.clock.now(), ctx.config);
  const { actor } = ctx;
  draft.events.push({
    id: newId(),
    order_id: draft.order.id,
    seller_order_id: part.id,
    actor_id: actor.kind === 'user' ? actor.user_id : null,
    actor_role: roleIn(ctx, draft.order, part),
    from_status: from,
    to_status: to,
    reason: reason ?? null,
    created_at: ctx.clock.now(),
  });
  draft.auditEntries.push({
    action: `order.${to.toLowerCase()}`,
    object_type: 'seller_order',
    object_id: part.id,
    changes: { order_status: [from, to] },
  });
  draft.news.push({
    topic: `order.${to.toLowerCase()}`,
    payload: { order_id: draft.order.id, seller_order_id: part.id, seller_id: part.seller_id },
  });
}

/** Changes a payment's status, or how much of it was refunded, and notes it in audit and outbox as `payment.<what>`. */
export function movePayment(
  draft: OrderChange,
  what: 'completed' | 'failed' | 'refunded',
  move: { to: PaymentStatus; refund_centavos?: number },
): void {
  const payment: Mutable<PaymentRow> = draft.payment;
  const { to, refund_centavos = 0 } = move;
  const before = { ...payment };
  payment.payment_status = to;
  payment.refunded_centavos += refund_centavos;
  draft.auditEntries.push({
    action: `payment.${what}`,
    object_type: 'payment',
    object_id: payment.id,
    changes: changesBetween(before, payment, ['payment_status', 'refunded_centavos']),
  });
  draft.news.push({
    topic: `payment.${what}`,
    payload: {
      order_id: draft.order.id,
      payment_id: payment.id,
      ...(refund_centavos === 0 ? {} : { amount_centavos: refund_centavos }),
    },
  });
}

/** Money is in: what was refunded of it before, cash of a seller order delivered earlier, shows in its status. */
export function completePayment(ctx: Ctx, draft: OrderChange): void {
  const { payment } = draft;
  payment.completed_at = ctx.clock.now();
  movePayment(draft, 'completed', {
    to: statusAfterRefund(payment.amount_centavos, payment.refunded_centavos),
  });
}

/** In which capacity the caller acts on this part. */
export function roleIn(
  ctx: Ctx,
  order: OrderRow,
  part?: PartRow,
): 'customer' | 'seller' | 'admin' | 'system' {
  const { actor } = ctx;
  if (actor.kind !== 'user') return 'system';
  if (actor.role === 'admin') return 'admin';
  return part !== undefined &&
    actor.seller?.id === part.seller_id &&
    actor.user_id !== order.user_id
    ? 'seller'
    : 'customer';
}

async function write(ctx: TxCtx, draft: OrderChange, before: PaymentRow): Promise<void> {
  const { order, parts, payment } = draft;
  const now = ctx.clock.now();
  const order_status = orderStatusOf(parts.map((part) => part.order_status));
  await updateOrderAndParts(ctx.db, { id: order.id, order_status, now }, parts);
  const { payment_status, amount_centavos, refunded_centavos, completed_at } = payment;
  if (
    payment_status !== before.payment_status ||
    amount_centavos !== before.amount_centavos ||
    refunded_centavos !== before.refunded_centavos
  ) {
    await updatePayment(ctx.db, payment.id, {
      payment_status,
      amount_centavos,
      refunded_centavos,
      completed_at,
      updated_at: now,
    });
  }
  await insertTogether(ctx.db, {
    order_events: draft.events,
    ...journalRows(ctx, draft.entries),
    audit_entries: draft.auditEntries.map((entry) => auditRow(ctx, entry)),
    outbox_messages: eventRows(ctx, draft.news),
  });
}
