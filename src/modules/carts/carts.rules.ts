// What a buyer should know about a line before ordering it.
import { formatMoney } from '../../lib/money.ts';
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

export function cartWarnings(line: CartLine): CartWarning[] {
  if (!line.is_on_sale)
    return [{ code: 'PRODUCT_UNAVAILABLE', message: 'This product is no longer on sale.' }];
  const warnings: CartWarning[] = [];
  if (line.available_milli < line.quantity_milli) {
    const message = `Only ${formatQuantity(line.available_milli)} ${line.unit} left.`;
    warnings.push({ code: 'INSUFFICIENT_STOCK', message });
  }
  if (line.srp_centavos !== null && line.unit_price_centavos > line.srp_centavos) {
    const message = `Above the suggested retail price of ${formatMoney(line.srp_centavos)}.`;
    warnings.push({ code: 'PRICE_ABOVE_SRP', message });
  }
  return warnings;
}
