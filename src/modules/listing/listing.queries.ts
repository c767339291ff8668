// SQL over product_listing and the functions that keep it.
import { sql } from 'kysely';
import type { Db } from '../../db/database.ts';

export async function refreshListingRows(
  db: Db,
  product_ids: readonly string[],
  now: Date,
): Promise<void> {
  await sql`SELECT refresh_product_listing(${product_ids}::uuid[], ${now})`.execute(db);
}

export async function refreshStockColumns(
  db: Db,
  product_ids: readonly string[],
  now: Date,
): Promise<void> {
  await sql`SELECT refresh_listing_stock(${product_ids}::uuid[], ${now})`.execute(db);
}

/** Sellers of these products: how many of theirs are on sale. Counted after the lock, or two new products could be counted as one. */
export async function refreshSellerProductCounts(
  db: Db,
  product_ids: readonly string[],
): Promise<void> {
  await sql`
    SELECT FROM sellers WHERE id IN (SELECT seller_id FROM product_listing WHERE product_id = ANY (${product_ids}::uuid[]))
    ORDER BY id FOR NO KEY UPDATE`.execute(db);
  await sql`
    UPDATE sellers SET product_count = counted.number
    FROM (
      SELECT s.id, (SELECT count(*) FROM product_listing l WHERE l.seller_id = s.id AND l.on_sale)::integer AS number
      FROM sellers s
      WHERE s.id IN (SELECT seller_id FROM product_listing WHERE product_id = ANY (${product_ids}::uuid[]))
    ) counted
    WHERE sellers.id = counted.id AND sellers.product_count <> counted.number`.execute(db);
}

export async function findSellerProductIds(db: Db, seller_id: string): Promise<string[]> {
  const rows = await db
    .selectFrom('products')
    .select('id')
    .where('seller_id', '=', seller_id)
    .orderBy('id')
    .execute();
  return rows.map((row) => row.id);
}

/** Listings whose time has come, skipping those that another writer holds. */
export async function findStaleProductIds(db: Db, now: Date, limit: number): Promise<string[]> {
  const rows = await db
    .selectFrom('product_listing')
    .select('product_id')
    .where('stale_at', '<=', now)
    .orderBy('stale_at')
    .limit(limit)
    .forUpdate()
    .skipLocked()
    .execute();
  return rows.map((row) => row.product_id);
}

export async function countListingsByCategory(db: Db): Promise<Map<string, number>> {
  const rows = await db
    .selectFrom('category_product_counts')
    .select(['category_id', ({ fn }) => fn.sum<number>('number').as('number')])
    .groupBy('category_id')
    .execute();
  return new Map(rows.map((row) => [row.category_id, row.number]));
}

/** Adds up the partial sums of each category that has several; readers see either those or their sum. */
export async function foldCategoryCounts(db: Db): Promise<void> {
  await sql`
    WITH parts AS (
      DELETE FROM category_product_counts
      WHERE category_id IN (SELECT category_id FROM category_product_counts GROUP BY category_id HAVING count(*) > 1)
      RETURNING category_id, number
    )
    INSERT INTO category_product_counts (category_id, number)
    SELECT category_id, sum(number) FROM parts GROUP BY category_id`.execute(db);
}
