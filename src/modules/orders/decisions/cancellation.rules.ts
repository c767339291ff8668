// What follows when seller orders are cancelled: their stock goes back unless it was on the road, and so does what was paid.
import { isPaid } from '../../payments/payments.rules.ts';
import { isOpen } from '../orders.rules.ts';
import type { SellerOrderRow } from '../writing/orders.queries.ts';
import {
  move,
  type OrderEffect,
  type OrderState,
  refund,
  settlement,
  stock,
} from './effects.rules.ts';
import { refundableOf } from './refund.rules.ts';

/** Cancels these open seller orders, each for its reason. Whether that is allowed was decided before. */
export function cancelSellerOrders(
  state: OrderState,
  sellerOrders: readonly SellerOrderRow[],
  reasonOf: (sellerOrder: SellerOrderRow) => string,
): readonly OrderEffect[] {
  const isShipped = ({ order_status }: SellerOrderRow) => order_status === 'SHIPPED';
  const isPartial = state.sellerOrders.some(
    (other) => isOpen(other.order_status) && !sellerOrders.includes(other),
  );
  return [
    ...stock(
      sellerOrders.filter((one) => !isShipped(one)),
      'RELEASED',
    ),
    ...stock(sellerOrders.filter(isShipped), 'WRITTEN_OFF'),
    ...sellerOrders.flatMap((sellerOrder) => {
      const reason = reasonOf(sellerOrder);
      return [
        move(sellerOrder, 'CANCELLED', reason),
        ...moneyBack(state, sellerOrder, { reason, isPartial }),
      ];
    }),
    ...settlement(state, sellerOrders, 'CANCELLED'),
  ];
}

/**
 * What was paid is refunded; what was not is no longer asked for. Only a wallet session that is open goes on asking for
 * the old amount, and where nothing else is open, the payment itself fails with its amount.
 */
function moneyBack(
  { payment }: OrderState,
  sellerOrder: SellerOrderRow,
  { reason, isPartial }: { readonly reason: string; readonly isPartial: boolean },
): OrderEffect[] {
  if (isPaid(payment.payment_status))
    return refund(sellerOrder, refundableOf(sellerOrder, payment), reason);
  const isWaived =
    payment.payment_method === 'COD' || (isPartial && payment.provider_reference === null);
  return isWaived ? [{ effect: 'WAIVE', seller_order_id: sellerOrder.id }] : [];
}
