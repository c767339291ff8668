// How a checkout is refused, for want of stock apart.
import { formatMoney } from '../../../lib/money.ts';
import { kind, Problem } from '../../../lib/problem.ts';
import { PRODUCT_UNAVAILABLE } from '../../carts/carts.errors.ts';
import { leastLine } from '../../carts/carts.rules.ts';
import type { CartLine } from '../../storefront/cart-lines.service.ts';

export const EMPTY_CART = kind('EMPTY_CART', 409, 'There is nothing to order');
export const PRICE_CHANGED = kind('PRICE_CHANGED', 409, 'The price has changed');
export const LINE_TOO_SMALL = kind('LINE_TOO_SMALL', 409, 'A line comes to less than the least');

export function emptyCart(): Problem {
  return new Problem(EMPTY_CART, 'Put something into the cart first.');
}

/** The customer saw another total. */
export function priceChanged(expected_centavos: number, total_centavos: number): Problem {
  const total_amount = formatMoney(total_centavos);
  return new Problem(
    PRICE_CHANGED,
    `The total is now ${total_amount}, not ${formatMoney(expected_centavos)}. Look at the cart again.`,
    { members: { total_amount } },
  );
}

export function notOnSale(lines: readonly CartLine[]): Problem {
  const names = lines.map((line) => line.product_name).join(', ');
  return new Problem(
    PRODUCT_UNAVAILABLE,
    `Not on sale at the moment: ${names}. Remove them from the cart.`,
    { members: { products: namesOf(lines) } },
  );
}

export function linesTooSmall(lines: readonly CartLine[]): Problem {
  const words = lines.map(
    (line) => `${line.product_name}: ${formatMoney(leastLine(line.list_price_centavos))}`,
  );
  return new Problem(
    LINE_TOO_SMALL,
    `Order more of each. The least before promos is, of ${words.join('; ')}.`,
    { members: { products: namesOf(lines) } },
  );
}

function namesOf(lines: readonly CartLine[]) {
  return lines.map(({ product_id, product_name }) => ({ product_id, product_name }));
}
