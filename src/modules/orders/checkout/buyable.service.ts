// Whether the lines of a cart can be ordered as they stand.
import { type Ctx, signedIn } from '../../../context.ts';
import { isWorthLeast } from '../../carts/carts.rules.ts';
import type { CartLine } from '../../storefront/cart-lines.service.ts';
import { linesTooSmall, notOnSale } from '../refusals/checkout.errors.ts';

/** @throws Problem PRODUCT_UNAVAILABLE naming what is off sale or the customer's own */
export function requireBuyable(ctx: Ctx, lines: readonly CartLine[]): void {
  const { seller } = signedIn(ctx);
  const refused = lines.filter((line) => !line.is_on_sale || line.seller_id === seller?.id);
  if (refused.length > 0) throw notOnSale(refused);
}

/**
 * Even a line that a promo makes free is worth the least before it.
 * @throws Problem LINE_TOO_SMALL
 */
export function requireLeastAmounts(lines: readonly CartLine[]): void {
  const small = lines.filter((line) => !isWorthLeast(line));
  if (small.length > 0) throw linesTooSmall(small);
}
