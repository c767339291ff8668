// SQL over reviews; reads across to product_listing and sellers, for whose product it is and who may see it.
import { type Insertable, type Selectable, type SqlBool, sql, type Updateable } from 'kysely';
import type { Db } from '../../db/database.ts';
import { newestFirst } from '../../db/paging/keyset.ts';
import { fetchPage, type Page, type PageRequest } from '../../db/paging/paging.ts';
import { changedRows } from '../../db/rows.ts';
import type { Reviews } from '../../db/schema.generated.ts';

export type ReviewRow = Selectable<Reviews>;

/** Whose eyes: everybody sees products on sale, a seller all of their own, an admin all. */
export interface ProductViewer {
  readonly isAdmin: boolean;
  readonly seller_id?: string | undefined;
}

export function insertReview(db: Db, row: Insertable<Reviews>): Promise<ReviewRow> {
  return db.insertInto('reviews').values(row).returningAll().executeTakeFirstOrThrow();
}

/** Locked until the transaction ends. */
export function lockReview(db: Db, id: string): Promise<ReviewRow | undefined> {
  return db
    .selectFrom('reviews')
    .selectAll()
    .where('id', '=', id)
    .where('deleted_at', 'is', null)
    .forUpdate()
    .executeTakeFirst();
}

export function updateReview(db: Db, id: string, changes: Updateable<Reviews>): Promise<ReviewRow> {
  return db
    .updateTable('reviews')
    .set(changes)
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirstOrThrow();
}

/** Newest first; empty where the viewer may not see the product. */
export function findReviewPage(
  db: Db,
  viewer: ProductViewer,
  { product_id, page }: { readonly product_id: string; readonly page: PageRequest },
): Promise<Page<ReviewRow>> {
  const query = db
    .selectFrom('reviews')
    .innerJoin('product_listing', 'product_listing.product_id', 'reviews.product_id')
    .innerJoin('sellers', 'sellers.id', 'product_listing.seller_id')
    .selectAll('reviews')
    .where('reviews.product_id', '=', product_id)
    .where('reviews.deleted_at', 'is', null)
    .where(isVisibleTo(viewer));
  return fetchPage(db, query, {
    order: newestFirst('reviews.created_at', 'reviews.id'),
    page,
  });
}

export async function isProductVisible(
  db: Db,
  viewer: ProductViewer,
  product_id: string,
): Promise<boolean> {
  const row = await db
    .selectFrom('product_listing')
    .innerJoin('sellers', 'sellers.id', 'product_listing.seller_id')
    .select('product_id')
    .where('product_id', '=', product_id)
    .where(isVisibleTo(viewer))
    .executeTakeFirst();
  return row !== undefined;
}

export async function findProductSeller(db: Db, product_id: string): Promise<string | undefined> {
  const row = await db
    .selectFrom('product_listing')
    .select('seller_id')
    .where('product_id', '=', product_id)
    .executeTakeFirst();
  return row?.seller_id;
}

function isVisibleTo({ isAdmin, seller_id }: ProductViewer) {
  if (isAdmin) return sql<SqlBool>`true`;
  const isListed = sql<SqlBool>`(product_listing.on_sale AND sellers.is_selling)`;
  if (seller_id === undefined) return isListed;
  return sql<SqlBool>`(${isListed} OR product_listing.seller_id = ${seller_id})`;
}

/**
 * Takes erased users' names off their reviews. Looks at who was erased within 30 days of the last erasure: the worker
 * that erases also runs this each hour. Reviews that somebody holds wait for the next time.
 * @returns of how many reviews, at most `limit`
 */
export async function eraseReviewers(db: Db, limit: number): Promise<number> {
  const result = await sql`
    UPDATE reviews SET reviewer_name = ''
    WHERE id = ANY (ARRAY(
      SELECT id FROM reviews
      WHERE user_id = ANY (ARRAY(
        SELECT id FROM users WHERE erased_at > (SELECT max(erased_at) FROM users) - interval '30 days'))
        AND reviewer_name <> ''
      LIMIT ${limit} FOR UPDATE SKIP LOCKED))`.execute(db);
  return changedRows(result);
}
