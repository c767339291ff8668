// SQL over the sums that reviews leave on products and their sellers.
import { sql } from 'kysely';
import type { Db } from '../../../db/database.ts';

export interface RatingChange {
  readonly product_id: string;
  /** Stars gained or lost. */
  readonly rating_delta: number;
  /** Reviews gained or lost. */
  readonly count_delta: number;
}

export async function addToProductRating(
  db: Db,
  { product_id, rating_delta, count_delta }: RatingChange,
): Promise<void> {
  await db
    .updateTable('product_counters')
    .set({
      rating_sum: sql`rating_sum + ${rating_delta}`,
      review_count: sql`review_count + ${count_delta}`,
    })
    .where('product_id', '=', product_id)
    .execute();
}

/** The same change on the seller of the product; its version stays its editors'. */
export async function addToSellerRating(
  db: Db,
  { product_id, rating_delta, count_delta }: RatingChange,
): Promise<void> {
  await db
    .updateTable('sellers')
    .set({
      rating_sum: sql`rating_sum + ${rating_delta}`,
      review_count: sql`review_count + ${count_delta}`,
    })
    .where('id', '=', (eb) =>
      eb.selectFrom('products').select('seller_id').where('id', '=', product_id),
    )
    .execute();
}
