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
    .selectFrom('product_listing')
    .select(['category_id', ({ fn }) => fn.countAll<number>().as('number')])
    .where('on_sale', '=', true)
    .groupBy('category_id')
    .execute();
  return new Map(rows.map((row) => [row.category_id, row.number]));
}
