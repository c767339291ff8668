// Orders as people see them: their customer everything, a seller their own share, an admin all.
import { type Ctx, signedIn } from '../../../context.ts';
import { mapPage, type Page, type PageRequest } from '../../../db/paging/paging.ts';
import { inTransaction } from '../../../db/transaction.ts';
import { isUuid } from '../../../lib/ids.ts';
import { FORBIDDEN, invalidField, notFound, Problem } from '../../../lib/problem.ts';
import { recordAudit } from '../../audit/audit.service.ts';
import type { OrderStatus } from '../orders.rules.ts';
import {
  archiveOrder,
  type EventRow,
  eraseCustomers,
  hasDeliveredItem,
  type OrderDetail,
} from '../writing/orders.queries.ts';
import { asSellerSees } from './customer-contact.service.ts';
import {
  findEventPage,
  findOrder,
  findOrderPage,
  type OrderFilter,
} from './order-views.queries.ts';

export type { EventRow, ItemRow, OrderDetail, SellerOrderRow } from '../writing/orders.queries.ts';

/**
 * An order by id or number, as the caller may see it.
 * @throws Problem NOT_FOUND for what does not exist and for what is nobody's business
 */
export async function getOrder(ctx: Ctx, id_or_number: string): Promise<OrderDetail> {
  const actor = signedIn(ctx);
  const by = addressOf(id_or_number);
  const detail = await findOrder(ctx.db, by);
  if (detail === undefined) throw notFound('order');
  if (actor.role === 'admin' || detail.order.user_id === actor.user_id) return detail;
  const share = shareOf(detail, actor.seller?.id);
  if (share.sellerOrders.length === 0) throw notFound('order');
  return asSellerSees(ctx, share);
}

/** Ids are UUIDs, numbers look like OID-2026-000001; anything else cannot exist. */
function addressOf(id_or_number: string): { id: string } | { order_number: string } {
  if (isUuid(id_or_number)) return { id: id_or_number };
  if (/^OID-\d{4}-\d{6,12}$/i.test(id_or_number))
    return { order_number: id_or_number.toUpperCase() };
  throw notFound('order');
}

/** What a seller may know of an order: their own seller order and its lines. */
function shareOf(detail: OrderDetail, seller_id: string | undefined): OrderDetail {
  return {
    ...detail,
    sellerOrders: detail.sellerOrders.filter((sellerOrder) => sellerOrder.seller_id === seller_id),
    items: detail.items.filter((item) => item.seller_id === seller_id),
    isShare: true,
  };
}

export interface OrderListFilter {
  readonly as: 'customer' | 'seller';
  readonly order_status?: OrderStatus | undefined;
  readonly archived?: boolean | undefined;
  readonly due_before?: Date | undefined;
}

/**
 * As customer the caller's own orders (all for admins), as seller those with a seller order of theirs. Customers see what
 * they archived only when they ask for it; admins see both.
 * @throws Problem FORBIDDEN without a seller profile, VALIDATION_ERROR for `archived` as seller: filing is the customer's
 */
export async function listOrders(
  ctx: Ctx,
  filter: OrderListFilter,
  page: PageRequest,
): Promise<Page<OrderDetail>> {
  const actor = signedIn(ctx);
  const { as, ...rest } = filter;
  if (as === 'seller') {
    if (actor.seller === undefined)
      throw new Problem(FORBIDDEN, 'You have no seller profile; leave out as=seller.');
    if (rest.archived !== undefined)
      throw invalidField(
        '/archived',
        'must be left out with as=seller: customers archive, for themselves',
      );
    const found = await findOrderPage(ctx.db, { ...rest, seller_id: actor.seller.id }, page);
    return mapPage(found, (share) => asSellerSees(ctx, share));
  }
  const own: OrderFilter =
    actor.role === 'admin'
      ? rest
      : { ...rest, user_id: actor.user_id, archived: rest.archived ?? false };
  return findOrderPage(ctx.db, own, page);
}

/** @throws Problem NOT_FOUND as getOrder */
export async function listOrderEvents(
  ctx: Ctx,
  id_or_number: string,
  page: PageRequest,
): Promise<Page<EventRow>> {
  const actor = signedIn(ctx);
  const { order, sellerOrders } = await getOrder(ctx, id_or_number);
  const seesAll = actor.role === 'admin' || order.user_id === actor.user_id;
  return findEventPage(
    ctx.db,
    { order_id: order.id, seller_id: seesAll ? undefined : sellerOrders[0]?.seller_id },
    page,
  );
}

/** Takes an order out of the customer's list. @throws Problem NOT_FOUND for everybody but its customer */
export async function archiveOwnOrder(ctx: Ctx, id_or_number: string): Promise<OrderDetail> {
  const { user_id } = signedIn(ctx);
  const { order } = await getOrder(ctx, id_or_number);
  if (order.user_id !== user_id) throw notFound('order');
  if (order.archived_at === null) {
    await inTransaction(ctx, async (ctx) => {
      await archiveOrder(ctx.db, order.id, ctx.clock.now());
      await recordAudit(ctx, {
        action: 'order.archived',
        object_type: 'order',
        object_id: order.id,
      });
    });
  }
  return getOrder(ctx, order.id);
}

/** Whether this product has ever been delivered to this user: who may review it. */
export function hasReceivedProduct(
  ctx: Ctx,
  of: { user_id: string; product_id: string },
): Promise<boolean> {
  return hasDeliveredItem(ctx.db, of.user_id, of.product_id);
}

/** Orders that one statement takes erased customers out of. */
const ERASURE_BATCH = 500;

/** Follows the erasure of users: their orders stay, without the person. */
export async function forgetErasedCustomers(ctx: Ctx): Promise<void> {
  while ((await eraseCustomers(ctx.db, ERASURE_BATCH)) === ERASURE_BATCH);
}
