// What must hold of orders, payments and the journal.
import type { Rule } from './rule.ts';

const OPEN = "('PENDING', 'CONFIRMED', 'SHIPPED')";
const PAID = "('COMPLETED', 'PARTIALLY_REFUNDED', 'REFUNDED')";
/** From the least advanced on. */
const PROGRESS = "ARRAY['PENDING', 'CONFIRMED', 'SHIPPED', 'DELIVERED', 'REFUNDED', 'CANCELLED']";

export const moneyRules: readonly Rule[] = [
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
    name: 'an order has one payment, of no more than it costs',
    sql: `SELECT format('order %s', o.id) AS detail FROM orders o LEFT JOIN payments y ON y.order_id = o.id
      WHERE y.id IS NULL OR y.amount_centavos > o.total_centavos OR y.user_id <> o.user_id`,
  },
  {
    name: 'a payment asks for what is due for its seller orders, cash for those that are not cancelled',
    sql: `SELECT format('payment %s asks %s, due is %s', y.id, y.amount_centavos, sum(p.due_centavos)) AS detail
      FROM payments y JOIN seller_orders p ON p.order_id = y.order_id
      GROUP BY y.id HAVING y.amount_centavos <> sum(p.due_centavos)
      UNION ALL
      SELECT format('seller order %s is %s, due is %s', p.id, p.order_status, p.due_centavos)
      FROM payments y JOIN seller_orders p ON p.order_id = y.order_id
      WHERE p.due_centavos <> p.total_centavos AND p.order_status <> 'CANCELLED'
        OR p.due_centavos <> 0 AND p.order_status = 'CANCELLED' AND y.payment_method = 'COD'`,
  },
  {
    name: 'refunds never exceed their payment, and its status follows from them',
    sql: `SELECT format('payment %s is %s with %s of %s refunded', id, payment_status, refunded_centavos, amount_centavos) AS detail
      FROM payments
      WHERE refunded_centavos > amount_centavos OR NOT CASE payment_status
        WHEN 'PARTIALLY_REFUNDED' THEN refunded_centavos > 0 AND refunded_centavos < amount_centavos
        WHEN 'REFUNDED' THEN refunded_centavos > 0 AND refunded_centavos = amount_centavos
        WHEN 'PENDING' THEN refunded_centavos = 0 OR payment_method = 'COD'
        ELSE refunded_centavos = 0 END`,
  },
  {
    name: 'a seller order gives back no more than was paid for it',
    sql: `SELECT format('seller order %s has refunded %s of %s', p.id, p.refunded_centavos, p.paid) AS detail
      FROM (
        SELECT s.id, s.refunded_centavos, CASE WHEN CASE
            WHEN y.payment_method = 'COD' THEN s.delivered_at IS NOT NULL
            ELSE y.payment_status IN ${PAID} END THEN s.due_centavos ELSE 0 END AS paid
        FROM seller_orders s JOIN payments y ON y.order_id = s.order_id
      ) p
      WHERE p.refunded_centavos > p.paid`,
  },
  {
    name: 'what was refunded is the sum of the refunds',
    sql: `SELECT format('payment %s', y.id) AS detail FROM payments y
      LEFT JOIN (SELECT payment_id, sum(amount_centavos) AS total FROM refunds GROUP BY payment_id) r ON r.payment_id = y.id
      WHERE y.refunded_centavos <> coalesce(r.total, 0)
      UNION ALL
      SELECT format('seller order %s', p.id) FROM seller_orders p
      LEFT JOIN (SELECT seller_order_id, sum(amount_centavos) AS total FROM refunds GROUP BY seller_order_id) r ON r.seller_order_id = p.id
      WHERE p.refunded_centavos <> coalesce(r.total, 0)`,
  },
  {
    name: "a journal entry's debits equal its credits",
    sql: `SELECT format('entry %s is out by %s', e.id, coalesce(sum(l.debit_centavos - l.credit_centavos)::text, 'having no lines')) AS detail
      FROM journal_entries e LEFT JOIN journal_lines l ON l.entry_id = e.id
      GROUP BY e.id HAVING sum(l.debit_centavos - l.credit_centavos) IS DISTINCT FROM 0`,
  },
  {
    name: 'the journal holds each payment and each refund',
    sql: `SELECT format('order %s: paid %s, journal %s; refunded %s, journal %s',
        y.order_id, y.paid, coalesce(b.received, 0), y.refunded_centavos, coalesce(b.refunded, 0)) AS detail
      FROM (
        SELECT order_id, refunded_centavos, CASE
          WHEN payment_method = 'COD' THEN (
            SELECT coalesce(sum(total_centavos), 0) FROM seller_orders p WHERE p.order_id = payments.order_id AND p.delivered_at IS NOT NULL)
          WHEN payment_status IN ${PAID} THEN amount_centavos
          ELSE 0 END AS paid
        FROM payments
      ) y
      LEFT JOIN (
        SELECT e.order_id,
          sum(l.debit_centavos) FILTER (WHERE e.kind = 'PAYMENT_RECEIVED') AS received,
          sum(l.credit_centavos) FILTER (WHERE e.kind = 'REFUND') AS refunded
        FROM journal_entries e JOIN journal_lines l ON l.entry_id = e.id
        WHERE l.account IN ('WALLET_CLEARING', 'COD_CLEARING') GROUP BY e.order_id
      ) b ON b.order_id = y.order_id
      WHERE y.paid <> coalesce(b.received, 0) OR y.refunded_centavos <> coalesce(b.refunded, 0)`,
  },
  {
    name: 'commission is the rate of what a delivered seller order kept',
    sql: `SELECT format('seller order %s kept %s at %s basis points, commission is %s',
        p.id, p.total_centavos - p.refunded_centavos, p.commission_bps, coalesce(b.commission, 0)) AS detail
      FROM seller_orders p
      LEFT JOIN (
        SELECT e.seller_order_id, sum(l.credit_centavos - l.debit_centavos) AS commission
        FROM journal_entries e JOIN journal_lines l ON l.entry_id = e.id
        WHERE l.account = 'COMMISSION_REVENUE' GROUP BY e.seller_order_id
      ) b ON b.seller_order_id = p.id
      WHERE coalesce(b.commission, 0) <> CASE WHEN p.delivered_at IS NULL THEN 0
        ELSE round((p.total_centavos - p.refunded_centavos) * p.commission_bps / 10000.0) END`,
  },
  {
    name: 'the journal holds each order',
    sql: `SELECT format('order %s costs %s, journal %s', o.id, o.total_centavos, coalesce(b.placed, 0)) AS detail FROM orders o
      LEFT JOIN (
        SELECT e.order_id, sum(l.debit_centavos) AS placed FROM journal_entries e JOIN journal_lines l ON l.entry_id = e.id
        WHERE e.kind = 'ORDER_PLACED' GROUP BY e.order_id
      ) b ON b.order_id = o.id
      WHERE o.total_centavos <> coalesce(b.placed, 0)`,
  },
  {
    name: 'an order that has come to its end leaves nothing owed between customer and seller',
    sql: `SELECT format('order %s leaves %s centavos in %s', e.order_id, sum(l.debit_centavos - l.credit_centavos), l.account) AS detail
      FROM journal_entries e
      JOIN journal_lines l ON l.entry_id = e.id AND l.account IN ('CUSTOMER_RECEIVABLE', 'ORDER_LIABILITY')
      WHERE NOT EXISTS (SELECT FROM seller_orders p WHERE p.order_id = e.order_id AND p.order_status IN ${OPEN})
      GROUP BY e.order_id, l.account HAVING sum(l.debit_centavos - l.credit_centavos) <> 0`,
  },
];
