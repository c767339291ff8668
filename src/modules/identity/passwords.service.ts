// Changing a password that one knows, and replacing one that is lost.
import type { Ctx } from '../../context.ts';
import { inTransaction } from '../../db/transaction.ts';
import { signedIn } from '../../http/access.ts';
import { invalidField } from '../../lib/problem.ts';
import { recordAudit } from '../audit/audit.service.ts';
import { makeCode, redeemCode } from './codes.service.ts';
import { wrongCode, wrongMember } from './identity.errors.ts';
import { notifyUser } from './notices.service.ts';
import { sendResetCodeJob } from './passwords.jobs.ts';
import { passwordFault } from './passwords.rules.ts';
import { hashPassword, isPassword } from './passwords.ts';
import { getProfile, lockCaller } from './profiles.service.ts';
import { endUserSessions } from './sessions.service.ts';
import type { Tokens } from './tokens.ts';
import { findUserByEmail, lockUser, type UserRow, updateUser } from './users.queries.ts';

/**
 * Ends every other session of the caller.
 * @throws Problem INVALID_CREDENTIALS, VALIDATION_ERROR, SERVICE_UNAVAILABLE
 */
export async function changePassword(
  ctx: Ctx,
  passwords: { readonly current: string; readonly next: string },
): Promise<void> {
  const { user_id, session_id } = signedIn(ctx);
  const known = await getProfile(ctx, user_id);
  refuseFaulty(passwords.next, known);
  if (!(await isPassword(passwords.current, known.password_hash))) throw wrongCurrent();
  const password_hash = await hashPassword(passwords.next);
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

/** Does the same for every address, at once: whether it has an account is found out later, by a job. */
export async function requestReset(ctx: Ctx, user_email: string, tokens: Tokens): Promise<void> {
  const { code, code_hash } = makeCode(
    tokens.deriveKeys('one-time-code'),
    'PASSWORD_RESET',
    user_email,
  );
  await ctx.jobs.enqueue(ctx.db, sendResetCodeJob, {
    user_email,
    code,
    code_hash: code_hash.toString('base64url'),
  });
}

export interface Reset {
  readonly user_email: string;
  readonly code: string;
  readonly new_password: string;
}

/**
 * Sets a new password with a code that was mailed, and ends every session. An address without an account and a wrong
 * code get the same answer after the same work.
 * @throws Problem VALIDATION_ERROR, SERVICE_UNAVAILABLE
 */
export async function resetPassword(
  ctx: Ctx,
  { user_email, code, new_password }: Reset,
  tokens: Tokens,
): Promise<void> {
  const password_hash = await hashPassword(new_password);
  const keys = tokens.deriveKeys('one-time-code');
  const isReset = await inTransaction(ctx, async (ctx) => {
    const found = await findUserByEmail(ctx.db, user_email);
    const user = found && (await lockUser(ctx.db, found.id));
    if (!user?.is_active) return false;
    const attempt = {
      user_id: user.id,
      purpose: 'PASSWORD_RESET',
      target: user.user_email,
      code,
    } as const;
    if (!(await redeemCode(ctx, keys, attempt))) return false;
    // After the code, or the answer would tell whose names an address has; the rollback leaves the code unspent.
    refuseFaulty(new_password, user);
    await updateUser(ctx.db, user.id, { password_hash, updated_at: ctx.clock.now() });
    await endUserSessions(ctx, { user_id: user.id, reason: 'PASSWORD' });
    await recordAudit(ctx, {
      action: 'user.password_reset',
      object_type: 'user',
      object_id: user.id,
    });
    await notifyUser(ctx, user, 'password_changed');
    return true;
  });
  if (!isReset) throw wrongCode();
}

function refuseFaulty(new_password: string, user: UserRow): void {
  const fault = passwordFault(new_password, user);
  if (fault !== undefined) throw invalidField('/new_password', fault);
}

function wrongCurrent() {
  return wrongMember('/current_password', 'must be your password as it is now');
}
