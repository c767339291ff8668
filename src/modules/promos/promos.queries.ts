// SQL over promos and promo_products; reads across to sellers and products, for who is on the market and who sells what.
import { type Insertable, type Selectable, type SqlBool, sql, type Updateable } from 'kysely';
import type { Db } from '../../db/database.ts';
import { newestFirst } from '../../db/paging/keyset.ts';
import { fetchPage, type Page, type PageRequest } from '../../db/paging/paging.ts';
import type { Promos } from '../../db/schema.generated.ts';
import type { PromoStatus } from './promos.rules.ts';

export type PromoRow = Selectable<Promos> & { readonly product_ids: string[] };

/** Whose eyes: everybody's see what runs now, a seller's all of their own, an admin's all. */
export interface PromoViewer {
  readonly at: Date;
  readonly isAdmin: boolean;
  readonly seller_id?: string | undefined;
}

export interface PromoFilter {
  readonly status?: PromoStatus;
  readonly seller?: string;
}

export async function insertPromo(
  db: Db,
  row: Insertable<Promos>,
  product_ids: readonly string[],
): Promise<PromoRow> {
  const promo = await db.insertInto('promos').values(row).returningAll().executeTakeFirstOrThrow();
  await addPromoProducts(db, promo.id, product_ids);
  return { ...promo, product_ids: [...product_ids] };
}

/** Locked until the transaction ends. */
export function lockPromo(db: Db, id: string): Promise<PromoRow | undefined> {
  return promosOf(db).where('promos.id', '=', id).forUpdate().executeTakeFirst();
}

export function findVisiblePromo(
  db: Db,
  viewer: PromoViewer,
  id: string,
): Promise<PromoRow | undefined> {
  return promosOf(db).where('promos.id', '=', id).where(isVisibleTo(viewer)).executeTakeFirst();
}

/** Changes a promo and raises its version. */
export async function updatePromo(
  db: Db,
  id: string,
  changes: Updateable<Promos>,
): Promise<Selectable<Promos>> {
  return db
    .updateTable('promos')
    .set({ ...changes, version: sql`version + 1` })
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirstOrThrow();
}

export async function replacePromoProducts(
  db: Db,
  promo_id: string,
  product_ids: readonly string[],
): Promise<void> {
  await db
    .deleteFrom('promo_products')
    .where('promo_id', '=', promo_id)
    .where(sql<SqlBool>`product_id <> ALL (${product_ids}::uuid[])`)
    .execute();
  await addPromoProducts(db, promo_id, product_ids);
}

export function findPromoPage(
  db: Db,
  viewer: PromoViewer,
  { filter, page }: { readonly filter: PromoFilter; readonly page: PageRequest },
): Promise<Page<PromoRow>> {
  let query = promosOf(db).where(isVisibleTo(viewer));
  if (filter.seller !== undefined) query = query.where('promos.seller_id', '=', filter.seller);
  if (filter.status !== undefined) query = query.where(hasStatus(filter.status, viewer.at));
  return fetchPage(db, query, {
    order: newestFirst('promos.created_at', 'promos.id'),
    page,
  });
}

/** Promos of a seller that have not ended, up to `most`. */
export async function countLivingPromos(
  db: Db,
  seller_id: string,
  { now, most }: { readonly now: Date; readonly most: number },
): Promise<number> {
  const living = db
    .selectFrom('promos')
    .select('id')
    .where('seller_id', '=', seller_id)
    .where('deleted_at', 'is', null)
    .where('ends_at', '>', now)
    .limit(most);
  const { number } = await db
    .selectFrom(living.as('living'))
    .select(({ fn }) => fn.countAll<number>().as('number'))
    .executeTakeFirstOrThrow();
  return number;
}

/** Seller by product id; deleted and unknown products are left out. */
export async function findProductSellers(
  db: Db,
  product_ids: readonly string[],
): Promise<Map<string, string>> {
  const rows = await db
    .selectFrom('products')
    .select(['id', 'seller_id'])
    .where('id', 'in', product_ids)
    .where('deleted_at', 'is', null)
    .execute();
  return new Map(rows.map((row) => [row.id, row.seller_id]));
}

function promosOf(db: Db) {
  return db
    .selectFrom('promos')
    .selectAll('promos')
    .select(
      sql<
        string[]
      >`ARRAY(SELECT product_id FROM promo_products WHERE promo_id = promos.id ORDER BY product_id)`.as(
        'product_ids',
      ),
    )
    .where('promos.deleted_at', 'is', null);
}

function isVisibleTo({ at, isAdmin, seller_id }: PromoViewer) {
  if (isAdmin) return sql<SqlBool>`true`;
  const isPublic = sql<SqlBool>`(${hasStatus('active', at)} AND (
    SELECT sellers.status = 'VERIFIED' AND sellers.deleted_at IS NULL FROM sellers WHERE sellers.id = promos.seller_id))`;
  return seller_id === undefined
    ? isPublic
    : sql<SqlBool>`(promos.seller_id = ${seller_id} OR ${isPublic})`;
}

/** statusAt of promos.rules.ts as a condition. */
function hasStatus(status: PromoStatus, at: Date) {
  const conditions = {
    inactive: sql<SqlBool>`NOT promos.is_active`,
    scheduled: sql<SqlBool>`(promos.is_active AND promos.starts_at > ${at})`,
    active: sql<SqlBool>`(promos.is_active AND promos.starts_at <= ${at} AND promos.ends_at > ${at})`,
    ended: sql<SqlBool>`(promos.is_active AND promos.ends_at <= ${at})`,
  };
  return conditions[status];
}

async function addPromoProducts(
  db: Db,
  promo_id: string,
  product_ids: readonly string[],
): Promise<void> {
  await sql`
    INSERT INTO promo_products (promo_id, product_id) SELECT ${promo_id}::uuid, unnest(${product_ids}::uuid[])
    ON CONFLICT DO NOTHING`.execute(db);
}
