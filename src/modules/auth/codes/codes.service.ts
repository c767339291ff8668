// One-time codes: six digits that prove who reads a mailbox or a phone. Ten minutes, five tries, once.
import type { Ctx, TxCtx } from '../../../context.ts';
import { deleteBefore } from '../../../db/batches/delete-before.ts';
import { inTransaction } from '../../../db/transaction.ts';
import { newId } from '../../../lib/ids.ts';
import { Problem, RATE_LIMITED, SERVICE_UNAVAILABLE } from '../../../lib/problem.ts';
import { DAY_MS, plusMs, SECOND_MS } from '../../../lib/time.ts';
import { configuredKeys } from '../../../tokens/derived-keys.ts';
import type { UserRow } from '../../users/users.queries.ts';
import { findReachedCap } from './code-caps.service.ts';
import { sendCodeJob } from './codes.jobs.ts';
import {
  type CodeAttempt,
  type CodePurpose,
  type CodeRow,
  countAttempt,
  insertCode,
} from './codes.queries.ts';
import {
  CODE_LIFETIME_MS,
  channelOf,
  isCode,
  MAX_CODE_ATTEMPTS,
  type ReachedCap,
} from './codes.rules.ts';

/** The longest window that codes are counted in, and a day to look into what happened. */
const CODE_RETENTION_MS = 2 * DAY_MS;

/** For which purposes a code may be asked for by somebody who is not signed in. */
export type OpenPurpose = Extract<CodePurpose, 'PASSWORD_RESET' | 'EMAIL_CLAIM'>;

/**
 * Sends a code to an address of a signed-in user, whom the caller has locked. It voids those before.
 * @throws Problem RATE_LIMITED where one of the caps is reached, SERVICE_UNAVAILABLE for a number where nobody sends SMS
 */
export async function issueCode(
  ctx: TxCtx,
  user: Pick<UserRow, 'id'>,
  { purpose, target }: { readonly purpose: CodePurpose; readonly target: string },
): Promise<void> {
  if (channelOf(purpose) === 'sms' && ctx.config.SMS_PROVIDER === 'none')
    throw new Problem(
      SERVICE_UNAVAILABLE,
      'No SMS is sent here: confirm your e-mail address instead.',
    );
  const now = ctx.clock.now();
  const row = { ...newCode(ctx, purpose, target), is_familiar: true };
  const cap = await findReachedCap(ctx, { ...row, user_id: user.id });
  if (cap !== undefined) throw tooMany(cap);
  await insertCode(ctx.db, { ...row, user_id: user.id, issued_at: now });
  await ctx.jobs.enqueue(ctx.db, sendCodeJob, { code_id: row.id });
}

/**
 * Notes that somebody asks for a code; whether the address has an account, and gets one, a job finds out later. The same
 * is done for every address, here and when the code is tried.
 * @returns the id that the code must come back with: tries count against it alone, so nobody can spend those of others
 */
export async function openCode(ctx: Ctx, purpose: OpenPurpose, target: string): Promise<string> {
  const row = newCode(ctx, purpose, target);
  await inTransaction(ctx, async (ctx) => {
    await insertCode(ctx.db, row);
    await ctx.jobs.enqueue(ctx.db, sendCodeJob, { code_id: row.id });
  });
  return row.id;
}

function newCode(ctx: Ctx, purpose: CodePurpose, target: string) {
  const now = ctx.clock.now();
  const expires_at = plusMs(now, CODE_LIFETIME_MS);
  const ip_prefix = ctx.ipPrefix ?? null;
  return { id: newId(), purpose, target, ip_prefix, created_at: now, expires_at };
}

/**
 * Tries a code; `markSpent` it in the transaction that uses it. The try must be committed even where the code is wrong:
 * refuse after the transaction.
 * @returns the code where it is right
 */
export async function tryCode(
  ctx: TxCtx,
  code: string,
  which: Pick<CodeAttempt, 'purpose' | 'target' | 'of'>,
): Promise<(CodeRow & { readonly user_id: string }) | undefined> {
  const keys = configuredKeys(ctx.config, 'one-time-code');
  const now = ctx.clock.now();
  const row = await countAttempt(ctx.db, { ...which, now, max_attempts: MAX_CODE_ATTEMPTS });
  // Without a code there is as much to compute as with one.
  const isRight = isCode(keys, row ?? { id: '', ...which }, code);
  if (row === undefined || !isRight || row.issued_at === null || row.user_id === null)
    return undefined;
  return { ...row, user_id: row.user_id };
}

export async function forgetOldCodes(ctx: Ctx): Promise<void> {
  const before = plusMs(ctx.clock.now(), -CODE_RETENTION_MS);
  await deleteBefore(ctx.db, 'one_time_codes', 'created_at', before);
}

function tooMany({ reason, wait_ms }: ReachedCap): Problem {
  return new Problem(RATE_LIMITED, `Too many ${reason}: use the newest one, or try again later.`, {
    headers: { 'retry-after': String(wait_ms / SECOND_MS) },
  });
}
