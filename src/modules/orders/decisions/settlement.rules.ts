// Decides what the outcome of a wallet payment does to its order, in whatever order the provider's events come.
import { effectOf, type Outcome } from '../../payments/payments.rules.ts';
import { isOpen } from '../orders.rules.ts';
import { cancelSellerOrders } from './cancellation.rules.ts';
import { type OrderEffect, type OrderState, refund, stock } from './effects.rules.ts';
import { refundableOf } from './refund.rules.ts';

/** Nothing where the outcome is known already. */
export function decideSettlement(state: OrderState, outcome: Outcome): readonly OrderEffect[] {
  const effect = effectOf(outcome, state.payment.payment_status);
  if (effect === 'none') return [];
  if (effect === 'fail')
    return failPayment(state, outcome === 'EXPIRED' ? 'PAYMENT_EXPIRED' : 'PAYMENT_FAILED');
  return receivePayment(state);
}

/** The wallet will not pay. An unpaid wallet order has delivered nothing: with all it has open, its payment fails. */
export function failPayment(state: OrderState, reason: string): readonly OrderEffect[] {
  const open = state.sellerOrders.filter(({ order_status }) => isOpen(order_status));
  return cancelSellerOrders(state, open, () => reason);
}

/** The wallet has paid: what is open is sold, and what was cancelled after the session began is given back. */
function receivePayment({ sellerOrders, payment }: OrderState): readonly OrderEffect[] {
  const paid = { ...payment, payment_status: 'COMPLETED' } as const;
  return [
    { effect: 'SETTLE', outcome: 'completed' },
    ...stock(
      sellerOrders.filter(({ order_status }) => isOpen(order_status)),
      'SOLD',
    ),
    ...sellerOrders
      .filter(({ order_status }) => order_status === 'CANCELLED')
      .flatMap((cancelled) =>
        refund(cancelled, refundableOf(cancelled, paid), 'CANCELLED_BEFORE_PAYMENT'),
      ),
  ];
}
