// The clock's share of the listings.
import type { Ctx } from '../../context.ts';
import { defineJob, NoData } from '../../jobs/define.ts';
import { refreshStaleListings } from './listing.service.ts';

export const refreshStaleListingsJob = defineJob(
  { name: 'listing.refresh-stale', data: NoData, every: { seconds: 30 } },
  async (ctx: Ctx) => {
    await refreshStaleListings(ctx);
  },
);
