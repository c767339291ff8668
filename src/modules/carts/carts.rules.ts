// What a cart costs, what a customer should know about a line before ordering it, and how little may be ordered.
import { formatMoney, multiplyPrice } from '../../lib/money.ts';
import { formatQuantity } from '../../lib/quantity.ts';
import type { CartLine } from '../storefront/cart-lines.service.ts';

export const WARNING_CODES = [
  'PRODUCT_UNAVAILABLE',
  'INSUFFICIENT_STOCK',
  'PRICE_ABOVE_SRP',
] as const;

export interface CartWarning {
  readonly code: (typeof WARNING_CODES)[number];
  readonly message: string;
}

/** Whether the line can be ordered as it stands: on sale, and in stock for its quantity. */
export function isAvailable(line: CartLine): boolean {
  return line.is_on_sale && line.available_milli >= line.quantity_milli;
}

/** Centavos of a line at today's price, rounded half up. */
export function lineTotal(line: CartLine): number {
  return multiplyPrice(line.unit_price_centavos, line.quantity_milli);
}

/** Centavos of all that can be ordered. */
export function cartTotal(lines: readonly CartLine[]): number {
  return lines.filter(isAvailable).reduce((sum, line) => sum + lineTotal(line), 0);
}

/** Before promos. Crumbs cost nothing and would let anybody write a review. */
const MIN_LINE_CENTAVOS = 100;

/** The least that a line comes to before promos: ₱1.00, or one unit of what costs less. */
export function leastLine(list_price_centavos: number): number {
  return Math.min(MIN_LINE_CENTAVOS, list_price_centavos);
}

export function isWorthLeast(line: {
  readonly list_price_centavos: number;
  readonly quantity_milli: number;
}): boolean {
  const { list_price_centavos, quantity_milli } = line;
  return multiplyPrice(list_price_centavos, quantity_milli) >= leastLine(list_price_centavos);
}

export function cartWarnings(line: CartLine): CartWarning[] {
  if (!line.is_on_sale)
    return [{ code: 'PRODUCT_UNAVAILABLE', message: 'This product is no longer on sale.' }];
  const warnings: CartWarning[] = [];
  if (line.available_milli < line.quantity_milli) {
    const message =
      line.available_milli > 0
        ? `Only ${formatQuantity(line.available_milli)} ${line.unit} left.`
        : 'Sold out at the moment.';
    warnings.push({ code: 'INSUFFICIENT_STOCK', message });
  }
  if (line.srp_centavos !== null && line.unit_price_centavos > line.srp_centavos) {
    const message = `Above the suggested retail price of ${formatMoney(line.srp_centavos)}.`;
    warnings.push({ code: 'PRICE_ABOVE_SRP', message });
  }
  return warnings;
}
