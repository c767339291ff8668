// What must hold of payments and refunds.
import type { Invariant } from '../../db/invariants/invariant.ts';

const PAID = "('COMPLETED', 'PARTIALLY_REFUNDED', 'REFUNDED')";

export const paymentInvariants: readonly Invariant[] = [
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
        GROUP BY e.order_id
      ) b ON b.order_id = y.order_id
      WHERE y.paid <> coalesce(b.received, 0) OR y.refunded_centavos <> coalesce(b.refunded, 0)`,
  },
];
