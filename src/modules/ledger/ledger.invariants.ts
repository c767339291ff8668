// What must hold of the journal.
import type { Invariant } from '../../db/invariants/invariant.ts';

const OPEN = "('PENDING', 'CONFIRMED', 'SHIPPED')";

export const ledgerInvariants: readonly Invariant[] = [
  {
    name: "a journal entry's debits equal its credits",
    sql: `SELECT format('entry %s is out by %s', e.id, coalesce(sum(l.debit_centavos - l.credit_centavos)::text, 'having no lines')) AS detail
      FROM journal_entries e LEFT JOIN journal_lines l ON l.entry_id = e.id
      GROUP BY e.id HAVING sum(l.debit_centavos - l.credit_centavos) IS DISTINCT FROM 0`,
  },
  {
    name: 'a journal line has the time of its entry',
    sql: `SELECT format('entry %s', e.id) AS detail FROM journal_entries e JOIN journal_lines l ON l.entry_id = e.id
      WHERE l.created_at <> e.created_at`,
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
    name: 'an order that has come to its end leaves nothing owed between customer and seller',
    sql: `SELECT format('order %s leaves %s centavos in %s', e.order_id, sum(l.debit_centavos - l.credit_centavos), l.account) AS detail
      FROM journal_entries e
      JOIN journal_lines l ON l.entry_id = e.id AND l.account IN ('CUSTOMER_RECEIVABLE', 'ORDER_LIABILITY')
      WHERE NOT EXISTS (SELECT FROM seller_orders p WHERE p.order_id = e.order_id AND p.order_status IN ${OPEN})
      GROUP BY e.order_id, l.account HAVING sum(l.debit_centavos - l.credit_centavos) <> 0`,
  },
];
