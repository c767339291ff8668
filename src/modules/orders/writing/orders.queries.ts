// SQL over orders, seller orders, items, allocations and events: what changes of orders lock, read and write.
import { type Selectable, sql } from 'kysely';
import type { Db, DbTransaction } from '../../../db/database.ts';
import { changedRows } from '../../../db/rows.ts';
import type {
  OrderEvents,
  OrderItemAllocations,
  OrderItems,
  Orders,
  SellerOrders,
} from '../../../db/schema.generated.ts';
import type { Unit } from '../../../lib/quantity.ts';
import type { PaymentRow } from '../../payments/payments.service.ts';
import type { OrderStatus } from '../orders.rules.ts';

export type OrderRow = Selectable<Orders>;
export type SellerOrderRow = Selectable<SellerOrders>;
export type EventRow = Selectable<OrderEvents> & {
  readonly from_status: OrderStatus | null;
  readonly to_status: OrderStatus;
};

/** A line; `seller_id` is its seller order's. */
export type ItemRow = Selectable<OrderItems> & { readonly seller_id: string; readonly unit: Unit };

/** An order with all that is shown of it. */
export interface OrderDetail {
  readonly order: OrderRow;
  readonly sellerOrders: readonly SellerOrderRow[];
  readonly items: readonly ItemRow[];
  readonly payment: PaymentRow;
  /** Whether it is one seller's share of the order, shown to that seller: nothing in it is its customer's alone. */
  readonly isShare: boolean;
}

export interface AllocationRow {
  readonly id: string;
  readonly order_item_id: string;
  readonly seller_order_id: string;
  readonly lot_id: string;
  readonly product_id: string;
  readonly quantity_milli: number;
  readonly state: Selectable<OrderItemAllocations>['state'];
}

/** The order, locked until the transaction ends: the first lock of every change of an order. */
export async function lockOrder(db: DbTransaction, id: string): Promise<OrderRow | undefined> {
  return db.selectFrom('orders').selectAll().where('id', '=', id).forUpdate().executeTakeFirst();
}

/** Seller orders of a locked order, in a fixed order. */
export async function findSellerOrders(db: Db, order_id: string): Promise<SellerOrderRow[]> {
  return db
    .selectFrom('seller_orders')
    .selectAll()
    .where('order_id', '=', order_id)
    .orderBy('id')
    .execute();
}

/** Allocations of these seller orders that still hold or took stock. */
export async function findLiveAllocations(
  db: Db,
  seller_order_ids: readonly string[],
): Promise<AllocationRow[]> {
  return db
    .selectFrom('order_item_allocations as a')
    .innerJoin('order_items as i', 'i.id', 'a.order_item_id')
    .select([
      'a.id',
      'a.order_item_id',
      'i.seller_order_id',
      'a.lot_id',
      'i.product_id',
      'a.quantity_milli',
      'a.state',
    ])
    .where('i.seller_order_id', 'in', seller_order_ids)
    .where('a.state', 'in', ['RESERVED', 'SOLD'])
    .orderBy('a.id')
    .execute();
}

export async function setAllocationState(
  db: DbTransaction,
  ids: readonly string[],
  state: AllocationRow['state'],
): Promise<void> {
  if (ids.length === 0) return;
  await db.updateTable('order_item_allocations').set({ state }).where('id', 'in', ids).execute();
}

export interface SellerOrderUpdate {
  readonly id: string;
  readonly order_status: OrderStatus;
  readonly due_centavos: number;
  readonly refunded_centavos: number;
  readonly delivered_at: Date | null;
  readonly due_at: Date | null;
}

/** Writes the new state of seller orders and of their order. Whoever gets another deadline can be reminded again. */
export async function updateOrder(
  db: DbTransaction,
  order: { id: string; order_status: OrderStatus; now: Date },
  sellerOrders: readonly SellerOrderUpdate[],
): Promise<void> {
  await sql`
    WITH changed AS (
      UPDATE seller_orders SET order_status = given.order_status, due_centavos = given.due_centavos,
        refunded_centavos = given.refunded_centavos, delivered_at = given.delivered_at, due_at = given.due_at,
        reminded_at = CASE WHEN seller_orders.due_at = given.due_at THEN seller_orders.reminded_at END,
        updated_at = ${order.now}
      FROM jsonb_to_recordset(${JSON.stringify(sellerOrders)}::jsonb)
        AS given (id uuid, order_status text, due_centavos bigint, refunded_centavos bigint, delivered_at timestamptz,
          due_at timestamptz)
      WHERE seller_orders.id = given.id
    )
    UPDATE orders SET order_status = ${order.order_status}, updated_at = ${order.now} WHERE id = ${order.id}`.execute(
    db,
  );
}

export async function archiveOrder(db: DbTransaction, id: string, now: Date): Promise<void> {
  await db
    .updateTable('orders')
    .set({ archived_at: now, updated_at: now })
    .where('id', '=', id)
    .execute();
}

/** Whether a seller order with this product was delivered to the user, refunded later or not. */
export async function hasDeliveredItem(
  db: Db,
  user_id: string,
  product_id: string,
): Promise<boolean> {
  const row = await db
    .selectFrom('order_items as i')
    .innerJoin('seller_orders as s', 's.id', 'i.seller_order_id')
    .innerJoin('orders as o', 'o.id', 'i.order_id')
    .select('i.id')
    .where('i.product_id', '=', product_id)
    .where('o.user_id', '=', user_id)
    .where('s.delivered_at', 'is not', null)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

/** Counts a delivered line on each product. */
export async function countSales(
  db: DbTransaction,
  seller_order_ids: readonly string[],
): Promise<string[]> {
  const result = await sql<{ product_id: string }>`
    UPDATE product_counters SET sell_count = sell_count + sold.lines
    FROM (SELECT product_id, count(*)::integer AS lines FROM order_items WHERE seller_order_id = ANY (${seller_order_ids}::uuid[]) GROUP BY product_id ORDER BY product_id) sold
    WHERE product_counters.product_id = sold.product_id
    RETURNING product_counters.product_id`.execute(db);
  return result.rows.map((row) => row.product_id);
}

/**
 * Takes erased customers' names and streets out of their orders; region, province and city stay for the accounts.
 * Looks at who was erased within 30 days of the last erasure: the worker that erases also runs this each hour. Orders that
 * another transaction holds wait for the next time.
 * @returns of how many orders, at most `limit`
 */
export async function eraseCustomers(db: Db, limit: number): Promise<number> {
  const result = await sql`
    UPDATE orders SET notes = NULL, shipping_address = shipping_address
      || '{"recipient_name": "", "recipient_phone": "", "street": "", "landmark": null, "zip_code": null}'
    WHERE id = ANY (ARRAY(
      SELECT id FROM orders
      WHERE user_id = ANY (ARRAY(
        SELECT id FROM users WHERE erased_at > (SELECT max(erased_at) FROM users) - interval '30 days'))
        AND shipping_address ->> 'recipient_name' <> ''
      LIMIT ${limit} FOR UPDATE SKIP LOCKED))`.execute(db);
  return changedRows(result);
}
