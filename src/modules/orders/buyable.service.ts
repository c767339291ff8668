// Whether the lines of a cart can be ordered as they stand.
import { type Ctx, signedIn } from '../../context.ts';
import { formatMoney } from '../../lib/money.ts';
import { Problem } from '../../lib/problem.ts';
import { PRODUCT_UNAVAILABLE } from '../carts/carts.errors.ts';
import { isWorthLeast, leastLine } from '../carts/carts.rules.ts';
import type { CartLine } from '../storefront/cart-lines.service.ts';
import { LINE_TOO_SMALL } from './orders.errors.ts';

/** @throws Problem PRODUCT_UNAVAILABLE naming what is off sale or the customer's own */
export function requireBuyable(ctx: Ctx, lines: readonly CartLine[]): void {
  const { seller } = signedIn(ctx);
  const refused = lines.filter((line) => !line.is_on_sale || line.seller_id === seller?.id);
  if (refused.length === 0) return;
  const names = refused.map((line) => line.product_name).join(', ');
  throw new Problem(
    PRODUCT_UNAVAILABLE,
    `Not on sale at the moment: ${names}. Remove them from the cart.`,
    {
      members: {
        products: refused.map(({ product_id, product_name }) => ({ product_id, product_name })),
      },
    },
  );
}

/**
 * Even a line that a promo makes free is worth the least before it.
 * @throws Problem LINE_TOO_SMALL
 */
export function requireLeastAmounts(lines: readonly CartLine[]): void {
  const small = lines.filter((line) => !isWorthLeast(line));
  if (small.length === 0) return;
  const words = small.map(
    (line) => `${line.product_name}: ${formatMoney(leastLine(line.list_price_centavos))}`,
  );
  throw new Problem(
    LINE_TOO_SMALL,
    `Order more of each. The least before promos is, of ${words.join('; ')}.`,
    {
      members: {
        products: small.map(({ product_id, product_name }) => ({ product_id, product_name })),
      },
    },
  );
}
