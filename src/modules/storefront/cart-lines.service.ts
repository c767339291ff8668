// Cart lines as customers see them now: today's price after promos, availability, and what to warn of. Read across tables.
import type { Ctx, TxCtx } from '../../context.ts';
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
  /** After the promo that is best for the customer. */
  readonly unit_price_centavos: number;
  readonly promo_id: string | null;
  readonly srp_centavos: number | null;
  readonly seller_id: string;
  readonly commission_bps: number | null;
  readonly cash_collector: 'SELLER' | 'RIDER';
  readonly is_on_sale: boolean;
  readonly available_milli: number;
}

const COLUMNS = `i.id, i.product_id, p.name AS product_name, p.unit, p.tax_class, i.quantity_milli,
    p.price_centavos AS list_price_centavos, coalesce(promo.price_centavos, p.price_centavos) AS unit_price_centavos,
    promo.id AS promo_id, p.srp_centavos, p.seller_id, s.commission_bps, s.cash_collector,
    is_on_sale(p, s) AS is_on_sale, stock.available_milli`;
const TABLES = `cart_items i
  JOIN products p ON p.id = i.product_id
  JOIN sellers s ON s.id = p.seller_id
  CROSS JOIN LATERAL sellable_stock(p.id, p.handling_hours, $2) stock
  LEFT JOIN LATERAL best_promo(p.id, p.price_centavos, $2) promo ON true`;
const SQL = `SELECT ${COLUMNS} FROM ${TABLES} WHERE i.user_id = $1 ORDER BY i.created_at, i.id`;

/** A line with what bounds an order of it; the numbers of the customer stand on each. */
export interface OrderableLine extends CartLine {
  /** What the customer's open unpaid orders hold of the product. */
  readonly held_milli: number;
  readonly unpaid_orders: number;
  readonly unpaid_centavos: number;
  /** Whether KNOWN_AFTER_DELIVERIES orders of the customer were delivered. */
  readonly is_known_customer: boolean;
}

const KNOWN_AFTER_DELIVERIES = 3;

// The sellers' rows are held: who is removed waits for the order, and an order that waited finds them off sale.
const ORDERABLE_SQL = `
  WITH unpaid AS MATERIALIZED (
    SELECT o.id, pay.amount_centavos FROM orders o JOIN payments pay ON pay.order_id = o.id
    WHERE o.user_id = $1 AND o.order_status IN ('PENDING', 'CONFIRMED', 'SHIPPED') AND pay.payment_status = 'PENDING'
  ), held AS MATERIALIZED (
    SELECT oi.product_id, sum(a.quantity_milli)::bigint AS milli
    FROM unpaid JOIN order_items oi ON oi.order_id = unpaid.id
    JOIN order_item_allocations a ON a.order_item_id = oi.id AND a.state = 'RESERVED'
    GROUP BY oi.product_id
  )
  SELECT ${COLUMNS}, coalesce(held.milli, 0) AS held_milli,
    (SELECT count(*) FROM unpaid)::integer AS unpaid_orders,
    (SELECT coalesce(sum(amount_centavos), 0) FROM unpaid)::bigint AS unpaid_centavos,
    EXISTS (
      SELECT FROM orders o WHERE o.user_id = $1 AND o.order_status = 'DELIVERED'
      OFFSET ${KNOWN_AFTER_DELIVERIES - 1}) AS is_known_customer
  FROM ${TABLES}
  LEFT JOIN held ON held.product_id = i.product_id
  WHERE i.user_id = $1
  ORDER BY i.created_at, i.id
  FOR KEY SHARE OF s`;

/** The same of a locked cart, for ordering. */
export function readOrderableLines(ctx: TxCtx, user_id: string): Promise<OrderableLine[]> {
  const values = [user_id, ctx.clock.now()];
  return runNamed<OrderableLine>(ctx.db, 'orderable_lines', ORDERABLE_SQL, values);
}

/** Every line of the user's cart, in the order of adding. One statement. */
export function readCartLines(ctx: Ctx, user_id: string): Promise<CartLine[]> {
  return runNamed<CartLine>(ctx.db, 'cart_lines', SQL, [user_id, ctx.clock.now()]);
}
