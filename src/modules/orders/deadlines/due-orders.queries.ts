// SQL that finds the orders whose time has come, with the products whose stock a cancellation locks. Reads across to payments.
import { type RawBuilder, sql } from 'kysely';
import type { DueRow } from '../../../db/batches/batches.ts';
import { isNotSetAside } from '../../../db/batches/set-aside.queries.ts';
import type { Db } from '../../../db/database.ts';

export interface DueOrders {
  /** Under which orders are set aside. */
  readonly job: string;
  readonly now: Date;
  readonly limit: number;
}

/** Orders whose unpaid wallet payment has run out, the longest ago first. */
export function findExpiredOrders(db: Db, { job, now, limit }: DueOrders): Promise<DueRow[]> {
  return withLocks(
    db,
    sql`SELECT order_id FROM payments
      WHERE payment_status = 'PENDING' AND expires_at <= ${now} AND ${isNotSetAside(job, sql.ref('payments.order_id'))}
      ORDER BY expires_at, order_id LIMIT ${limit}`,
  );
}

/** Orders of which a seller order was not confirmed or not shipped in time, the longest overdue first. */
export function findOverdueOrders(db: Db, { job, now, limit }: DueOrders): Promise<DueRow[]> {
  return withLocks(
    db,
    sql`SELECT order_id FROM seller_orders
      WHERE due_at <= ${now} AND ${isNotSetAside(job, sql.ref('seller_orders.order_id'))}
      GROUP BY order_id ORDER BY min(due_at), order_id LIMIT ${limit}`,
  );
}

async function withLocks(db: Db, due: RawBuilder<unknown>): Promise<DueRow[]> {
  const { rows } = await sql<DueRow>`
    SELECT due.order_id AS id, ARRAY(
      SELECT DISTINCT i.product_id::text FROM order_items i WHERE i.order_id = due.order_id) AS locks
    FROM (${due}) due`.execute(db);
  return rows;
}
