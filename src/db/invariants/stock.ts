// What must hold of lots, movements, reservations and the listing that customers see.
import type { Rule } from './rule.ts';

const LISTING_COLUMNS = [
  'seller_id',
  'category_id',
  'name',
  'plain_name',
  'document',
  'price_centavos',
  'current_price_centavos',
  'promo_id',
  'available_milli',
  'in_stock',
  'next_lot_harvested_at',
  'next_lot_half_life_at',
  'next_lot_expires_at',
  'rating',
  'review_count',
  'sell_count',
  'created_at',
  'on_sale',
  'stock_changes_at',
  'promo_changes_at',
];
const columnsOf = (table: string) =>
  LISTING_COLUMNS.map((column) => `${table}.${column}`).join(', ');

export const stockRules: readonly Rule[] = [
  {
    name: 'stock is never negative and never reserved beyond what is on hand',
    sql: `SELECT format('lot %s has %s on hand, %s reserved', id, on_hand_milli, reserved_milli) AS detail
      FROM lots WHERE on_hand_milli < 0 OR reserved_milli < 0 OR reserved_milli > on_hand_milli`,
  },
  {
    name: 'stock on hand is the sum of its movements',
    sql: `SELECT format('lot %s has %s on hand, movements say %s', l.id, l.on_hand_milli, coalesce(m.total, 0)) AS detail
      FROM lots l
      LEFT JOIN (SELECT lot_id, sum(delta_milli) AS total FROM stock_movements GROUP BY lot_id) m ON m.lot_id = l.id
      WHERE l.on_hand_milli <> coalesce(m.total, 0)`,
  },
  {
    name: 'reserved stock is what open orders hold',
    sql: `SELECT format('lot %s has %s reserved, orders hold %s', l.id, l.reserved_milli, coalesce(a.total, 0)) AS detail
      FROM lots l
      LEFT JOIN (
        SELECT lot_id, sum(quantity_milli) AS total FROM order_item_allocations WHERE state = 'RESERVED' GROUP BY lot_id
      ) a ON a.lot_id = l.id
      WHERE l.reserved_milli <> coalesce(a.total, 0)`,
  },
  {
    name: 'movements and allocations are of the product of their lot',
    sql: `SELECT format('movement %s', m.id) AS detail
      FROM stock_movements m JOIN lots l ON l.id = m.lot_id WHERE l.product_id <> m.product_id
      UNION ALL
      SELECT format('allocation %s', a.id)
      FROM order_item_allocations a JOIN order_items i ON i.id = a.order_item_id JOIN lots l ON l.id = a.lot_id
      WHERE l.product_id <> i.product_id`,
  },
  {
    name: 'a line is filled from lots until its seller order is cancelled, and by none after',
    sql: `SELECT format('line %s of a seller order that is %s: %s of %s allocated', i.id, p.order_status, coalesce(a.live, 0), i.quantity_milli) AS detail
      FROM order_items i
      JOIN seller_orders p ON p.id = i.seller_order_id
      LEFT JOIN (
        SELECT order_item_id, sum(quantity_milli) AS live,
          sum(quantity_milli) FILTER (WHERE state = 'SOLD') AS sold
        FROM order_item_allocations WHERE state IN ('RESERVED', 'SOLD') GROUP BY order_item_id
      ) a ON a.order_item_id = i.id
      WHERE coalesce(a.live, 0) <> CASE p.order_status WHEN 'CANCELLED' THEN 0 ELSE i.quantity_milli END
        OR (p.order_status IN ('DELIVERED', 'REFUNDED') AND coalesce(a.sold, 0) <> i.quantity_milli)`,
  },
  {
    name: 'every product has its stock row, counters and listing',
    sql: `SELECT format('product %s', p.id) AS detail FROM products p
      WHERE NOT EXISTS (SELECT FROM product_stock s WHERE s.product_id = p.id)
        OR NOT EXISTS (SELECT FROM product_counters k WHERE k.product_id = p.id)
        OR NOT EXISTS (SELECT FROM product_listing l WHERE l.product_id = p.id)`,
  },
  {
    // Rows that the clock or a change of their seller has made untrue wait for their job; all others must be exact.
    name: 'a listing shows what its product is',
    sql: `SELECT format('product %s', l.product_id) AS detail
      FROM compute_product_listing((
        SELECT array_agg(product_id) FROM product_listing JOIN sellers ON sellers.id = seller_id
        WHERE stale_at > $1 AND listings_due_at IS NULL
          AND NOT EXISTS (SELECT FROM set_aside_rows WHERE job = 'listing.refresh-stale' AND row_id = product_id)), $1) c
      JOIN product_listing l ON l.product_id = c.product_id
      WHERE (${columnsOf('l')}) IS DISTINCT FROM (${columnsOf('c')})`,
    takesMoment: true,
  },
  {
    name: "a seller's products on sale are counted",
    sql: `SELECT format('seller %s shows %s, has %s', s.id, s.product_count, coalesce(l.number, 0)) AS detail
      FROM sellers s
      LEFT JOIN (SELECT seller_id, count(*) AS number FROM product_listing WHERE on_sale GROUP BY seller_id) l ON l.seller_id = s.id
      WHERE s.product_count <> coalesce(l.number, 0)`,
  },
  {
    name: "a category's products on sale are counted",
    sql: `SELECT format('category %s shows %s, has %s', category_id, coalesce(k.number, 0), coalesce(l.number, 0)) AS detail
      FROM (SELECT category_id, sum(number) AS number FROM category_product_counts GROUP BY category_id) k
      FULL JOIN (SELECT category_id, count(*) AS number FROM product_listing WHERE on_sale GROUP BY category_id) l USING (category_id)
      WHERE coalesce(k.number, 0) <> coalesce(l.number, 0)`,
  },
  {
    name: 'sales are counted once delivered',
    sql: `SELECT format('product %s shows %s, sold %s', k.product_id, k.sell_count, coalesce(d.number, 0)) AS detail
      FROM product_counters k
      LEFT JOIN (
        SELECT i.product_id, count(*) AS number FROM order_items i JOIN seller_orders p ON p.id = i.seller_order_id
        WHERE p.delivered_at IS NOT NULL GROUP BY i.product_id
      ) d ON d.product_id = k.product_id
      WHERE k.sell_count <> coalesce(d.number, 0)`,
  },
];
