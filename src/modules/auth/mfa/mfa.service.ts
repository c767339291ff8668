// The second factor: TOTP (RFC 6238) with recovery codes. A code counts once, and guessing is slow.
import { generateSecret, generateURI, verifySync } from 'otplib';
import type { Ctx, TxCtx } from '../../../context.ts';
import { inTransaction } from '../../../db/transaction.ts';
import { openSecret, sealSecret } from '../../../lib/keys/sealed.ts';
import { CONFLICT, MFA_REQUIRED, notFound, Problem, RATE_LIMITED } from '../../../lib/problem.ts';
import { MINUTE_MS, SECOND_MS } from '../../../lib/time.ts';
import { recordAudit } from '../../audit/audit.service.ts';
import { notifyUser } from '../../users/notices.service.ts';
import { lockCaller } from '../../users/profiles/profiles.service.ts';
import { wrongMember } from '../../users/users.errors.ts';
import { lockUser, type UserRow, updateUser } from '../../users/users.queries.ts';
import { endUserSessions } from '../sessions/sessions.service.ts';
import { hashRecoveryCode, makeRecoveryCode } from './mfa.crypto.ts';
import {
  deleteRecoveryCodes,
  recordFactorFailure,
  recordFactorSuccess,
  replaceRecoveryCodes,
  spendRecoveryCode,
} from './mfa.queries.ts';

const ISSUER = 'FreshBytes';
export const RECOVERY_CODE_COUNT = 10;
/** Phones' clocks are a little off: the steps before and after count too. */
const TOLERANCE_SECONDS = 30;
/** Only who knows the password can spend these tries, so no stranger can lock anybody out. */
export const MAX_FACTOR_FAILURES = 5;
export const FACTOR_PAUSE_MS = 15 * MINUTE_MS;

export interface Enrollment {
  /** Base32, for typing. */
  readonly secret: string;
  /** For a QR code. */
  readonly otpauth_url: string;
}

/** Makes a secret that counts once a code of it is confirmed. @throws Problem CONFLICT where a factor is set up */
export function enrollFactor(ctx: Ctx): Promise<Enrollment> {
  return inTransaction(ctx, async (ctx) => {
    const user = await lockCaller(ctx);
    if (user.mfa_enabled_at !== null) throw alreadyEnabled();
    const secret = generateSecret();
    const sealed = sealSecret(ctx.tokens.deriveKeys('second-factor'), user.id, secret);
    await updateUser(ctx.db, user.id, {
      mfa_secret: sealed,
      mfa_last_step: null,
      updated_at: ctx.clock.now(),
    });
    return { secret, otpauth_url: generateURI({ issuer: ISSUER, label: user.user_email, secret }) };
  });
}

/**
 * Switches the second factor on. @returns recovery codes, which are shown only now
 * @throws Problem CONFLICT without an enrolment, INVALID_CREDENTIALS for a wrong code, RATE_LIMITED
 */
export async function confirmFactor(ctx: Ctx, otp: string): Promise<string[]> {
  const codes = Array.from({ length: RECOVERY_CODE_COUNT }, makeRecoveryCode);
  const isConfirmed = await inTransaction(ctx, async (ctx) => {
    const user = await lockCaller(ctx);
    if (user.mfa_enabled_at !== null) throw alreadyEnabled();
    const secret = factorSecret(ctx, user);
    if (secret === undefined)
      throw new Problem(CONFLICT, 'Get a secret first: POST /auth/mfa/totp/enroll.');
    if (!(await spendSecondFactor(ctx, { user, otp }))) return false;
    const now = ctx.clock.now();
    await replaceRecoveryCodes(
      ctx.db,
      user.id,
      codes.map((code) => hashRecoveryCode(secret, user.id, code)),
    );
    await updateUser(ctx.db, user.id, { mfa_enabled_at: now, updated_at: now });
    await recordAudit(ctx, { action: 'user.mfa_enabled', object_type: 'user', object_id: user.id });
    await notifyUser(ctx, user, 'mfa_enabled');
    return true;
  });
  if (!isConfirmed) throw wrongOtp();
  return codes;
}

/** @throws Problem CONFLICT where none is set up, INVALID_CREDENTIALS for a wrong code, RATE_LIMITED */
export async function disableFactor(ctx: Ctx, otp: string): Promise<void> {
  const isDisabled = await inTransaction(ctx, async (ctx) => {
    const user = await lockCaller(ctx);
    if (user.mfa_enabled_at === null) throw noFactor();
    if (!(await spendSecondFactor(ctx, { user, otp }))) return false;
    await removeFactor(ctx, user.id);
    await recordAudit(ctx, {
      action: 'user.mfa_disabled',
      object_type: 'user',
      object_id: user.id,
    });
    await notifyUser(ctx, user, 'mfa_disabled');
    return true;
  });
  if (!isDisabled) throw wrongOtp();
}

/**
 * Takes the second factor of somebody who lost it, for support: ends their sessions and tells them.
 * @throws Problem NOT_FOUND, CONFLICT where none is set up
 */
export function clearFactor(ctx: Ctx, user_id: string): Promise<void> {
  return inTransaction(ctx, async (ctx) => {
    const user = await lockUser(ctx.db, user_id);
    if (user === undefined) throw notFound('user');
    if (user.mfa_enabled_at === null) throw noFactor();
    await removeFactor(ctx, user_id);
    await endUserSessions(ctx, { user_id, reason: 'FACTOR_CLEARED' });
    await recordAudit(ctx, {
      action: 'user.mfa_cleared',
      object_type: 'user',
      object_id: user_id,
    });
    await notifyUser(ctx, user, 'mfa_cleared');
  });
}

/** Of a locked user; an enrolment that was never confirmed goes too. */
export async function removeFactor(ctx: TxCtx, user_id: string): Promise<void> {
  const cleared = { mfa_enabled_at: null, mfa_secret: null, mfa_last_step: null };
  const failures = { mfa_failures: 0, mfa_failed_at: null };
  await updateUser(ctx.db, user_id, { ...cleared, ...failures, updated_at: ctx.clock.now() });
  await deleteRecoveryCodes(ctx.db, user_id);
}

/**
 * Has a locked user whose password was right prove their second factor too, where one is set up.
 * @returns false for a wrong code, which is counted: commit, then refuse with `wrongOtp`
 * @throws Problem MFA_REQUIRED without a code, RATE_LIMITED
 */
export async function proveFactor(
  ctx: TxCtx,
  { user, otp }: { user: UserRow; otp: string | undefined },
): Promise<boolean> {
  if (user.mfa_enabled_at === null) return true;
  if (otp !== undefined) return spendSecondFactor(ctx, { user, otp });
  throw new Problem(
    MFA_REQUIRED,
    'Send `otp` too: six digits of your authenticator app, or a recovery code.',
  );
}

/**
 * Spends a code of a locked user. @returns false for a wrong one, which is counted: commit, then refuse
 * @throws Problem RATE_LIMITED during the pause that follows MAX_FACTOR_FAILURES wrong codes
 */
async function spendSecondFactor(
  ctx: TxCtx,
  { user, otp }: { readonly user: UserRow; readonly otp: string },
): Promise<boolean> {
  const now = ctx.clock.now();
  const failures = recentFailures(user, now);
  if (failures >= MAX_FACTOR_FAILURES) {
    const retry_seconds = FACTOR_PAUSE_MS / SECOND_MS;
    throw new Problem(RATE_LIMITED, `Too many wrong codes: wait ${retry_seconds} s.`, {
      headers: { 'retry-after': String(retry_seconds) },
    });
  }
  const secret = factorSecret(ctx, user);
  const step = otp.includes('-') ? undefined : totpStep(user, { otp, secret, now });
  const isRecovery =
    step === undefined &&
    secret !== undefined &&
    (await spendRecoveryCode(ctx.db, {
      user_id: user.id,
      code_hash: hashRecoveryCode(secret, user.id, otp),
      at: now,
    }));
  if (step === undefined && !isRecovery) {
    await recordFactorFailure(ctx.db, user.id, { count: failures + 1, at: now });
    return false;
  }
  await recordFactorSuccess(ctx.db, user.id, step ?? null);
  return true;
}

/** Undefined where no factor was ever enrolled. @throws Error where no secret that is given opens it */
function factorSecret(ctx: Ctx, { id, mfa_secret }: UserRow): string | undefined {
  if (mfa_secret === null) return undefined;
  const opened = openSecret(ctx.tokens.deriveKeys('second-factor'), id, mfa_secret);
  if (opened !== undefined) return opened.secret;
  throw new Error(`APP_SECRET does not hold what encrypted the second factor of ${id}`);
}

function recentFailures({ mfa_failures, mfa_failed_at }: UserRow, now: Date): number {
  const isRecent =
    mfa_failed_at !== null && now.getTime() - mfa_failed_at.getTime() < FACTOR_PAUSE_MS;
  return isRecent ? mfa_failures : 0;
}

/** The step whose code this is, later than every step that was used; undefined for any other text. */
function totpStep(
  user: UserRow,
  { otp, secret, now }: { otp: string; secret: string | undefined; now: Date },
): number | undefined {
  if (secret === undefined) return undefined;
  const result = verifySync({
    secret,
    token: otp,
    epoch: Math.floor(now.getTime() / SECOND_MS),
    epochTolerance: TOLERANCE_SECONDS,
    ...(user.mfa_last_step === null ? {} : { afterTimeStep: user.mfa_last_step }),
  });
  return result.valid && 'timeStep' in result ? result.timeStep : undefined;
}

function noFactor(): Problem {
  return new Problem(CONFLICT, 'No second factor is set up.');
}

function alreadyEnabled(): Problem {
  return new Problem(CONFLICT, 'A second factor is set up already: disable it first.');
}

export function wrongOtp(): Problem {
  return wrongMember(
    '/otp',
    'must be a fresh code of your authenticator app, or an unused recovery code',
  );
}
