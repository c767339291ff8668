// The clock's share of the listings, and the sums that they leave behind.
import type { Ctx } from '../../context.ts';
import { defineJob, NoData } from '../../jobs/define.ts';
import { foldCategoryCounts } from './listing.queries.ts';
import { refreshStaleListings } from './listing.service.ts';

export const refreshStaleListingsJob = defineJob(
  { name: 'listing.refresh-stale', data: NoData, every: { seconds: 30 } },
  async (ctx: Ctx) => {
    await refreshStaleListings(ctx);
  },
);

/** Keeps what each list of categories adds up short. */
export const foldCategoryCountsJob = defineJob(
  { name: 'listing.fold-category-counts', data: NoData, every: { seconds: 60 } },
  (ctx: Ctx) => foldCategoryCounts(ctx.db),
);
