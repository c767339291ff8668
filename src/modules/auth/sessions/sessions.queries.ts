// SQL over sessions and refresh_tokens.
import type { Insertable, Selectable } from 'kysely';
import type { Role } from '../../../context.ts';
import { type Db, runNamed } from '../../../db/database.ts';
import { newestFirst } from '../../../db/paging/keyset.ts';
import { fetchPage, type Page, type PageRequest } from '../../../db/paging/paging.ts';
import type { Sessions } from '../../../db/schema.generated.ts';
import { MINUTE_MS, plusMs } from '../../../lib/time.ts';

export type SessionRow = Selectable<Sessions>;
export type EndReason =
  | 'LOGOUT'
  | 'ENDED_BY_USER'
  | 'REUSE'
  | 'PASSWORD'
  | 'DEACTIVATED'
  | 'DELETED'
  | 'FACTOR_CLEARED'
  | 'CONTACT_UNDONE'
  | 'CONTACT_REPLACED'
  | 'EMAIL_CLAIMED';

/** How stale `last_used_at` may be, so that a busy session is not written on each request. */
export const LAST_USED_PRECISION_MS = MINUTE_MS;

export interface CallerRow {
  readonly role: Role;
  readonly is_active: boolean;
  readonly is_verified: boolean;
  readonly has_mfa: boolean;
  readonly is_ended: boolean;
  readonly expires_at: Date;
  readonly last_used_at: Date;
  readonly proven_at: Date;
  readonly seller_id: string | null;
  readonly seller_status: 'PENDING' | 'VERIFIED' | 'SUSPENDED' | null;
}

const FIND_CALLER = `
  SELECT u.role, u.is_active, u.mfa_enabled_at IS NOT NULL AS has_mfa,
    (u.email_verified_at IS NOT NULL OR u.phone_verified_at IS NOT NULL) AS is_verified,
    s.ended_at IS NOT NULL AS is_ended, s.expires_at, s.last_used_at, coalesce(s.stepped_up_at, s.created_at) AS proven_at,
    seller.id AS seller_id, seller.status AS seller_status
  FROM sessions s
  JOIN users u ON u.id = s.user_id
  LEFT JOIN sellers seller ON seller.user_id = u.id AND seller.deleted_at IS NULL
  WHERE s.id = $1 AND s.user_id = $2`;

/** Everything that decides whether a token still counts, in the one statement that each signed-in request pays. */
export async function findCaller(
  db: Db,
  caller: { readonly session_id: string; readonly user_id: string },
): Promise<CallerRow | undefined> {
  const parameters = [caller.session_id, caller.user_id];
  const rows = await runNamed<CallerRow>(db, 'find_caller', FIND_CALLER, parameters);
  return rows[0];
}

export async function insertSession(db: Db, row: Insertable<Sessions>): Promise<void> {
  await db.insertInto('sessions').values(row).execute();
}

export async function insertRefreshToken(
  db: Db,
  row: { readonly token_hash: Buffer; readonly session_id: string; readonly created_at: Date },
): Promise<void> {
  await db.insertInto('refresh_tokens').values(row).execute();
}

/** The session that a refresh token belongs to, whatever has become of either. */
export async function findSessionOfToken(
  db: Db,
  token_hash: Buffer,
): Promise<{ id: string; user_id: string } | undefined> {
  return db
    .selectFrom('refresh_tokens')
    .innerJoin('sessions', 'sessions.id', 'refresh_tokens.session_id')
    .select(['sessions.id', 'sessions.user_id'])
    .where('token_hash', '=', token_hash)
    .executeTakeFirst();
}

/** Locked until the transaction ends, so that two rotations of one family follow each other. */
export function lockSession(db: Db, id: string): Promise<SessionRow | undefined> {
  return db.selectFrom('sessions').selectAll().where('id', '=', id).forUpdate().executeTakeFirst();
}

/** Marks a refresh token as spent. @returns false where it was spent before */
export async function spendRefreshToken(db: Db, token_hash: Buffer, at: Date): Promise<boolean> {
  const result = await db
    .updateTable('refresh_tokens')
    .set({ used_at: at })
    .where('token_hash', '=', token_hash)
    .where('used_at', 'is', null)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** Notes that a session was used, unless that was noted less than LAST_USED_PRECISION_MS ago. */
export async function touchSession(db: Db, id: string, at: Date): Promise<void> {
  await db
    .updateTable('sessions')
    .set({ last_used_at: at })
    .where('id', '=', id)
    .where('last_used_at', '<=', plusMs(at, -LAST_USED_PRECISION_MS))
    .execute();
}

/** Notes that the person behind a session proved who they are. */
export async function markSteppedUp(db: Db, id: string, at: Date): Promise<void> {
  await db.updateTable('sessions').set({ stepped_up_at: at }).where('id', '=', id).execute();
}

/** Whether somebody was signed in from this network (/24 or /48), as far back as sessions are kept. */
export async function hasSessionFrom(db: Db, user_id: string, ip_prefix: string): Promise<boolean> {
  const row = await db
    .selectFrom('sessions')
    .select('id')
    .where('user_id', '=', user_id)
    .where('ip_prefix', '=', ip_prefix)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

export interface SessionEnd {
  readonly user_id: string;
  readonly reason: EndReason;
  readonly at: Date;
  /** One session instead of all. */
  readonly id?: string;
  /** The one that goes on. */
  readonly except?: string;
}

/** Ends living sessions of a user. @returns their ids */
export async function endSessions(db: Db, end: SessionEnd): Promise<string[]> {
  let query = db
    .updateTable('sessions')
    .set({ ended_at: end.at, ended_reason: end.reason })
    .where('user_id', '=', end.user_id)
    .where('ended_at', 'is', null);
  if (end.id !== undefined) query = query.where('id', '=', end.id);
  if (end.except !== undefined) query = query.where('id', '<>', end.except);
  const rows = await query.returning('id').execute();
  return rows.map((row) => row.id);
}

/** Sessions that can still be used, newest first. */
export function findSessionPage(
  db: Db,
  user_id: string,
  options: { now: Date; page: PageRequest },
): Promise<Page<SessionRow>> {
  const query = db
    .selectFrom('sessions')
    .selectAll()
    .where('user_id', '=', user_id)
    .where('ended_at', 'is', null)
    .where('expires_at', '>', options.now);
  return fetchPage(db, query, {
    order: newestFirst('created_at', 'id'),
    page: options.page,
  });
}
