// SQL that reads orders as their customer, a seller or an admin sees them: everything shown, in one statement.
import { sql } from 'kysely';
import type { Db } from '../../../db/database.ts';
import { newestFirst } from '../../../db/paging/keyset.ts';
import { fetchPage, type Page, type PageRequest } from '../../../db/paging/paging.ts';
import type { PaymentRow } from '../../payments/payments.service.ts';
import type { OrderStatus } from '../orders.rules.ts';
import type {
  EventRow,
  ItemRow,
  OrderDetail,
  OrderRow,
  SellerOrderRow,
} from '../writing/orders.queries.ts';

export interface OrderFilter {
  readonly user_id?: string | undefined;
  readonly seller_id?: string | undefined;
  /** As it is shown: of the seller's share where `seller_id` is given, else of the whole order. */
  readonly order_status?: OrderStatus | undefined;
  /** Only what its customer archived, or only the rest; both without it. */
  readonly archived?: boolean | undefined;
  /** Only orders with a seller order that is due before. */
  readonly due_before?: Date | undefined;
}

type Row = OrderRow & { seller_orders: SellerOrderRow[]; items: ItemRow[]; payment: PaymentRow };

/** Orders with seller orders, items and payment; of one seller's only that seller's share. */
function orderDetails(db: Db, seller_id: string | undefined) {
  const ofSeller = seller_id === undefined ? sql`true` : sql`s.seller_id = ${seller_id}`;
  return db
    .selectFrom('orders')
    .selectAll('orders')
    .select([
      sql<
        SellerOrderRow[]
      >`(SELECT json_agg(s ORDER BY s.id) FROM seller_orders s WHERE s.order_id = orders.id AND ${ofSeller})`.as(
        'seller_orders',
      ),
      sql<
        ItemRow[]
      >`(SELECT json_agg(to_jsonb(i) || jsonb_build_object('seller_id', s.seller_id) ORDER BY i.id)
        FROM order_items i JOIN seller_orders s ON s.id = i.seller_order_id WHERE i.order_id = orders.id AND ${ofSeller})`.as(
        'items',
      ),
      sql<PaymentRow>`(SELECT to_jsonb(p) FROM payments p WHERE p.order_id = orders.id)`.as(
        'payment',
      ),
    ])
    .$castTo<Row>();
}

export async function findOrder(
  db: Db,
  by: { id: string } | { order_number: string },
  seller_id?: string,
): Promise<OrderDetail | undefined> {
  const query = orderDetails(db, seller_id);
  const row = await ('id' in by
    ? query.where('orders.id', '=', by.id)
    : query.where('orders.order_number', '=', by.order_number)
  ).executeTakeFirst();
  return row === undefined ? undefined : assemble(row, seller_id !== undefined);
}

export async function findOrderPage(
  db: Db,
  filter: OrderFilter,
  page: PageRequest,
): Promise<Page<OrderDetail>> {
  const { user_id, seller_id, order_status, archived, due_before } = filter;
  let query = orderDetails(db, seller_id);
  if (user_id !== undefined) query = query.where('orders.user_id', '=', user_id);
  if (archived !== undefined)
    query = query.where('orders.archived_at', archived ? 'is not' : 'is', null);
  if (due_before !== undefined) {
    const ofSeller = seller_id === undefined ? sql`true` : sql`s.seller_id = ${seller_id}`;
    query = query.where(
      // An array, so that those few are looked up and not all orders compared with them.
      sql<boolean>`orders.id = ANY (ARRAY(SELECT s.order_id FROM seller_orders s WHERE s.due_at < ${due_before} AND ${ofSeller}))`,
    );
  }
  if (seller_id !== undefined) {
    // A seller order was placed with its order: one index finds and orders those of a seller.
    const shares = query
      .innerJoin('seller_orders as share', 'share.order_id', 'orders.id')
      .where('share.seller_id', '=', seller_id);
    const found = await fetchPage(
      db,
      order_status === undefined ? shares : shares.where('share.order_status', '=', order_status),
      { order: newestFirst('share.placed_at', 'share.order_id'), page },
    );
    return { ...found, rows: found.rows.map((row) => assemble(row, true)) };
  }
  if (order_status !== undefined) query = query.where('orders.order_status', '=', order_status);
  const order = newestFirst('orders.placed_at', 'orders.id');
  const found = await fetchPage(db, query, { order, page });
  return { ...found, rows: found.rows.map((row) => assemble(row, false)) };
}

/** History of an order, oldest first; of one seller's only what concerns it. */
export function findEventPage(
  db: Db,
  of: { order_id: string; seller_id?: string | undefined },
  page: PageRequest,
): Promise<Page<EventRow>> {
  let query = db
    .selectFrom('order_events')
    .selectAll('order_events')
    .$castTo<EventRow>()
    .where('order_id', '=', of.order_id);
  if (of.seller_id !== undefined) {
    const { seller_id } = of;
    query = query.where('seller_order_id', 'in', (eb) =>
      eb.selectFrom('seller_orders').select('id').where('seller_id', '=', seller_id),
    );
  }
  return fetchPage(db, query, {
    order: [
      { expression: 'created_at', direction: 'asc', type: 'timestamptz' },
      { expression: 'id', direction: 'asc', type: 'uuid' },
    ],
    page,
  });
}

/** JSON has no dates: those that are shown come as text. */
function assemble({ seller_orders, items, payment, ...order }: Row, isShare: boolean): OrderDetail {
  return {
    order,
    sellerOrders: (seller_orders ?? []).map((sellerOrder) => ({
      ...sellerOrder,
      due_at: dateOf(sellerOrder.due_at),
    })),
    items: items ?? [],
    payment: {
      ...payment,
      created_at: new Date(payment.created_at),
      updated_at: new Date(payment.updated_at),
      expires_at: dateOf(payment.expires_at),
      completed_at: dateOf(payment.completed_at),
    },
    isShare,
  };
}

function dateOf(text: Date | null): Date | null {
  return text === null ? null : new Date(text);
}

export interface CustomerRow {
  readonly user_id: string;
  readonly first_name: string;
  readonly last_name: string;
  readonly order_count: number;
}

/** Who ordered from a seller and how often; reads names across, as no list of people may be fetched one by one. */
export function findCustomerPage(
  db: Db,
  seller_id: string,
  page: PageRequest,
): Promise<Page<CustomerRow>> {
  // The customer by a subquery: a join may read all orders to find those of one seller.
  const bought = db
    .selectFrom('seller_orders')
    .where('seller_orders.seller_id', '=', seller_id)
    .where('seller_orders.order_status', '<>', 'CANCELLED')
    .select(
      sql<string>`(SELECT o.user_id FROM orders o WHERE o.id = seller_orders.order_id)`.as(
        'user_id',
      ),
    );
  const counted = db
    .selectFrom(bought.as('bought'))
    .groupBy('bought.user_id')
    .select(['bought.user_id', sql<number>`count(*)::integer`.as('order_count')]);
  const query = db
    .selectFrom(counted.as('customers'))
    .innerJoin('users', 'users.id', 'customers.user_id')
    .select(['customers.user_id', 'users.first_name', 'users.last_name', 'customers.order_count']);
  return fetchPage(db, query, {
    order: [
      { expression: 'customers.order_count', direction: 'desc', type: 'integer' },
      { expression: 'customers.user_id', direction: 'desc', type: 'uuid' },
    ],
    page,
  });
}
