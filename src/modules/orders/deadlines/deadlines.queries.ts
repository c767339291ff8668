// SQL that marks seller orders whose deadline is near.
import { sql } from 'kysely';
import type { DbTransaction } from '../../../db/database.ts';

export interface RemindedOrder {
  readonly id: string;
  readonly order_id: string;
  readonly seller_id: string;
}

/** Marks seller orders whose deadline comes before `moment` as reminded, each once; others' locks are skipped. */
export async function markReminded(
  db: DbTransaction,
  due: { readonly now: Date; readonly moment: Date; readonly limit: number },
): Promise<RemindedOrder[]> {
  const { rows } = await sql<RemindedOrder>`
    UPDATE seller_orders SET reminded_at = ${due.now}
    WHERE id IN (
      SELECT id FROM seller_orders
      WHERE due_at IS NOT NULL AND reminded_at IS NULL AND due_at > ${due.now} AND due_at <= ${due.moment}
      ORDER BY due_at LIMIT ${due.limit} FOR UPDATE SKIP LOCKED)
    RETURNING id, order_id, seller_id`.execute(db);
  return rows;
}
