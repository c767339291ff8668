// SQL over addresses; the names of their places are read across, for they are reference data.
import { type Insertable, type Selectable, sql, type Updateable } from 'kysely';
import type { Db } from '../../db/database.ts';
import { newestFirst } from '../../db/paging/keyset.ts';
import { fetchPage, type Page, type PageRequest } from '../../db/paging/paging.ts';
import type { Addresses } from '../../db/schema.generated.ts';

export type AddressRow = Selectable<Addresses>;

/** An address as it is written, with the names of its places. */
export type NamedAddress = AddressRow & {
  readonly barangay: string;
  readonly city: string;
  /** Null in NCR and in independent cities. */
  readonly province: string | null;
  readonly region: string;
};

/** Manila's sub-municipalities lie between barangay and city; an address shows the city. */
const PLACE_NAMES = sql<Pick<NamedAddress, 'barangay' | 'city' | 'province' | 'region'>>`(
  WITH RECURSIVE chain AS (
    SELECT name, level, parent_code FROM places WHERE code = addresses.barangay_code
    UNION ALL
    SELECT p.name, p.level, p.parent_code FROM chain JOIN places p ON p.code = chain.parent_code
  )
  SELECT
    max(name) FILTER (WHERE level = 'barangay') AS barangay,
    coalesce(max(name) FILTER (WHERE level = 'city'), max(name) FILTER (WHERE level = 'sub_municipality')) AS city,
    max(name) FILTER (WHERE level = 'province') AS province,
    max(name) FILTER (WHERE level = 'region') AS region
  FROM chain)`;

function ownAddresses(db: Db, user_id: string) {
  return db
    .selectFrom('addresses')
    .innerJoinLateral(PLACE_NAMES.as('place'), (join) => join.onTrue())
    .selectAll('addresses')
    .select(['place.barangay', 'place.city', 'place.province', 'place.region'])
    .where('addresses.user_id', '=', user_id)
    .where('addresses.deleted_at', 'is', null);
}

export function findAddress(
  db: Db,
  user_id: string,
  id: string,
): Promise<NamedAddress | undefined> {
  return ownAddresses(db, user_id).where('addresses.id', '=', id).executeTakeFirst();
}

/** Newest first. */
export function findAddressPage(
  db: Db,
  user_id: string,
  page: PageRequest,
): Promise<Page<NamedAddress>> {
  return fetchPage(db, ownAddresses(db, user_id), {
    order: newestFirst('addresses.created_at', 'addresses.id'),
    page,
  });
}

export async function countAddresses(db: Db, user_id: string): Promise<number> {
  const { number } = await db
    .selectFrom('addresses')
    .select(({ fn }) => fn.countAll<number>().as('number'))
    .where('user_id', '=', user_id)
    .where('deleted_at', 'is', null)
    .executeTakeFirstOrThrow();
  return number;
}

export async function insertAddress(db: Db, row: Insertable<Addresses>): Promise<void> {
  await db.insertInto('addresses').values(row).execute();
}

export async function updateAddress(
  db: Db,
  id: string,
  changes: Updateable<Addresses>,
): Promise<void> {
  await db.updateTable('addresses').set(changes).where('id', '=', id).execute();
}

export async function clearDefault(db: Db, user_id: string): Promise<void> {
  await db
    .updateTable('addresses')
    .set({ is_default: false })
    .where('user_id', '=', user_id)
    .where('is_default', '=', true)
    .where('deleted_at', 'is', null)
    .execute();
}

/** Makes the newest address the default; does nothing where none is left. */
export async function makeNewestDefault(db: Db, user_id: string): Promise<void> {
  const newest = db
    .selectFrom('addresses')
    .select('id')
    .where('user_id', '=', user_id)
    .where('deleted_at', 'is', null)
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(1);
  await db.updateTable('addresses').set({ is_default: true }).where('id', '=', newest).execute();
}
