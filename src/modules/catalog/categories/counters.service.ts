// Ratings as sums on product and seller, changed by each review in its transaction.
import { invalidate, SELLERS } from '../../../cache/tags.ts';
import type { TxCtx } from '../../../context.ts';
import { refreshListings } from '../../listing/listing.service.ts';
import { addToProductRating, addToSellerRating, type RatingChange } from './counters.queries.ts';

/**
 * Adds to the ratings of a product and its seller, and shows them in the listing. Lock order, as in every change of a
 * listing: counters of the product, then seller and listing, which the refresh locks; the seller's sums change last,
 * under the lock that the refresh took.
 */
export async function addProductRating(ctx: TxCtx, change: RatingChange): Promise<void> {
  await addToProductRating(ctx.db, change);
  await refreshListings(ctx, [change.product_id]);
  await addToSellerRating(ctx.db, change);
  invalidate(ctx, SELLERS);
}
