// Registering and signing in with a password, and a second factor where one is set up.
import type { Ctx, OutsideCtx } from '../../context.ts';
import { inTransaction } from '../../db/transaction.ts';
import { newId } from '../../lib/ids.ts';
import { conflict, invalidField, Problem } from '../../lib/problem.ts';
import { recordAudit } from '../audit/audit.service.ts';
import { publishEvents } from '../notifications/notifications.service.ts';
import {
  getProfile,
  type Profile,
  type ProfileInput,
  profileColumns,
  refuseTaken,
} from '../users/profiles/profiles.service.ts';
import { ACCOUNT_INACTIVE, wrongCredentials } from '../users/users.errors.ts';
import { findUserByEmail, insertUser, isPhoneConfirmed, lockUser } from '../users/users.queries.ts';
import { proveFactor, wrongOtp } from './mfa/mfa.service.ts';
import { passwordFault } from './passwords/passwords.rules.ts';
import { hashPassword, isPassword } from './passwords/passwords.ts';
import { startSession, type TokenPair } from './sessions/sessions.service.ts';

type Registration = ProfileInput & { readonly password: string };

/**
 * Makes a customer who has yet to confirm an address.
 * @throws Problem VALIDATION_ERROR, CONFLICT with the pointer of what is taken, SERVICE_UNAVAILABLE
 */
export async function registerUser(ctx: OutsideCtx, input: Registration): Promise<Profile> {
  return addUser(ctx, await draftUser(ctx, input));
}

type UserDraft = ProfileInput & { readonly password_hash: string };

/** What takes long of a registration. @throws Problem VALIDATION_ERROR, SERVICE_UNAVAILABLE */
export async function draftUser(
  ctx: OutsideCtx,
  { password, ...input }: Registration,
): Promise<UserDraft> {
  const profile = profileColumns(input);
  const fault = passwordFault(password, profile);
  if (fault !== undefined) throw invalidField('/password', fault);
  return { ...profile, password_hash: await hashPassword(ctx, password) };
}

/** @throws Problem CONFLICT with the pointer of what is taken */
export function addUser(ctx: Ctx, draft: UserDraft): Promise<Profile> {
  const id = newId();
  const now = ctx.clock.now();
  return inTransaction(ctx, async (ctx) => {
    if (await isPhoneConfirmed(ctx.db, draft.user_phone)) {
      throw conflict('/user_phone', 'is the confirmed number of another account');
    }
    const row = {
      ...draft,
      id,
      terms_accepted_at: now,
      created_at: now,
      updated_at: now,
    };
    const user = await insertUser(ctx.db, row).catch(refuseTaken);
    await recordAudit(ctx, { action: 'user.registered', object_type: 'user', object_id: id });
    await publishEvents(ctx, [{ topic: 'user.registered', payload: { user_id: id } }]);
    return { ...user, seller_id: null, pending_email: null, pending_phone: null };
  });
}

export interface Credentials {
  readonly user_email: string;
  readonly password: string;
  readonly otp?: string;
}

/**
 * Opens a session. Says the same, after the same work, whether the account does not exist or the password is wrong.
 * @throws Problem INVALID_CREDENTIALS, ACCOUNT_INACTIVE, MFA_REQUIRED, RATE_LIMITED, SERVICE_UNAVAILABLE
 */
export async function logIn(
  ctx: OutsideCtx,
  { user_email, password, otp }: Credentials,
  client: { readonly userAgent?: string | undefined },
): Promise<TokenPair & { user: Profile }> {
  const found = await findUserByEmail(ctx.db, user_email);
  const isRight = await isPassword(ctx, password, found?.password_hash);
  if (found === undefined || !isRight) throw wrongCredentials();
  const outcome = await inTransaction(ctx, async (ctx) => {
    const user = await lockUser(ctx.db, found.id);
    // A password that changed while this one was being checked has ended every session; this must not be a new one.
    if (user?.password_hash !== found.password_hash) throw wrongCredentials();
    if (!user.is_active)
      throw new Problem(ACCOUNT_INACTIVE, 'This account is closed: ask support to open it again.');
    if (!(await proveFactor(ctx, { user, otp }))) return undefined;
    const pair = await startSession(ctx, { user_id: user.id, ...client });
    await recordAudit(ctx, { action: 'session.started', object_type: 'user', object_id: user.id });
    return { ...pair, user: await getProfile(ctx, user.id) };
  });
  if (outcome === undefined) throw wrongOtp();
  return outcome;
}
