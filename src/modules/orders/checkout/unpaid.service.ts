// Refuses orders that would leave too much unpaid. Checkout asks with what it has read behind the locks that it holds.
import type { Ctx } from '../../../context.ts';
import { formatQuantity } from '../../../lib/quantity.ts';
import type { OrderableLine } from '../../storefront/cart-lines.service.ts';
import { tooManyUnpaid, tooMuchHeld, tooMuchUnpaid } from '../refusals/unpaid.errors.ts';
import { mostHeld, mostUnpaid } from './unpaid.rules.ts';

/**
 * @param before any line of the customer's locked cart
 * @throws Problem UNPAID_LIMIT where one more order of `total_centavos` would be too many or too much
 */
export function requireUnpaidRoom(ctx: Ctx, before: OrderableLine, total_centavos: number): void {
  const { unpaid_orders, unpaid_centavos, is_known_customer } = before;
  const most = mostUnpaid(is_known_customer, ctx.config);
  if (unpaid_orders >= most.orders) throw tooManyUnpaid(unpaid_orders, most.orders);
  const after_centavos = unpaid_centavos + total_centavos;
  if (after_centavos > most.total_centavos)
    throw tooMuchUnpaid(after_centavos, most.total_centavos);
}

/**
 * @param available free of each product before this order, in thousandths; the caller holds their stock
 * @throws Problem UNPAID_LIMIT naming the products of which the customer would hold too much, and what is left for the customer
 */
export function requireFairShare(
  ctx: Ctx,
  lines: readonly OrderableLine[],
  available: ReadonlyMap<string, number>,
): void {
  const products = lines.flatMap((line) => {
    const { product_id, product_name, unit, held_milli } = line;
    const most_milli = mostHeld(line, available.get(product_id) ?? 0, ctx.config);
    if (held_milli + line.quantity_milli <= most_milli) return [];
    const left_milli = Math.max(0, most_milli - held_milli);
    return [{ product_id, product_name, unit, available_quantity: formatQuantity(left_milli) }];
  });
  if (products.length > 0) throw tooMuchHeld(products, ctx.config.UNPAID_STOCK_SHARE);
}
