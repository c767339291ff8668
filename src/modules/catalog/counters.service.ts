// Ratings as sums on product and seller, changed by each review in its transaction.
import { invalidate, SELLERS } from '../../cache/tags.ts';
import type { TxCtx } from '../../context.ts';
import { refreshListings } from '../listing/listing.service.ts';
import { addToProductRating, addToSellerRating, type RatingChange } from './counters.queries.ts';

/**
 * Adds to the ratings of a product and its seller, and shows them in the listing. The seller comes last: listings
 * are refreshed before their sellers everywhere, and another order could deadlock.
 */
export async function addProductRating(ctx: TxCtx, change: RatingChange): Promise<void> {
  await addToProductRating(ctx.db, change);
  await refreshListings(ctx, [change.product_id]);
  await addToSellerRating(ctx.db, change);
  invalidate(ctx, SELLERS);
}
