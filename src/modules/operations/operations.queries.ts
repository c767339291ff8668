// The numbers behind the business series of the metrics. Reads across modules, one statement a scrape.
import { sql } from 'kysely';
import type { Db } from '../../db/database.ts';

export interface BusinessNumbers {
  readonly active_users: number;
  readonly orders_created: number;
  readonly revenue_centavos: number;
  readonly products_viewed: number;
}

/**
 * Users whose session was used since `active_since`, and three totals that never fall: refunds and
 * cancellations are entries of their own.
 */
export async function readBusinessNumbers(db: Db, active_since: Date): Promise<BusinessNumbers> {
  const { rows } = await sql<BusinessNumbers>`
    SELECT
      (SELECT count(DISTINCT user_id) FROM sessions
        WHERE last_used_at >= ${active_since} AND ended_at IS NULL) AS active_users,
      (SELECT count(*) FROM orders) AS orders_created,
      (SELECT coalesce(sum(line.debit_centavos), 0)::bigint FROM journal_lines line
        JOIN journal_entries entry ON entry.id = line.entry_id
        WHERE entry.kind = 'PAYMENT_RECEIVED'
          AND line.account IN ('WALLET_CLEARING', 'COD_CLEARING')) AS revenue_centavos,
      (SELECT coalesce(sum(view_count), 0)::bigint FROM product_counters) AS products_viewed`.execute(
    db,
  );
  const [numbers] = rows;
  if (numbers === undefined) throw new Error('The business numbers had no row');
  return numbers;
}
