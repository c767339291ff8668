// SQL that takes people out of what they left behind: personal fields go, rows and ids stay for the accounts.
import { sql } from 'kysely';
import { isNotSetAside } from '../../../db/batches/set-aside.queries.ts';
import type { Db } from '../../../db/database.ts';

/** Users who were deleted by then and can still be recognised, the first to leave first. */
export function findErasable(
  db: Db,
  { job, deleted_before, limit }: { job: string; deleted_before: Date; limit: number },
): Promise<{ id: string }[]> {
  return db
    .selectFrom('users')
    .select('id')
    .where('deleted_at', '<', deleted_before)
    .where('erased_at', 'is', null)
    .where(isNotSetAside(job, sql.ref('users.id')))
    .orderBy('deleted_at')
    .orderBy('id')
    .limit(limit)
    .execute();
}

/** Of these users those who are still to be erased, locked. */
export async function lockErasable(
  db: Db,
  ids: readonly string[],
  deleted_before: Date,
): Promise<string[]> {
  const rows = await db
    .selectFrom('users')
    .select('id')
    .where('id', 'in', ids)
    .where('deleted_at', '<', deleted_before)
    .where('erased_at', 'is', null)
    .orderBy('id')
    .forUpdate()
    .execute();
  return rows.map((row) => row.id);
}

/** The domain is reserved: no mail can ever reach it. */
export async function eraseUserRows(db: Db, ids: readonly string[], at: Date): Promise<void> {
  await sql`
    UPDATE users SET user_name = 'erased-' || right(id::text, 12), user_email = id || '@erased.invalid',
      user_phone = '+630000000000', first_name = 'Erased', last_name = 'User', password_hash = '',
      email_verified_at = NULL, email_vouched_at = NULL, phone_verified_at = NULL,
      mfa_secret = NULL, mfa_enabled_at = NULL, mfa_last_step = NULL, erased_at = ${at}, updated_at = ${at}
    WHERE id = ANY (${ids}::uuid[])`.execute(db);
}

export async function eraseAddressRows(
  db: Db,
  user_ids: readonly string[],
  at: Date,
): Promise<void> {
  await db
    .updateTable('addresses')
    .set({
      label: '',
      recipient_name: '',
      recipient_phone: '',
      street: '',
      landmark: null,
      zip_code: null,
      is_default: false,
      deleted_at: sql`coalesce(deleted_at, ${at})`,
      updated_at: at,
    })
    .where('user_id', 'in', user_ids)
    .execute();
}

export async function eraseSessionRows(db: Db, user_ids: readonly string[]): Promise<void> {
  await db
    .updateTable('sessions')
    .set({ user_agent: null, ip_prefix: null })
    .where('user_id', 'in', user_ids)
    .execute();
}

export async function deleteSecrets(db: Db, user_ids: readonly string[]): Promise<void> {
  await db.deleteFrom('one_time_codes').where('user_id', 'in', user_ids).execute();
  await db.deleteFrom('contact_changes').where('user_id', 'in', user_ids).execute();
  await db.deleteFrom('mfa_recovery_codes').where('user_id', 'in', user_ids).execute();
}
