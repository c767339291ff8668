// How an order is refused because too much of its customer's is unpaid.
import { formatMoney } from '../../../lib/money.ts';
import { kind, Problem } from '../../../lib/problem.ts';

export const UNPAID_LIMIT = kind('UNPAID_LIMIT', 409, 'Too much of yours is not paid yet');

export function tooManyUnpaid(orders: number, maximum: number): Problem {
  return unpaidLimit('orders', {
    detail: `You have ${orders} open orders that are not paid, and ${maximum} is the most.`,
    members: { maximum },
  });
}

export function tooMuchUnpaid(after_centavos: number, most_centavos: number): Problem {
  const maximum_amount = formatMoney(most_centavos);
  return unpaidLimit('total', {
    detail: `Your unpaid orders would come to ${formatMoney(after_centavos)}, and ${maximum_amount} is the most.`,
    members: { maximum_amount },
  });
}

/** A product of which the customer would hold too much, and what is left for the customer. */
export interface HeldProduct {
  readonly product_id: string;
  readonly product_name: string;
  readonly unit: string;
  readonly available_quantity: string;
}

/** More than `share` percent of these products' stock. */
export function tooMuchHeld(products: readonly HeldProduct[], share: number): Problem {
  const words = products.map((p) => `${p.product_name}: ${p.available_quantity} ${p.unit}`);
  return unpaidLimit('stock', {
    detail: `Unpaid orders of one customer may hold ${share} % of a product's stock. You can order ${words.join('; ')}.`,
    members: { products },
  });
}

function unpaidLimit(
  limit: 'orders' | 'total' | 'stock',
  { detail, members }: { detail: string; members: Readonly<Record<string, unknown>> },
): Problem {
  return new Problem(
    UNPAID_LIMIT,
    `${detail} Pay or cancel an open order, or wait until one is delivered; then order again.`,
    { members: { limit, ...members } },
  );
}
