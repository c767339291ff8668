// SQL over sellers, seller_follows and suspension_marks; reads across to seller_orders, for what a seller has yet to finish.
import { type Insertable, type Selectable, sql, type Updateable } from 'kysely';
import type { Db, DbTransaction } from '../../db/database.ts';
import { newestFirst } from '../../db/paging/keyset.ts';
import { fetchPage, type Page, type PageRequest } from '../../db/paging/paging.ts';
import type { Sellers } from '../../db/schema.generated.ts';
import type { SellerStatus } from './sellers.rules.ts';

export type SellerRow = Selectable<Sellers>;

export interface SellerFilter {
  readonly search?: string;
  /** Public lists show VERIFIED only. */
  readonly status?: SellerStatus;
  /** Only those whose new name waits for an admin, or only the others. */
  readonly name_requested?: boolean;
}

export function insertSeller(db: Db, row: Insertable<Sellers>): Promise<SellerRow> {
  return db.insertInto('sellers').values(row).returningAll().executeTakeFirstOrThrow();
}

function livingSeller(db: Db, id: string) {
  return db.selectFrom('sellers').selectAll().where('id', '=', id).where('deleted_at', 'is', null);
}

export function findSeller(db: Db, id: string): Promise<SellerRow | undefined> {
  return livingSeller(db, id).executeTakeFirst();
}

/** The same, locked until the transaction ends. */
export function lockSeller(db: DbTransaction, id: string): Promise<SellerRow | undefined> {
  // Not FOR UPDATE: orders that refer to the seller need not wait.
  return livingSeller(db, id).forNoKeyUpdate().executeTakeFirst();
}

/** The same, against orders too: those under way are waited for, and those that begin wait. */
export function lockSellerAgainstOrders(
  db: DbTransaction,
  id: string,
): Promise<SellerRow | undefined> {
  return livingSeller(db, id).forUpdate().executeTakeFirst();
}

export async function findSellerIdOfUser(db: Db, user_id: string): Promise<string | undefined> {
  const row = await db
    .selectFrom('sellers')
    .select('id')
    .where('user_id', '=', user_id)
    .where('deleted_at', 'is', null)
    .executeTakeFirst();
  return row?.id;
}

/** Whether another living seller has a name that looks the same. */
export async function isNameTaken(
  db: Db,
  name: { readonly business_name: string; readonly except: string },
): Promise<boolean> {
  const row = await db
    .selectFrom('sellers')
    .select('id')
    .where(sql<boolean>`name_skeleton(business_name) = name_skeleton(${name.business_name}::text)`)
    .where('id', '<>', name.except)
    .where('deleted_at', 'is', null)
    .executeTakeFirst();
  return row !== undefined;
}

/** Seller orders that are neither delivered nor cancelled. */
export async function countOpenSellerOrders(db: Db, seller_id: string): Promise<number> {
  const { number } = await db
    .selectFrom('seller_orders')
    .select(({ fn }) => fn.countAll<number>().as('number'))
    .where('seller_id', '=', seller_id)
    // As the partial index says it.
    .where(sql<boolean>`order_status IN ('PENDING', 'CONFIRMED', 'SHIPPED')`)
    .executeTakeFirstOrThrow();
  return number;
}

/** Changes a seller and raises its version. */
export function updateSeller(db: Db, id: string, changes: Updateable<Sellers>): Promise<SellerRow> {
  return db
    .updateTable('sellers')
    .set({ ...changes, version: sql`version + 1` })
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirstOrThrow();
}

export async function insertSuspensionMarks(
  db: DbTransaction,
  contact_hashes: readonly Buffer[],
  of: { readonly seller_id: string; readonly created_at: Date },
): Promise<void> {
  await db
    .insertInto('suspension_marks')
    .values(contact_hashes.map((contact_hash) => ({ contact_hash, ...of })))
    .onConflict((oc) => oc.doNothing())
    .execute();
}

export async function hasSuspensionMark(
  db: Db,
  contact_hashes: readonly Buffer[],
): Promise<boolean> {
  const row = await db
    .selectFrom('suspension_marks')
    .select('contact_hash')
    .where('contact_hash', 'in', contact_hashes)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

export async function deleteSuspensionMarks(
  db: DbTransaction,
  contact_hashes: readonly Buffer[],
): Promise<void> {
  await db.deleteFrom('suspension_marks').where('contact_hash', 'in', contact_hashes).execute();
}

export function findSellerPage(
  db: Db,
  filter: SellerFilter,
  page: PageRequest,
): Promise<Page<SellerRow>> {
  let query = db.selectFrom('sellers').selectAll().where('deleted_at', 'is', null);
  if (filter.status !== undefined) query = query.where('status', '=', filter.status);
  if (filter.name_requested !== undefined)
    query = query.where('requested_name', filter.name_requested ? 'is not' : 'is', null);
  if (filter.search !== undefined) {
    query = query.where(
      sql<boolean>`plain_text(business_name) LIKE '%' || plain_text(${likeLiteral(filter.search)}) || '%'`,
    );
  }
  return fetchPage(db, query, {
    order: newestFirst('created_at', 'id'),
    page,
  });
}

/** Adds or removes a follower and keeps the count. @returns whether anything changed */
export async function setFollow(
  db: Db,
  follow: { user_id: string; seller_id: string; at: Date },
  isOn: boolean,
): Promise<boolean> {
  const changed = isOn
    ? await db
        .insertInto('seller_follows')
        .values({ user_id: follow.user_id, seller_id: follow.seller_id, created_at: follow.at })
        .onConflict((oc) => oc.doNothing())
        .executeTakeFirst()
        .then((result) => Number(result.numInsertedOrUpdatedRows ?? 0))
    : await db
        .deleteFrom('seller_follows')
        .where('user_id', '=', follow.user_id)
        .where('seller_id', '=', follow.seller_id)
        .executeTakeFirst()
        .then((result) => -Number(result.numDeletedRows));
  if (changed === 0) return false;
  await db
    .updateTable('sellers')
    .set({ follower_count: sql`follower_count + ${changed}` })
    .where('id', '=', follow.seller_id)
    .execute();
  return true;
}

function likeLiteral(text: string): string {
  return text.replace(/[\\%_]/g, '\\$&');
}
