// SQL over verification_codes: one live code per user and purpose.
import { sql } from 'kysely';
import type { Db } from '../../db/database.ts';
import { plusMs } from '../../lib/time.ts';

export type CodePurpose = 'EMAIL' | 'PHONE' | 'PASSWORD_RESET';

export interface IssuedCode {
  readonly user_id: string;
  readonly purpose: CodePurpose;
  /** The address it is sent to. */
  readonly target: string;
  readonly code_hash: Buffer;
  readonly now: Date;
  readonly expires_at: Date;
  /** At most `max` codes within `window_ms`. */
  readonly quota: { readonly max: number; readonly window_ms: number };
}

/** Writes a code in place of the one before. @returns false where the quota is spent; then the old code stays */
export async function replaceCode(db: Db, code: IssuedCode): Promise<boolean> {
  const { user_id, purpose, target, code_hash, now, expires_at, quota } = code;
  const windowStart = plusMs(now, -quota.window_ms);
  const result = await sql`
    INSERT INTO verification_codes AS kept (user_id, purpose, target, code_hash, created_at, expires_at, issued_since)
    VALUES (${user_id}, ${purpose}, ${target}, ${code_hash}, ${now}, ${expires_at}, ${now})
    ON CONFLICT (user_id, purpose) DO UPDATE SET
      target = excluded.target, code_hash = excluded.code_hash, attempts = 0,
      created_at = excluded.created_at, expires_at = excluded.expires_at,
      issued_count = CASE WHEN kept.issued_since > ${windowStart} THEN kept.issued_count + 1 ELSE 1 END,
      issued_since = CASE WHEN kept.issued_since > ${windowStart} THEN kept.issued_since ELSE excluded.issued_since END
    WHERE kept.issued_since <= ${windowStart} OR kept.issued_count < ${quota.max}
    RETURNING user_id`.execute(db);
  return result.rows.length === 1;
}

export interface CodeAttempt {
  readonly user_id: string;
  readonly purpose: CodePurpose;
  readonly target: string;
  readonly now: Date;
  readonly max_attempts: number;
}

/** Counts one try. @returns the hash of the live code, undefined where there is none or its tries are spent */
export async function countAttempt(db: Db, attempt: CodeAttempt): Promise<Buffer | undefined> {
  const row = await db
    .updateTable('verification_codes')
    .set({ attempts: sql`attempts + 1` })
    .where('user_id', '=', attempt.user_id)
    .where('purpose', '=', attempt.purpose)
    .where('target', '=', attempt.target)
    .where('expires_at', '>', attempt.now)
    .where('attempts', '<', attempt.max_attempts)
    .returning('code_hash')
    .executeTakeFirst();
  return row?.code_hash;
}

export async function deleteCode(db: Db, user_id: string, purpose: CodePurpose): Promise<void> {
  await db
    .deleteFrom('verification_codes')
    .where('user_id', '=', user_id)
    .where('purpose', '=', purpose)
    .execute();
}
