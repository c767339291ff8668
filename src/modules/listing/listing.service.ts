// product_listing: the product as buyers see it. Whoever changes what a listing shows refreshes it in the same transaction.
import { invalidate, PRODUCT_COUNTS, PRODUCTS, productTags } from '../../cache/tags.ts';
import type { Ctx, TxCtx } from '../../context.ts';
import { inTransaction } from '../../db/transaction.ts';
import {
  countListingsByCategory,
  findSellerProductIds,
  findStaleProductIds,
  refreshListingRows,
  refreshSellerProductCounts,
  refreshStockColumns,
} from './listing.queries.ts';

/** Rows that one transaction of the clock job corrects; the rest waits for its next turn. */
const STALE_BATCH = 500;

/** After a change of the product itself, its category, its seller, its promos or its reviews. */
export async function refreshListings(ctx: TxCtx, product_ids: readonly string[]): Promise<void> {
  if (product_ids.length === 0) return;
  await refreshListingRows(ctx.db, product_ids, ctx.clock.now());
  await refreshSellerProductCounts(ctx.db, product_ids);
  invalidate(ctx, PRODUCTS, PRODUCT_COUNTS, ...productTags(product_ids));
}

/** After a change of lots alone; the caller holds the product_stock rows. */
export async function refreshListingStock(
  ctx: TxCtx,
  product_ids: readonly string[],
): Promise<void> {
  if (product_ids.length === 0) return;
  await refreshStockColumns(ctx.db, product_ids, ctx.clock.now());
  invalidate(ctx, PRODUCTS, ...productTags(product_ids));
}

/** After a change of the seller: name, status or removal. */
export async function refreshSellerListings(ctx: TxCtx, seller_id: string): Promise<void> {
  await refreshListings(ctx, await findSellerProductIds(ctx.db, seller_id));
}

/**
 * Corrects listings that only the clock made untrue: a lot that expired, a promo that began or ended.
 * @returns how many were corrected
 */
export async function refreshStaleListings(ctx: Ctx): Promise<number> {
  let corrected = 0;
  for (;;) {
    const batch = await inTransaction(ctx, async (ctx) => {
      const ids = await findStaleProductIds(ctx.db, ctx.clock.now(), STALE_BATCH);
      await refreshListings(ctx, ids);
      return ids.length;
    });
    corrected += batch;
    if (batch < STALE_BATCH) return corrected;
  }
}

/** Number of products on sale by category id. */
export function countProductsByCategory(ctx: Ctx): Promise<Map<string, number>> {
  return countListingsByCategory(ctx.db);
}
