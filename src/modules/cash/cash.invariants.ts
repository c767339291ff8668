// What must hold of riders' cash.
import type { Invariant } from '../../db/invariants/invariant.ts';

export const cashInvariants: readonly Invariant[] = [
  {
    name: 'a seller order says who takes its cash where cash pays for it, and only there',
    sql: `SELECT format('seller order %s is paid by %s, its cash taken by %s', s.id, p.payment_method, s.cash_collector) AS detail
      FROM seller_orders s JOIN payments p ON p.order_id = s.order_id
      WHERE (p.payment_method = 'COD') <> (s.cash_collector IS NOT NULL)`,
  },
  {
    name: 'cash with riders is that of the seller orders that were not handed in',
    sql: `SELECT format('cash session %s: orders %s, journal %s', coalesce(o.session, b.session), coalesce(o.centavos, 0), coalesce(b.centavos, 0)) AS detail
      FROM (
        SELECT coalesce(s.cash_session_id::text, 'none') AS session, sum(s.due_centavos) AS centavos
        FROM seller_orders s LEFT JOIN cash_sessions c ON c.id = s.cash_session_id
        WHERE s.cash_collector = 'RIDER' AND s.delivered_at IS NOT NULL AND c.closed_at IS NULL
        GROUP BY 1
      ) o
      FULL JOIN (
        SELECT coalesce(subaccount, 'none') AS session, sum(debit_centavos - credit_centavos) AS centavos
        FROM journal_lines WHERE account = 'RIDER_CASH' GROUP BY 1
      ) b ON b.session = o.session
      WHERE coalesce(o.centavos, 0) <> coalesce(b.centavos, 0)`,
  },
];
