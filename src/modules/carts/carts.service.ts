// The cart: one open list per customer, at today's prices.
import { type Ctx, signedIn, type TxCtx } from '../../context.ts';
import { inTransaction } from '../../db/transaction.ts';
import { newId } from '../../lib/ids.ts';
import { formatMoney } from '../../lib/money.ts';
import { FORBIDDEN, invalidField, notFound, Problem } from '../../lib/problem.ts';
import { fitsUnit, MAX_QUANTITY_MILLI } from '../../lib/quantity.ts';
import {
  type CartLine,
  type OrderableLine,
  readCartLines,
  readOrderableLines,
} from '../storefront/cart-lines.service.ts';
import { PRODUCT_UNAVAILABLE } from './carts.errors.ts';
import {
  type CartProduct,
  deleteCartItems,
  findCartItems,
  findCartProduct,
  findCartProductIds,
  lockCart,
  putCartItem,
  takeCartItems,
} from './carts.queries.ts';
import { isWorthLeast, leastLine } from './carts.rules.ts';

/** More lines than a household buys at once; what a checkout locks at most. */
export const MAX_CART_LINES = 100;

export function getCart(ctx: Ctx): Promise<CartLine[]> {
  return readCartLines(ctx, signedIn(ctx).user_id);
}

/** What a checkout of the caller's cart will contend for with others. */
export function listCartProducts(ctx: Ctx): Promise<string[]> {
  return findCartProductIds(ctx.db, signedIn(ctx).user_id);
}

export interface CartChange {
  readonly product_id: string;
  readonly quantity_milli: number;
  /** `add` to what is there, or `set` it. */
  readonly mode: 'add' | 'set';
}

/**
 * Puts a product into the caller's cart.
 * @throws Problem NOT_FOUND, PRODUCT_UNAVAILABLE, FORBIDDEN for the caller's own products, VALIDATION_ERROR for a quantity that the unit or the cart cannot take
 */
export function changeCart(ctx: Ctx, change: CartChange): Promise<CartLine[]> {
  const actor = signedIn(ctx);
  return inTransaction(ctx, async (ctx) => {
    const product = await findCartProduct(ctx.db, change.product_id);
    if (product === undefined) throw notFound('product');
    if (product.seller_id === actor.seller?.id)
      throw new Problem(FORBIDDEN, 'You cannot buy your own products.');
    await lockCart(ctx.db, actor.user_id);
    const items = await findCartItems(ctx.db, actor.user_id);
    const present = items.find((item) => item.product_id === change.product_id);
    if (!product.is_on_sale) throw offSale(present !== undefined);
    const quantity_milli =
      change.quantity_milli + (change.mode === 'add' ? (present?.quantity_milli ?? 0) : 0);
    requireQuantity(quantity_milli, product);
    if (present === undefined && items.length >= MAX_CART_LINES) {
      throw invalidField(
        '/product_id',
        `must be one of the ${MAX_CART_LINES} products that a cart can hold`,
      );
    }
    await putCartItem(ctx.db, {
      id: present?.id ?? newId(),
      user_id: actor.user_id,
      product_id: change.product_id,
      quantity_milli,
      created_at: ctx.clock.now(),
    });
    return readCartLines(ctx, actor.user_id);
  });
}

/** @throws Problem NOT_FOUND where the cart does not hold the product */
export function removeFromCart(ctx: Ctx, product_id: string): Promise<void> {
  const { user_id } = signedIn(ctx);
  return inTransaction(ctx, async (ctx) => {
    await lockCart(ctx.db, user_id);
    if ((await deleteCartItems(ctx.db, user_id, product_id)) === 0)
      throw notFound('product in your cart');
  });
}

export function emptyCart(ctx: Ctx): Promise<void> {
  const { user_id } = signedIn(ctx);
  return inTransaction(ctx, (ctx) => dropCart(ctx, user_id));
}

/** The caller's cart, locked, with what bounds an order of it: the first lock of a checkout. Two statements. */
export async function holdCart(ctx: TxCtx, user_id: string): Promise<OrderableLine[]> {
  await lockCart(ctx.db, user_id);
  return readOrderableLines(ctx, user_id);
}

/** Locks and empties the cart of a user who leaves: a checkout that waits for it finds nothing to order. */
export async function dropCart(ctx: TxCtx, user_id: string): Promise<void> {
  await lockCart(ctx.db, user_id);
  await deleteCartItems(ctx.db, user_id);
}

/** Takes ordered lines out; returns the number that the order will carry. */
export function takeFromCart(ctx: TxCtx, lines: readonly CartLine[]): Promise<number> {
  return takeCartItems(
    ctx.db,
    lines.map((line) => line.id),
  );
}

/** Only who has it in the cart may learn that it exists: off sale, it is its seller's alone. */
function offSale(isInCart: boolean): Problem {
  if (!isInCart) return notFound('product');
  return new Problem(PRODUCT_UNAVAILABLE, 'This product is not on sale at the moment.');
}

function requireQuantity(quantity_milli: number, { unit, list_price_centavos }: CartProduct): void {
  if (quantity_milli > MAX_QUANTITY_MILLI)
    throw invalidField('/quantity', 'must be at most 99999.999');
  if (!fitsUnit(quantity_milli, unit))
    throw invalidField('/quantity', `must be a whole number: this product is sold by the ${unit}`);
  if (!isWorthLeast({ list_price_centavos, quantity_milli })) {
    const least = formatMoney(leastLine(list_price_centavos));
    throw invalidField('/quantity', `must be so much that it comes to at least ${least}`);
  }
}
