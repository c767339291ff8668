// SQL over product_listing and the functions that keep it.
import { sql } from 'kysely';
import { isNotSetAside } from '../../db/batches/set-aside.queries.ts';
import type { Db } from '../../db/database.ts';
import { onlyRow } from '../../db/rows.ts';

/** Locks their sellers, then the listings; the number of products on sale of each seller follows. */
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

export async function setListingsDue(db: Db, seller_id: string, now: Date): Promise<void> {
  await db
    .updateTable('sellers')
    .set({ listings_due_at: now })
    .where('id', '=', seller_id)
    .execute();
}

export interface DueSeller {
  readonly id: string;
  /** As text: a Date would lose the microseconds by which a newer change differs. */
  readonly due_at: string;
}

export async function findSellersWithListingsDue(db: Db, limit: number): Promise<DueSeller[]> {
  const { rows } = await sql<DueSeller>`
    SELECT id, listings_due_at::text AS due_at FROM sellers
    WHERE listings_due_at IS NOT NULL ORDER BY listings_due_at, id LIMIT ${limit}`.execute(db);
  return rows;
}

/** Unless the seller changed again meanwhile. */
export async function clearListingsDue(db: Db, { id, due_at }: DueSeller): Promise<void> {
  await sql`
    UPDATE sellers SET listings_due_at = NULL WHERE id = ${id} AND listings_due_at = ${due_at}::timestamptz`.execute(
    db,
  );
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

/** Listings that the clock has made untrue, those first that have been for longest. */
export async function findStaleListings(
  db: Db,
  { job, now, limit }: { job: string; now: Date; limit: number },
): Promise<{ id: string }[]> {
  return db
    .selectFrom('product_listing')
    .select('product_id as id')
    .where('stale_at', '<=', now)
    .where(isNotSetAside(job, sql.ref('product_listing.product_id')))
    .orderBy('stale_at')
    .orderBy('product_id')
    .limit(limit)
    .execute();
}

/** Of withdrawn sellers, whose listings still say that they are on sale, each is counted off. */
export async function countListingsByCategory(db: Db): Promise<Map<string, number>> {
  const { rows } = await sql<{ category_id: string; number: number }>`
    SELECT category_id, sum(number) AS number FROM (
      SELECT category_id, number FROM category_product_counts
      UNION ALL
      SELECT category_id, -1 FROM product_listing
      WHERE on_sale AND seller_id IN (SELECT id FROM sellers WHERE is_withdrawn)
    ) counted GROUP BY category_id`.execute(db);
  return new Map(rows.map((row) => [row.category_id, row.number]));
}

/**
 * Adds up partial sums of categories that have several; readers see either those or their sum.
 * @returns how many partial sums it took, at most `limit`
 */
export async function foldCategoryCounts(db: Db, limit: number): Promise<number> {
  const result = await sql<{ taken: number }>`
    WITH parts AS (
      DELETE FROM category_product_counts WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM category_product_counts
        WHERE category_id IN (SELECT category_id FROM category_product_counts GROUP BY category_id HAVING count(*) > 1)
        ORDER BY category_id LIMIT ${limit} FOR UPDATE SKIP LOCKED))
      RETURNING category_id, number
    ), folded AS (
      INSERT INTO category_product_counts (category_id, number)
      SELECT category_id, sum(number) FROM parts GROUP BY category_id
    )
    SELECT count(*)::integer AS taken FROM parts`.execute(db);
  return onlyRow(result).taken;
}
