// Cart lines as buyers see them now: today's price after promos, availability, and what to warn of. Read across tables.
import type { Ctx } from '../../context.ts';
import { runNamed } from '../../db/database.ts';
import type { Unit } from '../../lib/quantity.ts';

export interface CartLine {
  readonly id: string;
  readonly product_id: string;
  readonly product_name: string;
  readonly unit: Unit;
  readonly tax_class: string;
  readonly quantity_milli: number;
  readonly list_price_centavos: number;
  /** After the promo that is best for the buyer. */
  readonly unit_price_centavos: number;
  readonly promo_id: string | null;
  readonly srp_centavos: number | null;
  readonly seller_id: string;
  readonly commission_bps: number | null;
  readonly is_on_sale: boolean;
  readonly available_milli: number;
}

const SQL = `
  SELECT i.id, i.product_id, p.name AS product_name, p.unit, p.tax_class, i.quantity_milli,
    p.price_centavos AS list_price_centavos, coalesce(promo.price_centavos, p.price_centavos) AS unit_price_centavos,
    promo.id AS promo_id, p.srp_centavos, p.seller_id, s.commission_bps,
    is_on_sale(p, s) AS is_on_sale, stock.available_milli
  FROM cart_items i
  JOIN products p ON p.id = i.product_id
  JOIN sellers s ON s.id = p.seller_id
  CROSS JOIN LATERAL sellable_stock(p.id, p.handling_hours, $2) stock
  LEFT JOIN LATERAL best_promo(p.id, p.price_centavos, $2) promo ON true
  WHERE i.user_id = $1
  ORDER BY i.created_at, i.id`;

/** Every line of the user's cart, in the order of adding. One statement. */
export function readCartLines(ctx: Ctx, user_id: string): Promise<CartLine[]> {
  return runNamed<CartLine>(ctx.db, 'cart_lines', SQL, [user_id, ctx.clock.now()]);
}
