// /cart: what the caller is about to buy.
import { type Static, Type } from 'typebox';
import { VERIFIED_CUSTOMER } from '../../http/access.ts';
import { type AnyRoute, route } from '../../http/route.ts';
import { formatMoney } from '../../lib/money.ts';
import { FORBIDDEN, NOT_FOUND } from '../../lib/problem.ts';
import { formatQuantity, parseQuantity, UNITS } from '../../lib/quantity.ts';
import { Closed, Id, Model, Money, OneOf, PositiveQuantity, Quantity } from '../../lib/schema.ts';
import type { CartLine } from '../storefront/cart-lines.service.ts';
import { PRODUCT_UNAVAILABLE } from './carts.errors.ts';
import { examples } from './carts.examples.ts';
import { cartTotal, cartWarnings, isAvailable, lineTotal, WARNING_CODES } from './carts.rules.ts';
import * as carts from './carts.service.ts';

const CartWarning = Type.Object(
  { code: OneOf('CartWarningCode', WARNING_CODES), message: Type.String() },
  { title: 'CartWarning' },
);
const CartItem = Model(
  'CartItem',
  Type.Object({
    id: Id,
    product_id: Id,
    product_name: Type.String(),
    unit: OneOf('Unit', UNITS),
    quantity: Quantity,
    unit_price: Money,
    line_total: Money,
    available_quantity: Quantity,
    is_available: Type.Boolean({ description: 'On sale, and in stock for this quantity' }),
    warnings: Type.Array(CartWarning),
  }),
  examples.CartItem,
);
const Cart = Model(
  'Cart',
  Type.Object({
    items: Type.Array(CartItem),
    total_items: Type.Integer({ description: 'Number of lines' }),
    total_amount: Type.String({
      ...Money,
      description: 'Of the lines that are available: what an order of them costs',
    }),
  }),
  examples.Cart,
);
const ProductParams = Type.Object({ product_id: Id });
const shared = { access: VERIFIED_CUSTOMER, tag: 'Cart', cache: 'personal' } as const;

export const cartRoutes: readonly AnyRoute[] = [
  route({
    ...shared,
    operationId: 'getCart',
    method: 'GET',
    path: '/cart',
    summary: 'Get the cart',
    status: 200,
    returns: Cart,
    handle: async (ctx) => cartView(await carts.getCart(ctx)),
  }),
  route({
    ...shared,
    operationId: 'addToCart',
    method: 'POST',
    path: '/cart/items',
    summary: 'Add to the cart',
    description:
      'Adds to the quantity that is there. More than is in stock is kept, with a warning.',
    body: Model(
      'CartItemInput',
      Closed({ product_id: Id, quantity: PositiveQuantity }),
      examples.CartItemInput,
    ),
    status: 201,
    returns: Cart,
    problems: [PRODUCT_UNAVAILABLE, FORBIDDEN, NOT_FOUND],
    handle: async (ctx, { body }) =>
      cartView(
        await carts.changeCart(ctx, {
          product_id: body.product_id,
          quantity_milli: parseQuantity(body.quantity),
          mode: 'add',
        }),
      ),
  }),
  route({
    ...shared,
    operationId: 'setCartQuantity',
    method: 'PUT',
    path: '/cart/items/:product_id',
    summary: 'Set a quantity in the cart',
    params: ProductParams,
    body: Model('CartQuantity', Closed({ quantity: PositiveQuantity }), examples.CartQuantity),
    status: 200,
    returns: Cart,
    problems: [PRODUCT_UNAVAILABLE, FORBIDDEN],
    handle: async (ctx, { params, body }) =>
      cartView(
        await carts.changeCart(ctx, {
          product_id: params.product_id,
          quantity_milli: parseQuantity(body.quantity),
          mode: 'set',
        }),
      ),
  }),
  route({
    ...shared,
    operationId: 'removeFromCart',
    method: 'DELETE',
    path: '/cart/items/:product_id',
    summary: 'Remove a product from the cart',
    params: ProductParams,
    status: 204,
    handle: (ctx, { params }) => carts.removeFromCart(ctx, params.product_id),
  }),
  route({
    ...shared,
    operationId: 'emptyCart',
    method: 'DELETE',
    path: '/cart',
    summary: 'Empty the cart',
    status: 204,
    handle: (ctx) => carts.emptyCart(ctx),
  }),
];

function cartView(lines: readonly CartLine[]): Static<typeof Cart> {
  return {
    items: lines.map(itemView),
    total_items: lines.length,
    total_amount: formatMoney(cartTotal(lines)),
  };
}

function itemView(line: CartLine): Static<typeof CartItem> {
  return {
    id: line.id,
    product_id: line.product_id,
    product_name: line.product_name,
    unit: line.unit,
    quantity: formatQuantity(line.quantity_milli),
    unit_price: formatMoney(line.unit_price_centavos),
    line_total: formatMoney(lineTotal(line)),
    available_quantity: formatQuantity(line.is_on_sale ? line.available_milli : 0),
    is_available: isAvailable(line),
    warnings: cartWarnings(line),
  };
}
