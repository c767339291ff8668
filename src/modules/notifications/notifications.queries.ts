// SQL over outbox_messages; reads across to orders, sellers and users, for whom an event concerns and how to reach them.
import { type Insertable, type Selectable, sql } from 'kysely';
import { isNotSetAside } from '../../db/batches/set-aside.queries.ts';
import type { Db } from '../../db/database.ts';
import type { OutboxMessages } from '../../db/schema.generated.ts';
import type { OrderParty, SellerParty } from './notifications.rules.ts';

export type OutboxRow = Selectable<OutboxMessages>;

export async function insertOutboxMessages(
  db: Db,
  rows: Insertable<OutboxMessages>[],
): Promise<void> {
  await db.insertInto('outbox_messages').values(rows).execute();
}

/** Events that are not dispatched yet, the oldest first. */
export function findWaitingEvents(
  db: Db,
  { job, limit }: { job: string; limit: number },
): Promise<{ id: string }[]> {
  return db
    .selectFrom('outbox_messages')
    .select('id')
    .where('dispatched_at', 'is', null)
    .where(isNotSetAside(job, sql.ref('outbox_messages.id')))
    .orderBy('created_at')
    .orderBy('id')
    .limit(limit)
    .execute();
}

/** Of these events those that nobody has taken yet, in order, locked until the transaction ends. */
export function takeWaitingEvents(db: Db, ids: readonly string[]): Promise<OutboxRow[]> {
  return db
    .selectFrom('outbox_messages')
    .selectAll()
    .where('id', 'in', ids)
    .where('dispatched_at', 'is', null)
    .orderBy('created_at')
    .orderBy('id')
    .forUpdate()
    .skipLocked()
    .execute();
}

export async function markDispatched(db: Db, ids: readonly string[], at: Date): Promise<void> {
  await db
    .updateTable('outbox_messages')
    .set({ dispatched_at: at })
    .where('id', 'in', ids)
    .execute();
}

/** Every seller order of these orders. */
export async function findOrderParties(
  db: Db,
  order_ids: readonly string[],
): Promise<OrderParty[]> {
  const { rows } = await sql<OrderParty>`
    SELECT o.id AS order_id, o.order_number, p.id AS seller_order_id, p.seller_id, p.order_status AS seller_order_status, s.business_name,
      ${contact('b')} AS customer, ${contact('u')} AS seller
    FROM orders o
    JOIN users b ON b.id = o.user_id
    JOIN seller_orders p ON p.order_id = o.id
    JOIN sellers s ON s.id = p.seller_id
    JOIN users u ON u.id = s.user_id
    WHERE o.id = ANY (${order_ids}::uuid[])
    ORDER BY o.id, s.business_name, p.id`.execute(db);
  return rows;
}

export async function findSellerParties(
  db: Db,
  seller_ids: readonly string[],
): Promise<SellerParty[]> {
  const { rows } = await sql<SellerParty>`
    SELECT s.id AS seller_id, s.business_name, ${contact('u')} AS seller
    FROM sellers s JOIN users u ON u.id = s.user_id
    WHERE s.id = ANY (${seller_ids}::uuid[])`.execute(db);
  return rows;
}

/** Confirmed addresses of a user who is still there: any other may be a stranger's. */
function contact(alias: 'b' | 'u') {
  const user = (column: string) => sql.ref(`${alias}.${column}`);
  return sql`json_build_object(
    'language', ${user('language')},
    'email', CASE WHEN ${user('deleted_at')} IS NULL AND ${user('email_verified_at')} IS NOT NULL THEN ${user('user_email')} END,
    'phone', CASE WHEN ${user('deleted_at')} IS NULL AND ${user('phone_verified_at')} IS NOT NULL THEN ${user('user_phone')} END)`;
}
