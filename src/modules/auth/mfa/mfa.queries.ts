// SQL over mfa_recovery_codes, and over what a user row knows of its second factor.
import { sql } from 'kysely';
import type { Db } from '../../../db/database.ts';

/** Takes the place of all that were there. */
export async function replaceRecoveryCodes(
  db: Db,
  user_id: string,
  hashes: readonly Buffer[],
): Promise<void> {
  await deleteRecoveryCodes(db, user_id);
  await db
    .insertInto('mfa_recovery_codes')
    .values(hashes.map((code_hash) => ({ user_id, code_hash })))
    .execute();
}

export async function deleteRecoveryCodes(db: Db, user_id: string): Promise<void> {
  await db.deleteFrom('mfa_recovery_codes').where('user_id', '=', user_id).execute();
}

/** @returns false where there is no such code or it was used before */
export async function spendRecoveryCode(
  db: Db,
  code: { user_id: string; code_hash: Buffer; at: Date },
): Promise<boolean> {
  const result = await db
    .updateTable('mfa_recovery_codes')
    .set({ used_at: code.at })
    .where('user_id', '=', code.user_id)
    .where('code_hash', '=', code.code_hash)
    .where('used_at', 'is', null)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** A right code: failures are forgotten, and the step of a TOTP code is spent. */
export async function recordFactorSuccess(
  db: Db,
  user_id: string,
  step: number | null,
): Promise<void> {
  await db
    .updateTable('users')
    .set({
      mfa_failures: 0,
      mfa_failed_at: null,
      mfa_last_step: sql`coalesce(${step}::bigint, mfa_last_step)`,
    })
    .where('id', '=', user_id)
    .execute();
}

export async function recordFactorFailure(
  db: Db,
  user_id: string,
  failure: { count: number; at: Date },
): Promise<void> {
  await db
    .updateTable('users')
    .set({ mfa_failures: failure.count, mfa_failed_at: failure.at })
    .where('id', '=', user_id)
    .execute();
}
