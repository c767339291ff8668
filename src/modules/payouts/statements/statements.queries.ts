// SQL over what was booked to a seller in a month. Read across tables: the numbers of orders stand beside.
import { sql } from 'kysely';
import type { Db } from '../../../db/database.ts';
import { onlyRow } from '../../../db/rows.ts';
import type { JournalEntryKind } from '../../ledger/ledger.rules.ts';
import type { Month } from '../balances/balances.queries.ts';

export interface StatementLine {
  readonly booked_at: Date;
  readonly kind: JournalEntryKind;
  readonly order_id: string | null;
  readonly order_number: string | null;
  readonly payout_id: string | null;
  /** What the platform took of it, below zero where it gave some back. */
  readonly commission_centavos: number;
  /** What the seller's balance rises by, commission taken off. */
  readonly amount_centavos: number;
}

export async function findStatementLines(
  db: Db,
  seller_id: string,
  { starts_at, ends_at }: Month,
): Promise<StatementLine[]> {
  const { rows } = await sql<StatementLine>`
    SELECT e.created_at AS booked_at, e.kind, e.order_id, o.order_number, e.payout_id,
      coalesce((
        SELECT sum(c.credit_centavos - c.debit_centavos) FROM journal_lines c
        WHERE c.entry_id = e.id AND c.account = 'COMMISSION_REVENUE'), 0)::bigint AS commission_centavos,
      l.amount_centavos
    FROM (
      SELECT entry_id, sum(credit_centavos - debit_centavos)::bigint AS amount_centavos FROM journal_lines
      WHERE seller_id = ${seller_id} AND account = 'SELLER_PAYABLE' AND created_at >= ${starts_at} AND created_at < ${ends_at}
      GROUP BY entry_id
    ) l
    JOIN journal_entries e ON e.id = l.entry_id
    LEFT JOIN orders o ON o.id = e.order_id
    ORDER BY e.created_at, e.id`.execute(db);
  return rows;
}

export interface MonthState {
  /** What the seller was owed when the month began: the newest closing balance before, and what was booked since. */
  readonly opening_centavos: number;
  readonly is_closed: boolean;
}

export async function readMonthState(
  db: Db,
  seller_id: string,
  { month, starts_at }: Month,
): Promise<MonthState> {
  const state = sql<MonthState>`
    WITH closing AS (
      SELECT payable_centavos, ends_at FROM seller_balances
      WHERE seller_id = ${seller_id} AND ends_at <= ${starts_at} ORDER BY month DESC LIMIT 1
    )
    SELECT EXISTS (SELECT FROM closed_months WHERE month = ${`${month}-01`}::date) AS is_closed,
      (coalesce((SELECT payable_centavos FROM closing), 0) + coalesce(sum(credit_centavos - debit_centavos), 0))::bigint
        AS opening_centavos
    FROM journal_lines
    WHERE seller_id = ${seller_id} AND account = 'SELLER_PAYABLE' AND created_at < ${starts_at}
      AND created_at >= coalesce((SELECT ends_at FROM closing), '-infinity')`;
  return onlyRow(await state.execute(db));
}
