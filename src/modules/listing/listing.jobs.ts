// What of the listings is done later: the clock's share, that of sellers who changed, and the sums that are kept.
import type { Ctx } from '../../context.ts';
import { defineJob, NoData } from '../../jobs/define.ts';
import { foldCategoryCounts } from './listing.queries.ts';
import { refreshChangedSellers, refreshStaleListings } from './listing.service.ts';

/** Partial sums that one statement adds up. */
const FOLD_BATCH = 10_000;

export const refreshStaleListingsJob = defineJob(
  { name: 'listing.refresh-stale', data: NoData, every: { seconds: 30 } },
  async (ctx: Ctx) => {
    await refreshStaleListings(ctx);
  },
);

/** Who is reinstated is back on sale within seconds. */
export const refreshChangedSellersJob = defineJob(
  { name: 'listing.refresh-changed-sellers', data: NoData, every: { seconds: 2 } },
  (ctx: Ctx) => refreshChangedSellers(ctx),
);

/** Keeps what each list of categories adds up short. */
export const foldCategoryCountsJob = defineJob(
  { name: 'listing.fold-category-counts', data: NoData, every: { seconds: 60 } },
  async (ctx: Ctx) => {
    while ((await foldCategoryCounts(ctx.db, FOLD_BATCH)) === FOLD_BATCH);
  },
);
