// What must hold of the listing that customers see, and of the counts of it.
import type { Invariant } from '../../db/invariants/invariant.ts';

const LISTING_COLUMNS = [
  'seller_id',
  'category_id',
  'name',
  'plain_name',
  'document',
  'price_centavos',
  'current_price_centavos',
  'promo_id',
  'available_milli',
  'in_stock',
  'next_lot_harvested_at',
  'next_lot_half_life_at',
  'next_lot_expires_at',
  'rating',
  'review_count',
  'sell_count',
  'created_at',
  'on_sale',
  'stock_changes_at',
  'promo_changes_at',
];
const columnsOf = (table: string) =>
  LISTING_COLUMNS.map((column) => `${table}.${column}`).join(', ');

export const listingInvariants: readonly Invariant[] = [
  {
    // Rows that the clock or a change of their seller has made untrue wait for their job; all others must be exact.
    name: 'a listing shows what its product is',
    sql: `SELECT format('product %s', l.product_id) AS detail
      FROM compute_product_listing((
        SELECT array_agg(product_id) FROM product_listing JOIN sellers ON sellers.id = seller_id
        WHERE stale_at > $1 AND listings_due_at IS NULL
          AND NOT EXISTS (SELECT FROM set_aside_rows WHERE job = 'listing.refresh-stale' AND row_id = product_id)), $1) c
      JOIN product_listing l ON l.product_id = c.product_id
      WHERE (${columnsOf('l')}) IS DISTINCT FROM (${columnsOf('c')})`,
    takesMoment: true,
  },
  {
    name: "a seller's products on sale are counted",
    sql: `SELECT format('seller %s shows %s, has %s', s.id, s.product_count, coalesce(l.number, 0)) AS detail
      FROM sellers s
      LEFT JOIN (SELECT seller_id, count(*) AS number FROM product_listing WHERE on_sale GROUP BY seller_id) l ON l.seller_id = s.id
      WHERE s.product_count <> coalesce(l.number, 0)`,
  },
  {
    name: "a category's products on sale are counted",
    sql: `SELECT format('category %s shows %s, has %s', category_id, coalesce(k.number, 0), coalesce(l.number, 0)) AS detail
      FROM (SELECT category_id, sum(number) AS number FROM category_product_counts GROUP BY category_id) k
      FULL JOIN (SELECT category_id, count(*) AS number FROM product_listing WHERE on_sale GROUP BY category_id) l USING (category_id)
      WHERE coalesce(k.number, 0) <> coalesce(l.number, 0)`,
  },
];
