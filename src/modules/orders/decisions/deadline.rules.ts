// Decides which orders are given up because of time, or because their customer's account is closed.
import { isPaid } from '../../payments/payments.rules.ts';
import { isOpen } from '../orders.rules.ts';
import { cancelSellerOrders } from './cancellation.rules.ts';
import type { Circumstances, OrderEffect, OrderState } from './effects.rules.ts';
import { failPayment } from './settlement.rules.ts';

/** An unpaid wallet payment whose reservation has run out fails; one that was faster keeps its order. */
export function decideExpiry(state: OrderState, { now }: Circumstances): readonly OrderEffect[] {
  const { payment_status, expires_at } = state.payment;
  const isOver = payment_status === 'PENDING' && expires_at !== null && expires_at <= now;
  return isOver ? failPayment(state, 'PAYMENT_EXPIRED') : [];
}

/** Seller orders that were not confirmed or not shipped in time are cancelled. */
export function decideOverdue(state: OrderState, { now }: Circumstances): readonly OrderEffect[] {
  const late = state.sellerOrders.filter(({ due_at }) => due_at !== null && due_at <= now);
  return cancelSellerOrders(state, late, ({ order_status }) =>
    order_status === 'PENDING' ? 'NOT_CONFIRMED' : 'NOT_SHIPPED',
  );
}

/** What is open is cancelled, unless something of the order is paid or on its way by now. */
export function decideAccountClosing(state: OrderState): readonly OrderEffect[] {
  const { sellerOrders, payment } = state;
  const isBinding =
    isPaid(payment.payment_status) ||
    sellerOrders.some(({ order_status }) => ['SHIPPED', 'DELIVERED'].includes(order_status));
  const open = sellerOrders.filter(({ order_status }) => isOpen(order_status));
  return isBinding ? [] : cancelSellerOrders(state, open, () => 'ACCOUNT_CLOSED');
}
