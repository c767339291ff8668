// Decides which money goes back for a seller order. Refunds move no stock.
import { invalidField } from '../../../lib/problem.ts';
import { isPaid, type PaymentMethod, type PaymentStatus } from '../../payments/payments.rules.ts';
import { isOpen } from '../orders.rules.ts';
import { refundOfOpen, refundTooHigh } from '../refusals/refund.errors.ts';
import type { SellerOrderRow } from '../writing/orders.queries.ts';
import { move, type OrderEffect, type OrderState, refund } from './effects.rules.ts';

export interface RefundInput {
  readonly amount_centavos: number;
  readonly reason: string;
  /** Needed where the order has several seller orders. */
  readonly seller_order_id?: string | undefined;
}

/**
 * Some or all of what was paid for one seller order goes back; all of it only once it is delivered.
 * @throws Problem CONFLICT with `refundable_amount` where less can be refunded, VALIDATION_ERROR for an unknown seller order
 */
export function decideRefund(state: OrderState, input: RefundInput): readonly OrderEffect[] {
  const { amount_centavos, reason } = input;
  const sellerOrder = sellerOrderToRefund(state, input.seller_order_id);
  const { order_status, total_centavos, refunded_centavos } = sellerOrder;
  const left_centavos = refundableOf(sellerOrder, state.payment);
  if (amount_centavos > left_centavos) throw refundTooHigh(left_centavos);
  if (amount_centavos === left_centavos && isOpen(order_status)) throw refundOfOpen(left_centavos);
  const isWhole = refunded_centavos + amount_centavos === total_centavos;
  return [
    ...refund(sellerOrder, amount_centavos, reason),
    ...(order_status === 'DELIVERED' && isWhole ? [move(sellerOrder, 'REFUNDED', reason)] : []),
  ];
}

/**
 * Centavos that may still be given back of a seller order: what was paid for it less what was refunded. Cash is paid
 * at its delivery; a wallet pays what was due for each seller order when its session asked for it.
 */
export function refundableOf(
  sellerOrder: Pick<SellerOrderRow, 'due_centavos' | 'refunded_centavos' | 'delivered_at'>,
  payment: { readonly payment_method: PaymentMethod; readonly payment_status: PaymentStatus },
): number {
  const isPaidFor =
    payment.payment_method === 'COD'
      ? sellerOrder.delivered_at !== null
      : isPaid(payment.payment_status);
  return isPaidFor ? sellerOrder.due_centavos - sellerOrder.refunded_centavos : 0;
}

function sellerOrderToRefund(
  { sellerOrders }: OrderState,
  seller_order_id: string | undefined,
): SellerOrderRow {
  const [only, ...others] = sellerOrders;
  if (seller_order_id === undefined) {
    if (only !== undefined && others.length === 0) return only;
    throw invalidField(
      '/seller_order_id',
      'is required: the order has several seller orders',
      'required',
    );
  }
  const named = sellerOrders.find(({ id }) => id === seller_order_id);
  if (named === undefined)
    throw invalidField('/seller_order_id', 'must be a seller order of the order that was paid');
  return named;
}
