// SQL over users; whether a user has a seller profile is read across, because sellers already stand on users.
import { type Insertable, type Selectable, sql, type Updateable } from 'kysely';
import type { Role } from '../../context.ts';
import type { Db } from '../../db/database.ts';
import type { SortKey } from '../../db/paging/keyset.ts';
import { fetchPage, type Page, type PageRequest } from '../../db/paging/paging.ts';
import type { Users } from '../../db/schema.generated.ts';

export type UserRow = Selectable<Users>;
/** A user as people see one. */
export type Profile = UserRow & {
  readonly seller_id: string | null;
  /** Wait for the code that confirms them. */
  readonly pending_email: string | null;
  readonly pending_phone: string | null;
};

export interface UserFilter {
  readonly role?: Role;
  readonly is_active?: boolean;
  readonly verified?: boolean;
  readonly search?: string;
  readonly created_from?: Date;
  readonly created_to?: Date;
}

export async function insertUser(db: Db, row: Insertable<Users>): Promise<UserRow> {
  return db.insertInto('users').values(row).returningAll().executeTakeFirstOrThrow();
}

export function findUserByEmail(db: Db, user_email: string): Promise<UserRow | undefined> {
  return db
    .selectFrom('users')
    .selectAll()
    .where(sql<boolean>`lower(user_email) = lower(${user_email})`)
    .where('deleted_at', 'is', null)
    .executeTakeFirst();
}

/** Whatever became of the user. */
export function findUserById(db: Db, id: string): Promise<UserRow | undefined> {
  return db.selectFrom('users').selectAll().where('id', '=', id).executeTakeFirst();
}

function pendingOf(contact: 'email' | 'phone') {
  return sql<string | null>`(SELECT c.new_value FROM contact_changes c
    WHERE c.user_id = users.id AND c.contact = ${contact} AND c.confirmed_at IS NULL AND c.closed_at IS NULL)`;
}

function profiles(db: Db) {
  return (
    db
      .selectFrom('users')
      .selectAll('users')
      // No joins: a count of users leaves them out.
      .select([
        sql<
          string | null
        >`(SELECT s.id FROM sellers s WHERE s.user_id = users.id AND s.deleted_at IS NULL)`.as(
          'seller_id',
        ),
        pendingOf('email').as('pending_email'),
        pendingOf('phone').as('pending_phone'),
      ])
  );
}

export function findProfile(db: Db, id: string): Promise<Profile | undefined> {
  return profiles(db)
    .where('users.id', '=', id)
    .where('users.deleted_at', 'is', null)
    .executeTakeFirst();
}

/** Locked until the transaction ends, against everything but rows that merely refer to the user. */
export function lockUser(db: Db, id: string): Promise<UserRow | undefined> {
  return db
    .selectFrom('users')
    .selectAll()
    .where('id', '=', id)
    .where('deleted_at', 'is', null)
    .forNoKeyUpdate()
    .executeTakeFirst();
}

/** Even rows that would begin to refer to the user wait; deleted users too. */
export function lockAnyUser(db: Db, id: string): Promise<UserRow | undefined> {
  return db.selectFrom('users').selectAll().where('id', '=', id).forUpdate().executeTakeFirst();
}

/** The user and every active admin, locked in id order, so that two admins cannot remove each other. */
export function lockUserAndAdmins(db: Db, id: string): Promise<UserRow[]> {
  return db
    .selectFrom('users')
    .selectAll()
    .where('deleted_at', 'is', null)
    .where((eb) =>
      eb.or([eb('id', '=', id), eb.and([eb('role', '=', 'admin'), eb('is_active', '=', true)])]),
    )
    .orderBy('id')
    .forUpdate()
    .execute();
}

export async function updateUser(db: Db, id: string, changes: Updateable<Users>): Promise<void> {
  await db
    .updateTable('users')
    .set({ ...changes, version: sql`version + 1` })
    .where('id', '=', id)
    .execute();
}

export async function findSellerIdOf(db: Db, user_id: string): Promise<string | undefined> {
  const seller = await db
    .selectFrom('sellers')
    .select('id')
    .where('user_id', '=', user_id)
    .where('deleted_at', 'is', null)
    .executeTakeFirst();
  return seller?.id;
}

export async function findConfirmedContacts(db: Db, user_id: string): Promise<string[]> {
  const user = await db
    .selectFrom('users')
    .select([
      sql<string | null>`CASE WHEN email_verified_at IS NOT NULL THEN lower(user_email) END`.as(
        'email',
      ),
      sql<string | null>`CASE WHEN phone_verified_at IS NOT NULL THEN user_phone END`.as('phone'),
    ])
    .where('id', '=', user_id)
    .where('deleted_at', 'is', null)
    .executeTakeFirst();
  return [user?.email, user?.phone].filter((contact) => typeof contact === 'string');
}

/** Whether somebody else has confirmed this number. */
export async function isPhoneConfirmed(db: Db, user_phone: string): Promise<boolean> {
  const owner = await db
    .selectFrom('users')
    .select('id')
    .where('user_phone', '=', user_phone)
    .where('phone_verified_at', 'is not', null)
    .where('deleted_at', 'is', null)
    .executeTakeFirst();
  return owner !== undefined;
}

/** Gives the role `to` to a user who has `from`. @returns the role before, whatever it was; undefined for deleted users */
export async function replaceRole(
  db: Db,
  id: string,
  change: { from: Role; to: Role; at: Date },
): Promise<string | undefined> {
  const result = await sql<{ role: string }>`
    WITH before AS (SELECT id, role FROM users WHERE id = ${id} AND deleted_at IS NULL FOR UPDATE),
    changed AS (
      UPDATE users SET role = ${change.to}, version = version + 1, updated_at = ${change.at}
      FROM before WHERE users.id = before.id AND before.role = ${change.from}
    )
    SELECT role FROM before`.execute(db);
  return result.rows[0]?.role;
}

const SEARCHED = sql`plain_text(users.user_name || ' ' || users.user_email || ' ' || users.first_name || ' ' || users.last_name)`;
const VERIFIED = sql<boolean>`(users.email_verified_at IS NOT NULL OR users.phone_verified_at IS NOT NULL)`;

export function findUserPage(
  db: Db,
  filter: UserFilter,
  options: { readonly order: readonly SortKey[]; readonly page: PageRequest },
): Promise<Page<Profile>> {
  const { role, is_active, verified, search, created_from, created_to } = filter;
  let query = profiles(db).where('users.deleted_at', 'is', null);
  if (role !== undefined) query = query.where('users.role', '=', role);
  if (is_active !== undefined) query = query.where('users.is_active', '=', is_active);
  if (verified !== undefined) query = query.where(VERIFIED, '=', verified);
  if (created_from !== undefined) query = query.where('users.created_at', '>=', created_from);
  if (created_to !== undefined) query = query.where('users.created_at', '<', created_to);
  if (search !== undefined) {
    query = query.where(
      sql<boolean>`${SEARCHED} LIKE '%' || plain_text(${search.replace(/[\\%_]/g, '\\$&')}) || '%'`,
    );
  }
  return fetchPage(db, query, options);
}
