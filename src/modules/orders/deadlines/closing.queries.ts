// SQL over a customer's open orders.
import { sql } from 'kysely';
import type { Db, DbTransaction } from '../../../db/database.ts';

export interface OpenOrder {
  readonly id: string;
  readonly order_number: string;
  /** Paid for, or on its way to the customer. */
  readonly is_binding: boolean;
}

/** A customer's orders that are neither delivered nor cancelled, by id. */
export async function findOpenOrders(db: Db, user_id: string): Promise<OpenOrder[]> {
  const { rows } = await sql<OpenOrder>`
    SELECT o.id, o.order_number,
      p.payment_status <> 'PENDING' OR EXISTS (
        SELECT FROM seller_orders s WHERE s.order_id = o.id AND s.order_status IN ('SHIPPED', 'DELIVERED')) AS is_binding
    FROM orders o JOIN payments p ON p.order_id = o.id
    WHERE o.user_id = ${user_id} AND o.order_status IN ('PENDING', 'CONFIRMED', 'SHIPPED')
    ORDER BY o.id`.execute(db);
  return rows;
}

/** Locks these orders by id, and then their payments. */
export async function lockOrders(db: DbTransaction, ids: readonly string[]): Promise<void> {
  await sql`SELECT FROM orders WHERE id = ANY (${ids}::uuid[]) ORDER BY id FOR UPDATE`.execute(db);
  await sql`SELECT FROM payments WHERE order_id = ANY (${ids}::uuid[]) ORDER BY order_id FOR UPDATE`.execute(
    db,
  );
}

/** Ids of the products in these orders. */
export async function findOrderedProducts(db: Db, ids: readonly string[]): Promise<string[]> {
  const rows = await db
    .selectFrom('order_items')
    .select('product_id')
    .distinct()
    .where('order_id', 'in', ids)
    .execute();
  return rows.map((row) => row.product_id);
}
