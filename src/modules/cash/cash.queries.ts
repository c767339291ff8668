// SQL over cash sessions. What they hold is read across tables: seller orders and their orders.
import { type Insertable, type Selectable, sql } from 'kysely';
import type { Db, DbTransaction } from '../../db/database.ts';
import { newestFirst } from '../../db/paging/keyset.ts';
import { fetchPage, type Page, type PageRequest } from '../../db/paging/paging.ts';
import type { CashSessions } from '../../db/schema.generated.ts';

export type CashSessionRow = Selectable<CashSessions>;

/** A delivered seller order whose customer paid the rider. */
export interface CashOrder {
  readonly seller_order_id: string;
  readonly order_id: string;
  readonly order_number: string;
  readonly amount_centavos: number;
  readonly delivered_at: Date;
}

export async function insertSession(
  db: Db,
  row: Insertable<CashSessions>,
): Promise<CashSessionRow> {
  return db.insertInto('cash_sessions').values(row).returningAll().executeTakeFirstOrThrow();
}

export async function findSession(db: Db, id: string): Promise<CashSessionRow | undefined> {
  return db.selectFrom('cash_sessions').selectAll().where('id', '=', id).executeTakeFirst();
}

/** The same, locked until the transaction ends. */
export async function lockSession(
  db: DbTransaction,
  id: string,
): Promise<CashSessionRow | undefined> {
  return db
    .selectFrom('cash_sessions')
    .selectAll()
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst();
}

export async function closeSession(
  db: DbTransaction,
  id: string,
  closing: Required<
    Pick<
      Insertable<CashSessions>,
      'closed_at' | 'closed_by' | 'expected_centavos' | 'counted_centavos' | 'explanation'
    >
  >,
): Promise<CashSessionRow> {
  return db
    .updateTable('cash_sessions')
    .set({ status: 'CLOSED', ...closing })
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirstOrThrow();
}

export function findSessionPage(
  db: Db,
  { status }: { readonly status?: CashSessionRow['status'] | undefined },
  page: PageRequest,
): Promise<Page<CashSessionRow>> {
  let query = db.selectFrom('cash_sessions').selectAll();
  if (status !== undefined) query = query.where('status', '=', status);
  return fetchPage(db, query, { order: newestFirst('opened_at', 'id'), page });
}

function cashOrders(db: Db) {
  return db.selectFrom('seller_orders as s').select([
    's.id as seller_order_id',
    's.order_id',
    // No join: a count of these rows reads no orders.
    sql<string>`(SELECT o.order_number FROM orders o WHERE o.id = s.order_id)`.as('order_number'),
    's.due_centavos as amount_centavos',
    sql<Date>`s.delivered_at`.as('delivered_at'),
  ]);
}

/** What a session holds, in the order of delivery. */
export async function findOrdersOfSession(db: Db, session_id: string): Promise<CashOrder[]> {
  return cashOrders(db)
    .where('s.cash_session_id', '=', session_id)
    .orderBy('s.delivered_at')
    .orderBy('s.id')
    .execute();
}

/** Delivered for cash with a rider, and in no session yet. */
export function findUncollectedPage(db: Db, page: PageRequest): Promise<Page<CashOrder>> {
  // As the partial index says it.
  const query = cashOrders(db).where(
    sql<boolean>`s.cash_collector = 'RIDER' AND s.delivered_at IS NOT NULL AND s.cash_session_id IS NULL`,
  );
  return fetchPage(db, query, { order: newestFirst('s.delivered_at', 's.id'), page });
}
