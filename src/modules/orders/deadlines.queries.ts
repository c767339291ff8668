// SQL over seller_orders by their deadlines.
import { sql } from 'kysely';
import type { Db, DbTransaction } from '../../db/database.ts';

export interface DueOrder {
  /** A seller order. */
  readonly id: string;
  readonly order_id: string;
  readonly due_at: Date;
}

/** Seller orders whose deadline has come, the longest overdue first; behind `after`, which an earlier page ended with. */
export function findOverdue(
  db: Db,
  now: Date,
  page: { readonly after: DueOrder | undefined; readonly limit: number },
): Promise<DueOrder[]> {
  let query = db
    .selectFrom('seller_orders')
    .select(['id', 'order_id', sql<Date>`due_at`.as('due_at')])
    .where('due_at', '<=', now);
  if (page.after !== undefined) {
    const { due_at, id } = page.after;
    query = query.where(sql<boolean>`(due_at, id) > (${due_at}::timestamptz, ${id}::uuid)`);
  }
  return query.orderBy('due_at').orderBy('id').limit(page.limit).execute();
}

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
