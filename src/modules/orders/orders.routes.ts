// /orders: buying, following and moving orders.
import { Type } from 'typebox';
import { mapPage } from '../../db/paging/paging.ts';
import { SELLER_OR_ADMIN, SIGNED_IN, VERIFIED_CUSTOMER } from '../../http/access.ts';
import { type AnyRoute, listRoute, route } from '../../http/route.ts';
import { parseMoney } from '../../lib/money.ts';
import { FORBIDDEN, NOT_FOUND, SERVICE_UNAVAILABLE } from '../../lib/problem.ts';
import { Closed, Id, IdParams, Line, Model, Moment, OneOf, Text, Total } from '../../lib/schema.ts';
import { PRODUCT_UNAVAILABLE } from '../carts/carts.errors.ts';
import { listCartProducts, MAX_CART_LINES } from '../carts/carts.service.ts';
import { PAYMENT_REQUIRED } from '../payments/payments.errors.ts';
import { PAYMENT_METHODS } from '../payments/payments.rules.ts';
import { Payment, paymentView } from '../payments/payments.views.ts';
import { placeOrder } from './checkout/checkout.service.ts';
import { cancelOrder, moveOrder } from './fulfilment/fulfilment.service.ts';
import { examples } from './orders.examples.ts';
import { ORDER_STATUSES } from './orders.rules.ts';
import { eventView, Order, OrderEvent, orderView } from './orders.views.ts';
import * as orders from './reading/orders.service.ts';
import { EMPTY_CART, LINE_TOO_SMALL, PRICE_CHANGED } from './refusals/checkout.errors.ts';
import { INVALID_STATUS_TRANSITION } from './refusals/status.errors.ts';
import { INSUFFICIENT_STOCK } from './refusals/stock.errors.ts';
import { UNPAID_LIMIT } from './refusals/unpaid.errors.ts';

const OrderParams = Type.Object({
  id: Type.String({ maxLength: 64, description: 'Id or order number' }),
});
const ReturnUrl = (when: string) =>
  Type.String({
    pattern: '^https?://\\S+$',
    maxLength: 2000,
    description: `an absolute address where the customer’s browser goes ${when}, with \`order_id\` in the query; of an origin that PAYMENT_RETURN_ORIGINS lists`,
    examples: ['http://localhost:3000/orders/done'],
  });
const Checkout = Model(
  'Checkout',
  Closed({
    address_id: Id,
    payment_method: OneOf('PaymentMethod', PAYMENT_METHODS),
    cart_item_ids: Type.Optional(
      Type.Array(Id, {
        minItems: 1,
        maxItems: MAX_CART_LINES,
        uniqueItems: true,
        description: 'Lines to order; all without it',
      }),
    ),
    notes: Type.Optional(Text(500)),
    return_url: Type.Optional(ReturnUrl('after the wallet has paid')),
    cancel_url: Type.Optional(ReturnUrl('where the wallet did not pay')),
    expected_total: Type.Optional(
      Type.String({
        ...Total,
        description:
          'What the customer saw the cart or the chosen lines cost; another total refuses the order',
      }),
    ),
  }),
  examples.Checkout,
);
const StatusChange = Model(
  'OrderStatusChange',
  Closed({
    order_status: OneOf('OrderStatus', ORDER_STATUSES),
    reason: Type.Optional(Line(200, { examples: ['DELIVERY_FAILED'] })),
    seller_order_id: Type.Optional(Id),
  }),
  examples.OrderStatusChange,
);
const shared = { tag: 'Orders', cache: 'personal' } as const;

export const orderRoutes: readonly AnyRoute[] = [
  route({
    ...shared,
    operationId: 'checkOut',
    method: 'POST',
    path: '/orders/checkout',
    access: VERIFIED_CUSTOMER,
    summary: 'Check out',
    description:
      'Orders the cart, or some of its lines. All or nothing: where it refuses, nothing is written.',
    body: Checkout,
    status: 201,
    returns: Type.Object({ order: Order, payment: Payment }, { title: 'PlacedOrder' }),
    idempotency: 'required',
    priority: 'critical',
    contendsFor: listCartProducts,
    problems: [
      NOT_FOUND,
      EMPTY_CART,
      INSUFFICIENT_STOCK,
      PRODUCT_UNAVAILABLE,
      PRICE_CHANGED,
      LINE_TOO_SMALL,
      UNPAID_LIMIT,
      SERVICE_UNAVAILABLE,
    ],
    handle: async (ctx, { body: { expected_total, ...input } }) => {
      const expected_total_centavos =
        expected_total === undefined ? undefined : parseMoney(expected_total);
      const detail = await placeOrder(ctx, { ...input, expected_total_centavos });
      return { order: orderView(ctx, detail), payment: paymentView(ctx, detail.payment) };
    },
  }),
  listRoute({
    ...shared,
    operationId: 'listOrders',
    path: '/orders',
    access: SIGNED_IN,
    summary: 'List orders',
    description:
      'Newest first. As customer your own, as seller your share of those that hold goods of yours; admins see all.',
    query: Type.Object({
      as: OneOf('OrderViewer', ['customer', 'seller'], {
        default: 'customer',
        description: 'As whom you look',
      }),
      order_status: Type.Optional(
        OneOf('OrderStatus', ORDER_STATUSES, {
          description: 'Only what shows it: as seller your seller order, else the whole order',
        }),
      ),
      archived: Type.Optional(
        Type.Boolean({
          description:
            'Only what its customer archived, or only the rest. Without it customers see the rest, admins both; as seller it is refused',
        }),
      ),
      due_before: Type.Optional({
        ...Moment,
        description: 'Only orders that a seller has to confirm or ship before this moment',
      }),
    }),
    item: Order,
    problems: [FORBIDDEN],
    list: async (ctx, { query: { due_before, ...query }, page }) => {
      const due = due_before === undefined ? {} : { due_before: new Date(due_before) };
      return mapPage(await orders.listOrders(ctx, { ...query, ...due }, page), (detail) =>
        orderView(ctx, detail),
      );
    },
  }),
  route({
    ...shared,
    operationId: 'getOrder',
    method: 'GET',
    path: '/orders/:id',
    access: SIGNED_IN,
    summary: 'Get an order',
    description:
      'By id or order number. A seller sees their own seller order, lines and totals only.',
    params: OrderParams,
    status: 200,
    returns: Order,
    handle: async (ctx, { params }) => orderView(ctx, await orders.getOrder(ctx, params.id)),
  }),
  route({
    ...shared,
    operationId: 'cancelOrder',
    method: 'POST',
    path: '/orders/:id/cancel',
    access: SIGNED_IN,
    summary: 'Cancel an order',
    description:
      'Its customer while every open seller order is PENDING; an admin until it ships. Stock goes back to its lots.',
    params: IdParams,
    body: Model(
      'OrderCancellation',
      Closed({ reason: Type.Optional(Line(200)) }),
      examples.OrderCancellation,
    ),
    status: 200,
    returns: Order,
    problems: [INVALID_STATUS_TRANSITION],
    handle: async (ctx, { params, body }) => {
      await cancelOrder(ctx, params.id, body.reason);
      return orderView(ctx, await orders.getOrder(ctx, params.id));
    },
  }),
  route({
    ...shared,
    operationId: 'updateOrderStatus',
    method: 'PATCH',
    path: '/orders/:id/status',
    access: SELLER_OR_ADMIN,
    summary: 'Move a seller order',
    description: 'A seller moves their own seller order; an admin the one named, or all open ones.',
    params: IdParams,
    body: StatusChange,
    status: 200,
    returns: Order,
    problems: [INVALID_STATUS_TRANSITION, PAYMENT_REQUIRED, INSUFFICIENT_STOCK],
    handle: async (ctx, { params, body }) => {
      await moveOrder(ctx, params.id, body);
      return orderView(ctx, await orders.getOrder(ctx, params.id));
    },
  }),
  route({
    ...shared,
    operationId: 'archiveOrder',
    method: 'PATCH',
    path: '/orders/:id/archive',
    access: SIGNED_IN,
    summary: 'Archive an order',
    description: 'Takes it out of the list; it stays readable.',
    params: OrderParams,
    status: 200,
    returns: Order,
    handle: async (ctx, { params }) => orderView(ctx, await orders.archiveOwnOrder(ctx, params.id)),
  }),
  listRoute({
    ...shared,
    operationId: 'listOrderEvents',
    path: '/orders/:id/events',
    access: SIGNED_IN,
    summary: "List an order's history",
    description: 'Oldest first.',
    params: OrderParams,
    item: OrderEvent,
    list: async (ctx, { params, page }) =>
      mapPage(await orders.listOrderEvents(ctx, params.id, page), eventView),
  }),
];
