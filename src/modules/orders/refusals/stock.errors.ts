// How an order is refused for want of stock.
import { kind, Problem } from '../../../lib/problem.ts';
import { formatQuantity } from '../../../lib/quantity.ts';
import type { Shortage } from '../../inventory/allocation.rules.ts';
import type { CartLine } from '../../storefront/cart-lines.service.ts';

export const INSUFFICIENT_STOCK = kind('INSUFFICIENT_STOCK', 409, 'There is not enough in stock');

/** Names each product that is short and what is left of it. */
export function insufficientStock(
  lines: readonly CartLine[],
  shortages: readonly Shortage[],
): Problem {
  const products = shortages.map(({ product_id, available_milli }) => {
    const line = lines.find((candidate) => candidate.product_id === product_id);
    return {
      product_id,
      product_name: line?.product_name ?? '',
      available_quantity: formatQuantity(available_milli),
      unit: line?.unit ?? '',
    };
  });
  const words = products
    .map((p) => `${p.product_name}: ${p.available_quantity} ${p.unit} left`)
    .join('; ');
  return new Problem(INSUFFICIENT_STOCK, `Not enough in stock. ${words}.`, {
    members: { products },
  });
}

export function cannotReplaceRotten(): Problem {
  return new Problem(
    INSUFFICIENT_STOCK,
    'Goods of this seller order have rotted and no sellable lot can replace them: add a lot or cancel the seller order.',
  );
}
