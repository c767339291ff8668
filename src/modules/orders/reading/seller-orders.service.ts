// A seller's orders and customers, for that seller and admins.
import type { Ctx } from '../../../context.ts';
import { mapPage, type Page, type PageRequest } from '../../../db/paging/paging.ts';
import { notFound } from '../../../lib/problem.ts';
import { getSeller, mayManage } from '../../sellers/sellers.service.ts';
import { displayName } from '../../users/profiles/names.service.ts';
import type { OrderDetail } from '../writing/orders.queries.ts';
import { asSellerSees } from './customer-contact.service.ts';
import { findCustomerPage, findOrderPage } from './order-views.queries.ts';

/** @throws Problem NOT_FOUND for everybody else */
export async function listOrdersOfSeller(
  ctx: Ctx,
  seller_id: string,
  page: PageRequest,
): Promise<Page<OrderDetail>> {
  requireOwn(ctx, seller_id);
  const found = await findOrderPage(ctx.db, { seller_id }, page);
  await requireSellerOf(ctx, seller_id, found);
  return isAdmin(ctx) ? found : mapPage(found, (share) => asSellerSees(ctx, share));
}

/**
 * Customers by number of orders, cancelled ones left out.
 * @throws Problem NOT_FOUND for everybody else
 */
export async function listCustomersOfSeller(
  ctx: Ctx,
  seller_id: string,
  page: PageRequest,
): Promise<Page<{ name: string; order_count: number }>> {
  requireOwn(ctx, seller_id);
  const found = await findCustomerPage(ctx.db, seller_id, page);
  await requireSellerOf(ctx, seller_id, found);
  return {
    ...found,
    rows: found.rows.map((row) => ({ name: displayName(row), order_count: row.order_count })),
  };
}

function isAdmin({ actor }: Ctx): boolean {
  return actor.kind === 'user' && actor.role === 'admin';
}

function requireOwn(ctx: Ctx, seller_id: string): void {
  if (!mayManage(ctx, seller_id)) throw notFound('seller');
}

/** Asked only where no row proves that there is such a seller, so that a list stays at two statements. */
async function requireSellerOf(ctx: Ctx, seller_id: string, found: Page<unknown>): Promise<void> {
  if (found.rows.length === 0) await getSeller(ctx, seller_id);
}
