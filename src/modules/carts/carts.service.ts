// The cart: one open list per customer, at today's prices.
import type { Ctx, TxCtx } from '../../context.ts';
import { inTransaction } from '../../db/transaction.ts';
import { signedIn } from '../../http/access.ts';
import { newId } from '../../lib/ids.ts';
import { FORBIDDEN, invalidField, notFound, Problem } from '../../lib/problem.ts';
import { fitsUnit, MAX_QUANTITY_MILLI } from '../../lib/quantity.ts';
import { type CartLine, readCartLines } from '../storefront/cart-lines.service.ts';
import { PRODUCT_UNAVAILABLE } from './carts.errors.ts';
import {
  deleteCartItems,
  findCartItems,
  findCartProduct,
  lockCart,
  putCartItem,
  takeCartItems,
} from './carts.queries.ts';

/** More lines than a household buys at once; what a checkout locks at most. */
export const MAX_CART_LINES = 100;

export function getCart(ctx: Ctx): Promise<CartLine[]> {
  return readCartLines(ctx, signedIn(ctx).user_id);
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
    requireQuantity(quantity_milli, product.unit);
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
  return inTransaction(ctx, async (ctx) => {
    await lockCart(ctx.db, user_id);
    await deleteCartItems(ctx.db, user_id);
  });
}

/** The caller's cart, locked: the first lock of a checkout. Two statements. */
export async function holdCart(ctx: TxCtx, user_id: string): Promise<CartLine[]> {
  await lockCart(ctx.db, user_id);
  return readCartLines(ctx, user_id);
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

function requireQuantity(quantity_milli: number, unit: string): void {
  if (quantity_milli > MAX_QUANTITY_MILLI)
    throw invalidField('/quantity', 'must be at most 99999.999');
  if (!fitsUnit(quantity_milli, unit))
    throw invalidField('/quantity', `must be a whole number: this product is sold by the ${unit}`);
}
