// What must hold of sellers' balances and payouts.
import type { Invariant } from '../../db/invariants/invariant.ts';

export const payoutInvariants: readonly Invariant[] = [
  {
    name: 'a closing balance is the sum of what was booked until then',
    sql: `SELECT format('seller %s at the end of %s: kept %s and %s, journal %s and %s', b.seller_id, b.month,
        b.payable_centavos, b.in_payout_centavos, j.payable, j.in_payout) AS detail
      FROM seller_balances b CROSS JOIN LATERAL (
        SELECT coalesce(sum(credit_centavos - debit_centavos) FILTER (WHERE account = 'SELLER_PAYABLE'), 0) AS payable,
          coalesce(sum(credit_centavos - debit_centavos) FILTER (WHERE account = 'PAYOUT_CLEARING'), 0) AS in_payout
        FROM journal_lines l WHERE l.seller_id = b.seller_id AND l.created_at < b.ends_at
      ) j
      WHERE (b.payable_centavos, b.in_payout_centavos) IS DISTINCT FROM (j.payable, j.in_payout)`,
  },
  {
    name: 'money in payout is that of the payouts that were started and have not ended',
    sql: `SELECT format('seller %s: payouts %s, journal %s', coalesce(p.seller_id, j.seller_id), coalesce(p.centavos, 0), coalesce(j.centavos, 0)) AS detail
      FROM (SELECT seller_id, sum(amount_centavos) AS centavos FROM payouts WHERE status = 'STARTED' GROUP BY seller_id) p
      FULL JOIN (
        SELECT seller_id, sum(credit_centavos - debit_centavos) AS centavos FROM journal_lines
        WHERE account = 'PAYOUT_CLEARING' GROUP BY seller_id
      ) j ON j.seller_id = p.seller_id
      WHERE coalesce(p.centavos, 0) <> coalesce(j.centavos, 0)`,
  },
  {
    name: 'a payout that went out was approved by somebody else than who created its run',
    sql: `SELECT format('payout %s of run %s', p.id, r.id) AS detail FROM payouts p JOIN payout_runs r ON r.id = p.run_id
      WHERE p.status NOT IN ('DRAFT', 'SKIPPED') AND (r.status <> 'APPROVED' OR r.decided_by IS NOT DISTINCT FROM r.created_by)`,
  },
];
