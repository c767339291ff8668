// SQL over one_time_codes.
import { type Insertable, type Selectable, sql } from 'kysely';
import type { Db } from '../../../db/database.ts';
import { onlyRow } from '../../../db/rows.ts';
import type { OneTimeCodes } from '../../../db/schema.generated.ts';
import { DAY_MS, HOUR_MS, plusMs } from '../../../lib/time.ts';

export type CodeRow = Selectable<OneTimeCodes>;
export type CodePurpose = CodeRow['purpose'];

export async function insertCode(db: Db, row: Insertable<OneTimeCodes>): Promise<void> {
  await db.insertInto('one_time_codes').values(row).execute();
}

export function findCode(db: Db, id: string): Promise<CodeRow | undefined> {
  return db.selectFrom('one_time_codes').selectAll().where('id', '=', id).executeTakeFirst();
}

/** Has those who would send to one place, and by SMS at all, follow each other until the transaction ends. */
export async function lockCodeCounts(
  db: Db,
  { target, isSms }: { target: string; isSms: boolean },
): Promise<void> {
  if (isSms) await lockName(db, 'codes by SMS');
  await lockName(db, `codes to ${target.toLowerCase()}`);
}

async function lockName(db: Db, name: string): Promise<void> {
  await sql`SELECT pg_advisory_xact_lock(hashtextextended(${name}, 0))`.execute(db);
}

export interface IssuedCounts {
  /** To this address; where the account itself asks, those of this account alone. */
  readonly target_hour: number;
  readonly target_day: number;
  /** To this address, asked for by other accounts themselves; 0 where this account has confirmed it. */
  readonly others_hour: number;
  readonly others_day: number;
  readonly account_day: number;
  /** To this address from one network; 0 where the account itself asks. */
  readonly network_hour: number;
  /** Over everybody; 0 where it goes by mail. */
  readonly sms_day: number;
}

/** Codes released before now, of those that count together with one more. */
export async function countIssued(
  db: Db,
  like: Pick<CodeRow, 'purpose' | 'target' | 'ip_prefix' | 'is_familiar'> & {
    readonly user_id: string;
    readonly now: Date;
  },
): Promise<IssuedCounts> {
  const { purpose, target, user_id, ip_prefix, is_familiar, now } = like;
  const hour = plusMs(now, -HOUR_MS);
  const day = plusMs(now, -DAY_MS);
  const isTarget = sql`lower(target) = lower(${target})`;
  // Signed in, one may ask for codes to any address: that must not use up the share of its owner.
  const isShared = sql`${isTarget} AND (NOT is_familiar OR user_id = ${user_id})`;
  const isOthers = sql`${isTarget} AND is_familiar AND user_id <> ${user_id} AND NOT EXISTS (
    SELECT FROM users WHERE users.id = ${user_id}
      AND ((email_verified_at IS NOT NULL AND lower(user_email) = lower(${target}))
        OR (phone_verified_at IS NOT NULL AND user_phone = ${target})))`;
  const result = await sql<IssuedCounts>`
    SELECT count(*) FILTER (WHERE ${isShared} AND issued_at > ${hour})::int AS target_hour,
      count(*) FILTER (WHERE ${isShared})::int AS target_day,
      count(*) FILTER (WHERE ${isOthers} AND issued_at > ${hour})::int AS others_hour,
      count(*) FILTER (WHERE ${isOthers})::int AS others_day,
      count(*) FILTER (WHERE user_id = ${user_id})::int AS account_day,
      count(*) FILTER (WHERE NOT is_familiar AND ${isTarget} AND issued_at > ${hour}
        AND ip_prefix IS NOT DISTINCT FROM ${ip_prefix})::int AS network_hour,
      CASE WHEN ${purpose} = 'PHONE' THEN (
        SELECT count(*) FROM one_time_codes WHERE purpose = 'PHONE' AND issued_at > ${day}
      )::int ELSE 0 END AS sms_day
    FROM one_time_codes
    WHERE issued_at > ${day} AND (${isTarget} OR user_id = ${user_id}) AND is_familiar = ${is_familiar}`.execute(
    db,
  );
  return onlyRow(result);
}

/** Releases a code whose account was found. */
export async function markIssued(
  db: Db,
  id: string,
  issue: { readonly user_id: string; readonly is_familiar: boolean; readonly issued_at: Date },
): Promise<void> {
  await db.updateTable('one_time_codes').set(issue).where('id', '=', id).execute();
}

export interface CodeAttempt {
  readonly purpose: CodePurpose;
  readonly target: string;
  /** Of the one code that was asked for, or of the account, whose newest code counts. */
  readonly of: { readonly id: string } | { readonly user_id: string };
  readonly now: Date;
  readonly max_attempts: number;
}

/** Counts one try, of codes that were never released too. @returns the code; undefined where there is none that could still be right */
export async function countAttempt(db: Db, attempt: CodeAttempt): Promise<CodeRow | undefined> {
  const { purpose, target, of, now, max_attempts } = attempt;
  const chosen =
    'id' in of
      ? sql`${of.id}::uuid`
      : sql`(SELECT id FROM one_time_codes
          WHERE user_id = ${of.user_id} AND purpose = ${purpose} AND issued_at IS NOT NULL
          ORDER BY issued_at DESC, id DESC LIMIT 1)`;
  const result = await sql<CodeRow>`
    UPDATE one_time_codes SET attempts = attempts + 1
    WHERE id = ${chosen} AND purpose = ${purpose} AND lower(target) = lower(${target})
      AND expires_at > ${now} AND attempts < ${max_attempts} AND spent_at IS NULL
    RETURNING *`.execute(db);
  return result.rows[0];
}

/** @returns false where it was spent before */
export async function markSpent(db: Db, id: string, at: Date): Promise<boolean> {
  const result = await db
    .updateTable('one_time_codes')
    .set({ spent_at: at })
    .where('id', '=', id)
    .where('spent_at', 'is', null)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** Voids every code of an account, whatever it was for. */
export async function voidCodes(db: Db, user_id: string, at: Date): Promise<void> {
  await db
    .updateTable('one_time_codes')
    .set({ spent_at: at })
    .where('user_id', '=', user_id)
    .where('spent_at', 'is', null)
    .execute();
}
