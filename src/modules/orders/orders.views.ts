// Orders, events and payments on the wire.
import { type Static, Type } from 'typebox';
import type { Ctx } from '../../context.ts';
import { formatMoney } from '../../lib/money.ts';
import { formatQuantity, UNITS } from '../../lib/quantity.ts';
import { Id, Model, Money, Nullable, OneOf, Quantity, Timestamp } from '../../lib/schema.ts';
import { PAYMENT_METHODS, PAYMENT_STATUSES } from '../payments/payments.rules.ts';
import { Payment, paymentView } from '../payments/payments.views.ts';
import { examples } from './orders.examples.ts';
import { ORDER_STATUSES, orderStatusOf, totalsOf } from './orders.rules.ts';
import type { EventRow, ItemRow, OrderDetail, SellerOrderRow } from './reading/orders.service.ts';

/** Sellers see it while there is something to deliver, and for a while afterwards. */
const HIDDEN = {
  description: 'Null for the seller of what is unpaid, unconfirmed, cancelled or long delivered',
};

export const ShippingAddress = Model(
  'ShippingAddress',
  Type.Object({
    recipient_name: Nullable(Type.String(HIDDEN)),
    recipient_phone: Nullable(Type.String(HIDDEN)),
    street: Nullable(Type.String(HIDDEN)),
    landmark: Nullable(Type.String()),
    barangay_code: Type.String(),
    barangay: Type.String(),
    city: Type.String(),
    province: Nullable(Type.String()),
    region: Type.String(),
    zip_code: Nullable(Type.String()),
  }),
  examples.ShippingAddress,
);

const OrderItem = Model(
  'OrderItem',
  Type.Object({
    id: Id,
    product_id: Id,
    product_name: Type.String(),
    seller_id: Id,
    unit: OneOf('Unit', UNITS),
    tax_class: Type.String(),
    quantity: Quantity,
    list_price: Money,
    unit_price: Type.String({ description: 'After promos', examples: ['108.00'] }),
    line_total: Money,
  }),
  examples.OrderItem,
);

const SellerOrder = Model(
  'SellerOrder',
  Type.Object({
    id: Id,
    seller_id: Id,
    order_status: OneOf('OrderStatus', ORDER_STATUSES),
    subtotal: Money,
    discount: Money,
    total_amount: Money,
    refunded_amount: Money,
    due_at: Nullable({
      ...Timestamp,
      description: 'Until when its seller has to confirm or ship it; then it is cancelled',
    }),
  }),
  examples.SellerOrder,
);

export const Order = Model(
  'Order',
  Type.Object({
    id: Id,
    order_number: Type.String({ examples: ['OID-2026-000001'] }),
    order_status: OneOf('OrderStatus', ORDER_STATUSES),
    payment_status: OneOf('PaymentStatus', PAYMENT_STATUSES),
    payment_method: OneOf('PaymentMethod', PAYMENT_METHODS),
    payment: Nullable(Payment),
    subtotal: Money,
    discount: Money,
    delivery_fee: Money,
    total_amount: Money,
    currency: Type.String(),
    items: Type.Array(OrderItem),
    seller_orders: Type.Array(SellerOrder),
    shipping_address: ShippingAddress,
    notes: Nullable(Type.String({ description: 'Of the customer; hidden like the address' })),
    placed_at: Timestamp,
    updated_at: Timestamp,
    archived_at: Nullable(
      Type.String({ ...Timestamp, description: 'When its customer archived it; null for sellers' }),
    ),
  }),
  examples.Order,
);

export const OrderEvent = Model(
  'OrderEvent',
  Type.Object({
    id: Id,
    seller_order_id: Nullable(Id),
    actor_role: OneOf('ActorRole', ['customer', 'seller', 'admin', 'system']),
    from_status: Nullable(OneOf('OrderStatus', ORDER_STATUSES)),
    to_status: OneOf('OrderStatus', ORDER_STATUSES),
    reason: Nullable(Type.String()),
    created_at: Timestamp,
  }),
  examples.OrderEvent,
);

/** Totals and status are those of the seller orders that are shown: all of them for the customer, one for a seller. */
export function orderView(ctx: Ctx, detail: OrderDetail): Static<typeof Order> {
  const { order, sellerOrders, items, payment, isShare } = detail;
  const { subtotal_centavos, discount_centavos, total_centavos } = totalsOf(items);
  return {
    id: order.id,
    order_number: order.order_number,
    order_status: orderStatusOf(sellerOrders.map((sellerOrder) => sellerOrder.order_status)),
    payment_status: payment.payment_status,
    payment_method: payment.payment_method,
    payment: isShare ? null : paymentView(ctx, payment),
    subtotal: formatMoney(subtotal_centavos),
    discount: formatMoney(discount_centavos),
    delivery_fee: formatMoney(order.delivery_fee_centavos),
    total_amount: formatMoney(total_centavos + order.delivery_fee_centavos),
    currency: order.currency,
    items: items.map(itemView),
    seller_orders: sellerOrders.map(sellerOrderView),
    shipping_address: order.shipping_address as Static<typeof ShippingAddress>,
    notes: order.notes,
    placed_at: order.placed_at.toISOString(),
    updated_at: order.updated_at.toISOString(),
    archived_at: isShare ? null : (order.archived_at?.toISOString() ?? null),
  };
}

function itemView(item: ItemRow): Static<typeof OrderItem> {
  return {
    id: item.id,
    product_id: item.product_id,
    product_name: item.product_name,
    seller_id: item.seller_id,
    unit: item.unit,
    tax_class: item.tax_class,
    quantity: formatQuantity(item.quantity_milli),
    list_price: formatMoney(item.list_price_centavos),
    unit_price: formatMoney(item.unit_price_centavos),
    line_total: formatMoney(item.line_total_centavos),
  };
}

function sellerOrderView(sellerOrder: SellerOrderRow): Static<typeof SellerOrder> {
  return {
    id: sellerOrder.id,
    seller_id: sellerOrder.seller_id,
    order_status: sellerOrder.order_status,
    subtotal: formatMoney(sellerOrder.subtotal_centavos),
    discount: formatMoney(sellerOrder.discount_centavos),
    total_amount: formatMoney(sellerOrder.total_centavos),
    refunded_amount: formatMoney(sellerOrder.refunded_centavos),
    due_at: sellerOrder.due_at?.toISOString() ?? null,
  };
}

export function eventView(event: EventRow): Static<typeof OrderEvent> {
  return {
    id: event.id,
    seller_order_id: event.seller_order_id,
    actor_role: event.actor_role,
    from_status: event.from_status,
    to_status: event.to_status,
    reason: event.reason,
    created_at: event.created_at.toISOString(),
  };
}
