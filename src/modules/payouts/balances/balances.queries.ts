// SQL over sellers' balances: closed months and closing balances. What was booked is read across tables, from the journal.
import { sql } from 'kysely';
import type { Db, DbTransaction } from '../../../db/database.ts';
import { onlyRow } from '../../../db/rows.ts';
import type { LedgerBalance } from './balances.rules.ts';

/** The newest closing balance and what was booked since: the same work for a seller of any age. */
export async function readBalance(
  db: Db,
  seller_id: string,
  claims_from: Date,
): Promise<LedgerBalance> {
  const balance = sql<LedgerBalance>`
    SELECT payable_centavos, in_payout_centavos, pending_centavos
    FROM seller_balance(${seller_id}::uuid, ${claims_from})`;
  return onlyRow(await balance.execute(db));
}

/** The newest closed month, as `2026-11`, and whether its closing balances are complete. */
export async function findNewestClosed(
  db: Db,
): Promise<{ readonly month: string; readonly isSummed: boolean } | undefined> {
  const { rows } = await sql<{ month: string; isSummed: boolean }>`
    SELECT to_char(month, 'YYYY-MM') AS month, summed_at IS NOT NULL AS "isSummed"
    FROM closed_months ORDER BY month DESC LIMIT 1`.execute(db);
  return rows[0];
}

export async function findFirstEntryAt(db: Db): Promise<Date | undefined> {
  const row = await db
    .selectFrom('journal_entries')
    .select('created_at')
    .orderBy('created_at')
    .limit(1)
    .executeTakeFirst();
  return row?.created_at;
}

export interface Month {
  /** `2026-11`. */
  readonly month: string;
  readonly starts_at: Date;
  readonly ends_at: Date;
}

export async function insertClosedMonth(
  db: DbTransaction,
  { month, ends_at }: Month,
  closed_at: Date,
): Promise<void> {
  await sql`
    INSERT INTO closed_months (month, ends_at, closed_at) VALUES (${`${month}-01`}::date, ${ends_at}, ${closed_at})
    ON CONFLICT DO NOTHING`.execute(db);
}

export async function markSummed(db: Db, month: string, now: Date): Promise<void> {
  await sql`UPDATE closed_months SET summed_at = ${now} WHERE month = ${`${month}-01`}::date`.execute(
    db,
  );
}

export async function findSellerIds(
  db: Db,
  after: string | undefined,
  limit: number,
): Promise<string[]> {
  let query = db.selectFrom('sellers').select('id').orderBy('id').limit(limit);
  if (after !== undefined) query = query.where('id', '>', after);
  return (await query.execute()).map(({ id }) => id);
}

/** Closing balances of these sellers, of those for whom something was booked in the month. Harmless to repeat. */
export async function sumMonth(
  db: Db,
  { month, starts_at, ends_at }: Month,
  seller_ids: readonly string[],
): Promise<void> {
  await sql`
    INSERT INTO seller_balances (seller_id, month, ends_at, payable_centavos, in_payout_centavos)
    SELECT s.id, ${`${month}-01`}::date, ${ends_at}, coalesce(before.payable_centavos, 0) + booked.payable,
      coalesce(before.in_payout_centavos, 0) + booked.in_payout
    FROM unnest(${seller_ids}::uuid[]) AS s (id)
    CROSS JOIN LATERAL (
      SELECT count(*) AS lines,
        coalesce(sum(l.credit_centavos - l.debit_centavos) FILTER (WHERE l.account = 'SELLER_PAYABLE'), 0) AS payable,
        coalesce(sum(l.credit_centavos - l.debit_centavos) FILTER (WHERE l.account = 'PAYOUT_CLEARING'), 0) AS in_payout
      FROM journal_lines l
      WHERE l.seller_id = s.id AND l.created_at >= ${starts_at} AND l.created_at < ${ends_at}
    ) booked
    LEFT JOIN LATERAL (
      SELECT b.payable_centavos, b.in_payout_centavos FROM seller_balances b
      WHERE b.seller_id = s.id AND b.month < ${`${month}-01`}::date ORDER BY b.month DESC LIMIT 1
    ) before ON true
    WHERE booked.lines > 0
    ON CONFLICT DO NOTHING`.execute(db);
}
