// product_listing: the product as customers see it. Whoever changes what a listing shows refreshes it in the same transaction.
import {
  EACH_PRODUCT,
  invalidate,
  PRODUCT_COUNTS,
  PRODUCTS,
  productTags,
} from '../../cache/tags.ts';
import type { Ctx, TxCtx } from '../../context.ts';
import { IN_BATCH, workOnRows, workThrough } from '../../db/batches/batches.ts';
import { inTransaction } from '../../db/transaction.ts';
import {
  clearListingsDue,
  countListingsByCategory,
  findSellerProductIds,
  findSellersWithListingsDue,
  findStaleListings,
  refreshListingRows,
  refreshStockColumns,
  setListingsDue,
} from './listing.queries.ts';

/** Under which listings are set aside, whichever job refreshed them: one job tries all of them again. */
const STALE_JOB = 'listing.refresh-stale';
/** Listings that one transaction rewrites: what it holds is free again before anybody notices. */
const GROUP_SIZE = 25;
/** Sellers that one run brings in line. */
const DUE_SELLERS = 100;

/** After a change of the product itself, its category, its promos or its reviews. */
export async function refreshListings(ctx: TxCtx, product_ids: readonly string[]): Promise<void> {
  if (product_ids.length === 0) return;
  await refreshListingRows(ctx.db, product_ids, ctx.clock.now());
  invalidate(ctx, PRODUCTS, PRODUCT_COUNTS, ...productTags(product_ids));
}

/** After a change of lots alone; the caller holds the product_stock rows. */
export async function refreshListingStock(
  ctx: TxCtx,
  product_ids: readonly string[],
): Promise<void> {
  if (product_ids.length === 0) return;
  await refreshStockColumns(ctx.db, product_ids, ctx.clock.now());
  listingStockChanged(ctx, product_ids);
}

/** Drops the cached answers that show the stock of these products. */
export function listingStockChanged(ctx: TxCtx, product_ids: readonly string[]): void {
  invalidate(ctx, PRODUCTS, ...productTags(product_ids));
}

/**
 * After a change of the seller: name, status or removal. Whoever reads listings takes name and standing from the seller,
 * so that both work at once; what is kept in each listing for searching and sorting follows in a job.
 */
export async function refreshSellerListings(ctx: TxCtx, seller_id: string): Promise<void> {
  await setListingsDue(ctx.db, seller_id, ctx.clock.now());
  invalidate(ctx, PRODUCTS, PRODUCT_COUNTS, EACH_PRODUCT);
}

/**
 * Corrects listings that only the clock made untrue: a lot that expired, a promo that began or ended; and tries those
 * again that could not be refreshed before.
 * @returns how many were corrected
 */
export async function refreshStaleListings(ctx: Ctx): Promise<number> {
  const { done } = await workThrough(ctx, {
    ...REFRESH,
    find: (db, limit) => findStaleListings(db, { job: STALE_JOB, now: ctx.clock.now(), limit }),
  });
  return done;
}

/** Refreshes these listings a few at a time. Those that fail or are held are tried again by `refreshStaleListings`. */
export async function refreshListingsInGroups(
  ctx: Ctx,
  product_ids: readonly string[],
): Promise<void> {
  await workOnRows(ctx, REFRESH, product_ids);
}

/** Brings listings in line with sellers whose name or standing changed. */
export async function refreshChangedSellers(ctx: Ctx): Promise<void> {
  for (const seller of await findSellersWithListingsDue(ctx.db, DUE_SELLERS)) {
    await refreshListingsInGroups(ctx, await findSellerProductIds(ctx.db, seller.id));
    await clearListingsDue(ctx.db, seller);
  }
}

const REFRESH = {
  job: STALE_JOB,
  groupSize: GROUP_SIZE,
  work: (ctx: Ctx, ids: readonly string[]) =>
    inTransaction(ctx, (ctx) => refreshListings(ctx, ids), IN_BATCH),
};

/** Number of products on sale by category id. */
export function countProductsByCategory(ctx: Ctx): Promise<Map<string, number>> {
  return countListingsByCategory(ctx.db);
}
