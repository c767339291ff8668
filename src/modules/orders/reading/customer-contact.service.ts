// A seller's share of an order, without what it does not need to tell of the customer.
import type { Ctx } from '../../../context.ts';
import type { OrderDetail } from '../writing/orders.queries.ts';
import { HIDDEN_CONTACT, showsCustomer } from './customer-contact.rules.ts';

/** As its seller may see it now. */
export function asSellerSees(ctx: Ctx, share: OrderDetail): OrderDetail {
  const { order, sellerOrders, payment } = share;
  const limits = { now: ctx.clock.now(), keep_days: ctx.config.CUSTOMER_CONTACT_DAYS };
  const isShown = sellerOrders.some(({ order_status, delivered_at }) =>
    showsCustomer(
      {
        order_status,
        // From JSON, which has no dates.
        delivered_at: delivered_at === null ? null : new Date(delivered_at),
        payment_method: payment.payment_method,
        payment_status: payment.payment_status,
      },
      limits,
    ),
  );
  if (isShown) return share;
  const shipping_address = Object.assign({}, order.shipping_address, HIDDEN_CONTACT);
  return { ...share, order: { ...order, notes: null, shipping_address } };
}
