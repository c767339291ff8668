// One-time codes: six digits that prove who reads a mailbox or a phone. Ten minutes, five tries, once.
import { createHmac, randomInt, timingSafeEqual } from 'node:crypto';
import type { Ctx, TxCtx } from '../../context.ts';
import { inTransaction } from '../../db/transaction.ts';
import type { KeyRing } from '../../lib/key-ring.ts';
import { HOUR_MS, MINUTE_MS, plusMs } from '../../lib/time.ts';
import { sendMessage } from '../notifications/notifications.service.ts';
import { codeMessage } from './codes.messages.ts';
import { type CodePurpose, countAttempt, deleteCode, replaceCode } from './codes.queries.ts';
import { findUserByEmail } from './users.queries.ts';

const CODE_DIGITS = 6;
export const CODE_LIFETIME_MS = 10 * MINUTE_MS;
export const MAX_CODE_ATTEMPTS = 5;
/** Ten codes of five tries leave a guesser one chance in 20,000 an hour, and spare people floods of messages. */
export const CODE_QUOTA = { max: 10, window_ms: HOUR_MS } as const;

export interface NewCode {
  readonly code: string;
  readonly code_hash: Buffer;
}

/** A fresh code for `target`; nothing is written yet. */
export function makeCode([key]: KeyRing<Buffer>, purpose: CodePurpose, target: string): NewCode {
  const code = randomInt(10 ** CODE_DIGITS)
    .toString()
    .padStart(CODE_DIGITS, '0');
  return { code, code_hash: hashCode(key, { purpose, target, code }) };
}

export interface Recipient {
  readonly id: string;
  readonly language: string;
}

/**
 * Keeps a code in place of the one before and sends it to `target`.
 * @returns false where the user had CODE_QUOTA.max codes for this purpose within the window: nothing is sent
 */
export async function issueCode(
  ctx: TxCtx,
  recipient: Recipient,
  issue: NewCode & { readonly purpose: CodePurpose; readonly target: string },
): Promise<boolean> {
  const { purpose, target, code, code_hash } = issue;
  const now = ctx.clock.now();
  const expires_at = plusMs(now, CODE_LIFETIME_MS);
  const user_id = recipient.id;
  if (
    !(await replaceCode(ctx.db, {
      user_id,
      purpose,
      target,
      code_hash,
      now,
      expires_at,
      quota: CODE_QUOTA,
    }))
  )
    return false;
  const channel = purpose === 'PHONE' ? 'sms' : 'email';
  await sendMessage(ctx, {
    channel,
    to: target,
    code,
    ...codeMessage(purpose, recipient.language, code),
  });
  return true;
}

/** Sends a code to an address that has an active account; for any other there is nothing to do. */
export async function sendResetCode(
  ctx: Ctx,
  { user_email, ...code }: NewCode & { readonly user_email: string },
): Promise<void> {
  await inTransaction(ctx, async (ctx) => {
    const user = await findUserByEmail(ctx.db, user_email);
    if (user?.is_active)
      await issueCode(ctx, user, { ...code, purpose: 'PASSWORD_RESET', target: user.user_email });
  });
}

/** Spends a code. @returns false for a wrong one, whose try must be committed all the same: refuse after the transaction */
export async function redeemCode(
  ctx: TxCtx,
  keys: KeyRing<Buffer>,
  attempt: {
    readonly user_id: string;
    readonly purpose: CodePurpose;
    readonly target: string;
    readonly code: string;
  },
): Promise<boolean> {
  const { user_id, purpose, target } = attempt;
  const expected = await countAttempt(ctx.db, {
    user_id,
    purpose,
    target,
    now: ctx.clock.now(),
    max_attempts: MAX_CODE_ATTEMPTS,
  });
  if (expected === undefined) return false;
  if (!keys.some((key) => timingSafeEqual(expected, hashCode(key, attempt)))) return false;
  await deleteCode(ctx.db, user_id, purpose);
  return true;
}

/** Keyed, because a million plain hashes are computed in a second. */
function hashCode(
  key: Buffer,
  { purpose, target, code }: { purpose: CodePurpose; target: string; code: string },
): Buffer {
  return createHmac('sha256', key).update(`${purpose}:${target.toLowerCase()}:${code}`).digest();
}
