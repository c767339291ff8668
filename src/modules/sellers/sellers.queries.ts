// SQL over sellers and seller_follows.
import { type Insertable, type Selectable, sql, type Updateable } from 'kysely';
import type { Db } from '../../db/database.ts';
import { fetchPage, type Page, type PageRequest } from '../../db/paging.ts';
import type { Sellers } from '../../db/schema.generated.ts';

export type SellerRow = Selectable<Sellers>;

export interface SellerFilter {
  readonly search?: string;
  /** Public lists show VERIFIED only. */
  readonly status?: string;
}

export async function insertSeller(db: Db, row: Insertable<Sellers>): Promise<SellerRow> {
  return db.insertInto('sellers').values(row).returningAll().executeTakeFirstOrThrow();
}

export function findSeller(db: Db, id: string): Promise<SellerRow | undefined> {
  return db
    .selectFrom('sellers')
    .selectAll()
    .where('id', '=', id)
    .where('deleted_at', 'is', null)
    .executeTakeFirst();
}

/** The same, locked until the transaction ends. */
export function lockSeller(db: Db, id: string): Promise<SellerRow | undefined> {
  return (
    db
      .selectFrom('sellers')
      .selectAll()
      .where('id', '=', id)
      .where('deleted_at', 'is', null)
      // Not FOR UPDATE: orders that refer to the seller need not wait.
      .forNoKeyUpdate()
      .executeTakeFirst()
  );
}

/** Changes a seller and raises its version. */
export async function updateSeller(
  db: Db,
  id: string,
  changes: Updateable<Sellers>,
): Promise<SellerRow> {
  return db
    .updateTable('sellers')
    .set({ ...changes, version: sql`version + 1` })
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirstOrThrow();
}

export function findSellerPage(
  db: Db,
  filter: SellerFilter,
  page: PageRequest,
): Promise<Page<SellerRow>> {
  let query = db.selectFrom('sellers').selectAll().where('deleted_at', 'is', null);
  if (filter.status !== undefined) query = query.where('status', '=', filter.status);
  if (filter.search !== undefined) {
    query = query.where(
      sql<boolean>`plain_text(business_name) LIKE '%' || plain_text(${likeLiteral(filter.search)}) || '%'`,
    );
  }
  return fetchPage(db, query, {
    order: [
      { expression: sql.ref('created_at'), direction: 'desc', type: 'timestamptz' },
      { expression: sql.ref('id'), direction: 'desc', type: 'uuid' },
    ],
    page,
  });
}

/** Adds or removes a follower and keeps the count; does nothing where nothing changes. */
export async function setFollow(
  db: Db,
  follow: { user_id: string; seller_id: string; at: Date },
  isOn: boolean,
): Promise<void> {
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
  if (changed === 0) return;
  await db
    .updateTable('sellers')
    .set({ follower_count: sql`follower_count + ${changed}` })
    .where('id', '=', follow.seller_id)
    .execute();
}

function likeLiteral(text: string): string {
  return text.replace(/[\\%_]/g, '\\$&');
}
