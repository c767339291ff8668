// Changing a password that one knows, and replacing one that is lost.
import { type Ctx, type OutsideCtx, signedIn } from '../../../context.ts';
import { inTransaction } from '../../../db/transaction.ts';
import { invalidField } from '../../../lib/problem.ts';
import { recordAudit } from '../../audit/audit.service.ts';
import { isTrustedEmail } from '../../users/contacts/contacts.rules.ts';
import { notifyUser } from '../../users/notices.service.ts';
import { getProfile, lockCaller } from '../../users/profiles/profiles.service.ts';
import { wrongCode, wrongMember } from '../../users/users.errors.ts';
import { lockUser, type UserRow, updateUser } from '../../users/users.queries.ts';
import { markSpent } from '../codes/codes.queries.ts';
import { openCode, tryCode } from '../codes/codes.service.ts';
import { endUserSessions } from '../sessions/sessions.service.ts';
import { passwordFault } from './passwords.rules.ts';
import { hashPassword, isPassword } from './passwords.ts';

/**
 * Ends every other session of the caller.
 * @throws Problem INVALID_CREDENTIALS, VALIDATION_ERROR, SERVICE_UNAVAILABLE
 */
export async function changePassword(
  ctx: OutsideCtx,
  passwords: { readonly current: string; readonly next: string },
): Promise<void> {
  const { user_id, session_id } = signedIn(ctx);
  const known = await getProfile(ctx, user_id);
  refuseFaulty(passwords.next, known);
  if (!(await isPassword(ctx, passwords.current, known.password_hash))) throw wrongCurrent();
  const password_hash = await hashPassword(ctx, passwords.next);
  await inTransaction(ctx, async (ctx) => {
    const user = await lockCaller(ctx);
    if (user.password_hash !== known.password_hash) throw wrongCurrent();
    await updateUser(ctx.db, user_id, { password_hash, updated_at: ctx.clock.now() });
    await endUserSessions(ctx, { user_id, reason: 'PASSWORD', except: session_id });
    await recordAudit(ctx, {
      action: 'user.password_changed',
      object_type: 'user',
      object_id: user_id,
    });
    await notifyUser(ctx, user, 'password_changed');
  });
}

/**
 * Does the same for every address, at once: whether it has an account is found out later, by a job.
 * @returns the id that the code must come back with
 */
export function requestReset(ctx: Ctx, user_email: string): Promise<string> {
  return openCode(ctx, 'PASSWORD_RESET', user_email);
}

export interface Reset {
  readonly user_email: string;
  readonly reset_id: string;
  readonly code: string;
  readonly new_password: string;
}

/**
 * Sets a new password with a code that was mailed, and ends every session. An address without an account and a wrong
 * code get the same answer after the same work. Confirms the address, which the code proved.
 * @throws Problem VALIDATION_ERROR, SERVICE_UNAVAILABLE
 */
export async function resetPassword(
  ctx: OutsideCtx,
  { user_email, reset_id, code, new_password }: Reset,
): Promise<void> {
  const right = await inTransaction(ctx, (ctx) =>
    tryCode(ctx, code, { purpose: 'PASSWORD_RESET', target: user_email, of: { id: reset_id } }),
  );
  if (right === undefined) throw wrongCode();
  const password_hash = await hashPassword(ctx, new_password);
  await inTransaction(ctx, async (ctx) => {
    const user = await lockUser(ctx.db, right.user_id);
    if (!isReachedAt(user, user_email)) throw wrongCode();
    // After the code, or the answer would reveal whose names an address has; the rollback leaves the code unspent.
    refuseFaulty(new_password, user);
    const now = ctx.clock.now();
    if (!(await markSpent(ctx.db, right.id, now))) throw wrongCode();
    // The code proved the mailbox, where an admin had only set the address.
    const email_verified_at = user.email_verified_at ?? now;
    const columns = { password_hash, email_verified_at, email_vouched_at: null, updated_at: now };
    await updateUser(ctx.db, user.id, columns);
    await endUserSessions(ctx, { user_id: user.id, reason: 'PASSWORD' });
    const about = { object_type: 'user', object_id: user.id } as const;
    await recordAudit(ctx, { action: 'user.password_reset', ...about });
    if (user.email_verified_at === null)
      await recordAudit(ctx, { action: 'user.email_verified', ...about });
    await notifyUser(ctx, { ...user, email_verified_at }, 'password_changed');
  });
}

/** Whether the code still goes to where this account is reached: it may have got another address since. */
function isReachedAt(user: UserRow | undefined, user_email: string): user is UserRow {
  return (
    user?.is_active === true &&
    isTrustedEmail(user) &&
    user.user_email.toLowerCase() === user_email.toLowerCase()
  );
}

function refuseFaulty(new_password: string, user: UserRow): void {
  const fault = passwordFault(new_password, user);
  if (fault !== undefined) throw invalidField('/new_password', fault);
}

function wrongCurrent() {
  return wrongMember('/current_password', 'must be your password as it is now');
}
