// What the seed promises beyond the invariants of every database, as queries that find what breaks a promise.
import { sql } from 'kysely';
import type { Db } from '../db/database.ts';
import { DEMO_ORDER } from '../lib/demo-market.ts';

/** The first rows of one such query; none where all is well. */
export async function findBroken(db: Db, name: string, now: Date): Promise<unknown[]> {
  const query = PROMISES[name];
  if (query === undefined) throw new RangeError(`there is no promise "${name}"`);
  const dated = query.replaceAll('$NOW', `'${now.toISOString()}'::timestamptz`);
  return (await sql.raw(`SELECT * FROM (${dated}) AS broken LIMIT 5`).execute(db)).rows;
}

/** Seller orders with the payment of their order. */
const PARTS = `(
  SELECT s.*, p.payment_method, p.payment_status, p.payment_method = 'COD' AS is_cash,
    s.order_status IN ('PENDING', 'CONFIRMED', 'SHIPPED') AS is_open,
    s.order_status IN ('CANCELLED', 'REFUNDED') AS is_off
  FROM seller_orders s JOIN payments p ON p.order_id = s.order_id)`;

/** Debits less credits by order, seller and account. */
const BALANCES = `(
  SELECT e.order_id, l.seller_id, l.account, sum(l.debit_centavos - l.credit_centavos) AS centavos
  FROM journal_entries e JOIN journal_lines l ON l.entry_id = e.id GROUP BY e.order_id, l.seller_id, l.account)`;

export const PROMISES: Readonly<Record<string, string>> = {
  'no lot was ever below zero': `
    SELECT lot_id FROM (
      SELECT lot_id, sum(delta_milli) OVER (PARTITION BY lot_id ORDER BY created_at) AS left_milli FROM stock_movements
    ) history WHERE left_milli < 0`,
  'a line is filled wholly, from lots that were on sale that day': `
    SELECT i.id FROM order_items i JOIN orders o ON o.id = i.order_id
    LEFT JOIN order_item_allocations a ON a.order_item_id = i.id LEFT JOIN lots l ON l.id = a.lot_id
    GROUP BY i.id, o.placed_at HAVING coalesce(sum(a.quantity_milli), 0) <> i.quantity_milli
      OR bool_or(l.product_id <> i.product_id OR l.created_at > o.placed_at OR l.expires_at <= o.placed_at)`,
  'stock is reserved until wallets pay and cash is collected, then sold': `
    SELECT a.id FROM order_item_allocations a JOIN order_items i ON i.id = a.order_item_id
    JOIN ${PARTS} s ON s.id = i.seller_order_id
    WHERE (a.state = 'RESERVED') <> (s.is_open AND (s.is_cash OR s.payment_status = 'PENDING'))
      OR (a.state IN ('RELEASED', 'WRITTEN_OFF')) <> (s.order_status = 'CANCELLED')`,
  'an order leaves each lot what its allocations say': `
    SELECT coalesce(taken.order_number, moved.reference) FROM (
      SELECT o.order_number, a.lot_id,
        sum(a.quantity_milli) FILTER (WHERE a.state IN ('SOLD', 'WRITTEN_OFF')) AS milli
      FROM order_item_allocations a JOIN order_items i ON i.id = a.order_item_id JOIN orders o ON o.id = i.order_id
      GROUP BY o.order_number, a.lot_id
    ) taken FULL JOIN (
      SELECT reference, lot_id, -sum(delta_milli) AS milli FROM stock_movements
      WHERE reference LIKE 'OID-%' GROUP BY reference, lot_id
    ) moved ON moved.reference = taken.order_number AND moved.lot_id = taken.lot_id
    WHERE coalesce(taken.milli, 0) <> coalesce(moved.milli, 0)`,
  'stock held for open orders keeps beyond today': `
    SELECT id FROM lots WHERE reserved_milli > 0 AND expires_at <= $NOW`,
  'a line is price times quantity': `
    SELECT id FROM order_items
    WHERE subtotal_centavos <> round(list_price_centavos::numeric * quantity_milli / 1000)
      OR line_total_centavos <> round(unit_price_centavos::numeric * quantity_milli / 1000)
      OR (promo_id IS NULL) <> (unit_price_centavos = list_price_centavos)`,
  'events lead without a gap from the order to the status of each seller order': `
    SELECT s.id FROM seller_orders s LEFT JOIN LATERAL (
      SELECT bool_and(from_status IS NOT DISTINCT FROM before) AS is_chain, max(last_status) AS last_status
      FROM (
        SELECT from_status, lag(to_status) OVER history AS before,
          first_value(to_status) OVER (PARTITION BY seller_order_id ORDER BY created_at DESC, id DESC) AS last_status
        FROM order_events WHERE order_id = s.order_id AND seller_order_id = s.id WINDOW history AS (PARTITION BY seller_order_id ORDER BY created_at, id)
      ) steps
    ) told ON true
    WHERE told.is_chain IS NOT TRUE OR told.last_status <> s.order_status`,
  'customers owe what is open and not paid': `
    SELECT o.id FROM orders o LEFT JOIN ${BALANCES} b ON b.order_id = o.id AND b.account = 'CUSTOMER_RECEIVABLE'
    WHERE coalesce(b.centavos, 0) <> (
      SELECT coalesce(sum(s.total_centavos) FILTER (WHERE s.is_open AND (s.is_cash OR s.payment_status = 'PENDING')), 0)
      FROM ${PARTS} s WHERE s.order_id = o.id)`,
  'what is ordered and open is owed in goods': `
    SELECT s.id FROM ${PARTS} s
    LEFT JOIN ${BALANCES} b ON b.order_id = s.order_id AND b.seller_id = s.seller_id AND b.account = 'ORDER_LIABILITY'
    WHERE coalesce(-b.centavos, 0) <> CASE WHEN s.is_open THEN s.total_centavos ELSE 0 END`,
  'sellers are owed what was delivered, less commission, less refunds, less the cash that they took': `
    SELECT s.id FROM ${PARTS} s
    LEFT JOIN ${BALANCES} b ON b.order_id = s.order_id AND b.seller_id = s.seller_id AND b.account = 'SELLER_PAYABLE'
    WHERE coalesce(-b.centavos, 0) <> CASE
      WHEN s.delivered_at IS NULL OR s.order_status = 'REFUNDED' THEN 0
      ELSE s.total_centavos - round(s.total_centavos::numeric * s.commission_bps / 10000)
        - CASE WHEN s.is_cash THEN s.due_centavos ELSE 0 END END`,
  'a payment asks for what is ordered; cash only for what is not cancelled': `
    SELECT p.id FROM payments p JOIN ${PARTS} s ON s.order_id = p.order_id GROUP BY p.id
    HAVING p.amount_centavos <> coalesce(sum(s.total_centavos) FILTER (WHERE NOT s.is_cash OR s.order_status <> 'CANCELLED'), 0)`,
  'a payment says what its seller orders say': `
    SELECT p.id FROM payments p JOIN ${PARTS} s ON s.order_id = p.order_id GROUP BY p.id
    HAVING CASE
      WHEN p.payment_status = 'PENDING' THEN NOT bool_or(s.is_open)
      WHEN p.payment_status = 'FAILED' THEN NOT bool_and(s.order_status = 'CANCELLED') OR p.completed_at IS NOT NULL
      WHEN p.payment_method = 'COD' THEN bool_or(s.is_open) OR p.completed_at IS NULL
      ELSE p.completed_at IS NULL OR (p.payment_status = 'REFUNDED') <> bool_and(s.is_off)
        OR (p.payment_status = 'COMPLETED') <> (NOT bool_or(s.is_off)) END`,
  'the wallet knows what we know': `
    SELECT p.id FROM payments p LEFT JOIN simulator_wallet w ON w.reference = p.provider_reference AND w.payment_id = p.id
    WHERE (p.provider_reference IS NOT NULL OR p.completed_at IS NOT NULL) AND p.payment_method <> 'COD'
      AND (w.status, w.amount_centavos, w.refunded_centavos) IS DISTINCT FROM
        (CASE WHEN p.completed_at IS NULL THEN 'EXPIRED' ELSE 'PAID' END, p.amount_centavos, p.refunded_centavos)`,
  'only what was delivered to a customer is reviewed': `
    SELECT r.id FROM reviews r WHERE NOT EXISTS (
      SELECT FROM order_items i JOIN seller_orders s ON s.id = i.seller_order_id JOIN orders o ON o.id = i.order_id
      WHERE i.product_id = r.product_id AND o.user_id = r.user_id AND s.delivered_at < r.created_at)`,
  'nothing has happened after today': `
    SELECT id FROM (
      SELECT id, updated_at AS at FROM orders UNION ALL SELECT id, created_at FROM order_events
      UNION ALL SELECT id, created_at FROM stock_movements UNION ALL SELECT id, updated_at FROM reviews
      UNION ALL SELECT id, created_at FROM lots UNION ALL SELECT id, updated_at FROM payments
      UNION ALL SELECT id, created_at FROM journal_entries
    ) happened WHERE at > $NOW`,
  'ids sort as their rows do, but for the one that examples name': `
    SELECT id FROM (SELECT id, placed_at, lag(id) OVER (ORDER BY placed_at, order_number) AS before,
      lag(placed_at) OVER (ORDER BY placed_at, order_number) AS before_at
      FROM orders WHERE id <> '${DEMO_ORDER.id}') sorted
    WHERE id < before AND placed_at > before_at`,
};
