// What must hold of reviews and the ratings that follow from them.
import { type Invariant, uniqueKey } from '../../db/invariants/invariant.ts';

export const reviewInvariants: readonly Invariant[] = [
  uniqueKey(
    'a customer reviews a product once',
    'user_id, product_id',
    'reviews WHERE deleted_at IS NULL',
  ),
  {
    name: 'ratings are the sums of reviews',
    sql: `WITH stars AS (
        SELECT product_id, count(*) AS number, sum(rating) AS total FROM reviews WHERE deleted_at IS NULL GROUP BY product_id)
      SELECT format('product %s', k.product_id) AS detail
      FROM product_counters k LEFT JOIN stars ON stars.product_id = k.product_id
      WHERE k.review_count <> coalesce(stars.number, 0) OR k.rating_sum <> coalesce(stars.total, 0)
      UNION ALL
      SELECT format('seller %s', s.id)
      FROM sellers s
      LEFT JOIN (
        SELECT p.seller_id, sum(stars.number) AS number, sum(stars.total) AS total
        FROM stars JOIN products p ON p.id = stars.product_id GROUP BY p.seller_id
      ) own ON own.seller_id = s.id
      WHERE s.review_count <> coalesce(own.number, 0) OR s.rating_sum <> coalesce(own.total, 0)`,
  },
];
