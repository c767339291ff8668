// Standing: sellers are verified, suspended, reinstated and removed, and their products follow.
import { invalidate, SELLERS } from '../../../cache/tags.ts';
import type { Ctx, TxCtx } from '../../../context.ts';
import { inTransaction } from '../../../db/transaction.ts';
import { notFound, Problem } from '../../../lib/problem.ts';
import { type ExpectedVersions, requireVersion } from '../../../lib/versions.ts';
import { recordAudit } from '../../audit/audit.service.ts';
import { refreshSellerListings } from '../../listing/listing.service.ts';
import { publishEvents } from '../../notifications/notifications.service.ts';
import { revokeSellerRole } from '../../users/roles.service.ts';
import { hasOpenSellerOrders, SELLER_TRANSITION } from '../sellers.errors.ts';
import {
  countOpenSellerOrders,
  findSellerIdOfUser,
  lockSeller,
  lockSellerAgainstOrders,
  type SellerRow,
  updateSeller,
} from '../sellers.queries.ts';
import { type SellerAction, type Standing, standingAfter } from '../sellers.rules.ts';
import { getSeller, requireManaged } from '../sellers.service.ts';
import { forgetSuspension, markSuspension } from './suspension-marks.service.ts';

/** @throws Problem NOT_FOUND, INVALID_STATUS_TRANSITION */
export function moveSeller(ctx: Ctx, id: string, action: SellerAction): Promise<SellerRow> {
  return inTransaction(ctx, async (ctx) => {
    // Checkouts under way are waited for, so that nothing is ordered once the suspension is answered.
    const lock = action === 'suspend' ? lockSellerAgainstOrders : lockSeller;
    const before = await lock(ctx.db, id);
    if (before === undefined) throw notFound('seller');
    const after = standingAfter(action, before);
    if (after === undefined) {
      throw new Problem(
        SELLER_TRANSITION,
        `A seller that is ${before.status} cannot be moved by "${action}".`,
      );
    }
    await writeStanding(ctx, before, { action, after });
    if (action === 'reinstate') await forgetSuspension(ctx, before.user_id);
    // Read again: the number of products on sale has followed.
    return getSeller(ctx, id);
  });
}

/**
 * Suspends the seller whose user account is closed, so that nothing more is ordered from them; checkouts under way are
 * waited for and counted.
 * @returns how many seller orders are still to be finished, by an admin; undefined where the user is no seller
 */
export async function suspendSellerOf(ctx: TxCtx, user_id: string): Promise<number | undefined> {
  const id = await findSellerIdOfUser(ctx.db, user_id);
  const seller = id === undefined ? undefined : await lockSellerAgainstOrders(ctx.db, id);
  if (seller === undefined) return undefined;
  const after = standingAfter('suspend', seller);
  if (after !== undefined) await writeStanding(ctx, seller, { action: 'suspend', after });
  return countOpenSellerOrders(ctx.db, seller.id);
}

async function writeStanding(
  ctx: TxCtx,
  before: SellerRow,
  { action, after }: { readonly action: SellerAction; readonly after: Standing },
): Promise<void> {
  const { id } = before;
  await updateSeller(ctx.db, id, { ...after, updated_at: ctx.clock.now() });
  invalidate(ctx, SELLERS);
  await refreshSellerListings(ctx, id);
  await recordAudit(ctx, {
    action: `seller.${action}`,
    object_type: 'seller',
    object_id: id,
    changes: { status: [before.status, after.status] },
  });
  await publishEvents(ctx, [
    { topic: `seller.${after.status.toLowerCase()}`, payload: { seller_id: id } },
  ]);
}

/**
 * Takes the profile and its products off the market, once nobody waits for goods any more. A suspension outlives it.
 * @throws Problem NOT_FOUND, FORBIDDEN, STALE_VERSION, OPEN_ORDERS
 */
export function removeSeller(ctx: Ctx, id: string, expected: ExpectedVersions): Promise<void> {
  return inTransaction(ctx, async (ctx) => {
    // Against orders: a checkout under way is counted, and one that waits finds the products off sale.
    const seller = requireManaged(ctx, id, await lockSellerAgainstOrders(ctx.db, id));
    requireVersion(expected, seller.version);
    const open = await countOpenSellerOrders(ctx.db, id);
    if (open > 0) throw hasOpenSellerOrders(open);
    if (seller.status === 'SUSPENDED') await markSuspension(ctx, seller);
    const now = ctx.clock.now();
    await updateSeller(ctx.db, id, {
      deleted_at: now,
      updated_at: now,
      requested_name: null,
      name_requested_at: null,
    });
    invalidate(ctx, SELLERS);
    await revokeSellerRole(ctx, seller.user_id);
    await refreshSellerListings(ctx, id);
    await recordAudit(ctx, { action: 'seller.removed', object_type: 'seller', object_id: id });
  });
}
