// What must hold of orders, their seller orders and lines.
import { type Invariant, uniqueKey } from '../../db/invariants/invariant.ts';

/** From the least advanced on. */
const PROGRESS = "ARRAY['PENDING', 'CONFIRMED', 'SHIPPED', 'DELIVERED', 'REFUNDED', 'CANCELLED']";

export const orderInvariants: readonly Invariant[] = [
  uniqueKey('an order number names one order', 'order_number', 'orders'),
  {
    name: 'nothing is left of an order that is gone',
    sql: `SELECT format('%s belongs to order %s, which does not exist', row.what, row.order_id) AS detail
      FROM (
        SELECT 'seller order ' || id AS what, order_id FROM seller_orders
        UNION ALL SELECT 'line ' || id, order_id FROM order_items
        UNION ALL SELECT 'payment ' || id, order_id FROM payments
        UNION ALL SELECT 'journal entry ' || id, order_id FROM journal_entries WHERE order_id IS NOT NULL
      ) row
      LEFT JOIN orders o ON o.id = row.order_id
      WHERE o.id IS NULL`,
  },
  {
    name: 'an order costs what its seller orders cost',
    sql: `SELECT format('order %s', o.id) AS detail FROM orders o
      LEFT JOIN (
        SELECT order_id, sum(subtotal_centavos) AS subtotal, sum(discount_centavos) AS discount, sum(total_centavos) AS total
        FROM seller_orders GROUP BY order_id
      ) p ON p.order_id = o.id
      WHERE (o.subtotal_centavos, o.discount_centavos, o.total_centavos - o.delivery_fee_centavos)
        IS DISTINCT FROM (p.subtotal, p.discount, p.total)`,
  },
  {
    name: 'a seller order costs what its lines cost',
    sql: `SELECT format('seller order %s', p.id) AS detail FROM seller_orders p
      LEFT JOIN (
        SELECT seller_order_id, sum(subtotal_centavos) AS subtotal, sum(line_total_centavos) AS total
        FROM order_items GROUP BY seller_order_id
      ) i ON i.seller_order_id = p.id
      WHERE (p.subtotal_centavos, p.total_centavos) IS DISTINCT FROM (i.subtotal, i.total)`,
  },
  {
    name: 'an order shows its least advanced seller order that is not cancelled',
    sql: `SELECT format('order %s is %s, its seller orders %s', o.id, o.order_status, p.status) AS detail FROM orders o
      LEFT JOIN (
        SELECT order_id, (${PROGRESS})[min(array_position(${PROGRESS}, order_status))] AS status
        FROM seller_orders GROUP BY order_id
      ) p ON p.order_id = o.id
      WHERE o.order_status IS DISTINCT FROM p.status`,
  },
  {
    name: 'a seller order that moved has an event of it',
    sql: `SELECT format('seller order %s is %s', p.id, p.order_status) AS detail FROM seller_orders p
      WHERE p.order_status <> 'PENDING' AND NOT EXISTS (
        SELECT FROM order_events e
        WHERE e.order_id = p.order_id AND e.seller_order_id = p.id AND e.to_status = p.order_status)`,
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
