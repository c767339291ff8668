// Somebody of the database as the one who acts, without their password and without a session.
import type { UserActor } from '../../context.ts';
import type { Db } from '../../db/database.ts';
import { CliError } from '../../lib/exit.ts';
import { newId } from '../../lib/ids.ts';
import { findUserByEmail } from '../../modules/users/users.queries.ts';

/**
 * As their request would have them, freshly proven; the session's id is a new one that no row has.
 * @throws CliError where nobody has the address, or who has it is deactivated
 */
export async function actAs(db: Db, user_email: string, now: Date): Promise<UserActor> {
  const user = await findUserByEmail(db, user_email);
  if (user === undefined) throw new CliError(`No user has the address ${user_email}.`);
  if (!user.is_active) throw new CliError(`${user_email} is deactivated.`);
  const seller = await db
    .selectFrom('sellers')
    .select(['id', 'status'])
    .where('user_id', '=', user.id)
    .where('deleted_at', 'is', null)
    .executeTakeFirst();
  return {
    kind: 'user',
    user_id: user.id,
    session_id: newId(),
    role: user.role,
    is_verified: user.email_verified_at !== null || user.phone_verified_at !== null,
    has_mfa: user.mfa_enabled_at !== null,
    proven_at: now,
    ...(seller && { seller }),
  };
}
