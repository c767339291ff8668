// Confirming an e-mail address or a phone number: what turns a user into a verified user.
import type { Ctx } from '../../context.ts';
import { inTransaction } from '../../db/transaction.ts';
import { CONFLICT, Problem, RATE_LIMITED, SERVICE_UNAVAILABLE } from '../../lib/problem.ts';
import { HOUR_MS, SECOND_MS } from '../../lib/time.ts';
import { recordAudit } from '../audit/audit.service.ts';
import { issueCode, makeCode, redeemCode } from './codes.service.ts';
import { wrongCode } from './identity.errors.ts';
import { getProfile, lockCaller, type Profile, refuseTaken } from './profiles.service.ts';
import type { Tokens } from './tokens.ts';
import { updateUser } from './users.queries.ts';

export type Contact = 'email' | 'phone';

const CONTACTS = {
  email: {
    purpose: 'EMAIL',
    target: 'user_email',
    confirmed: 'email_verified_at',
    noun: 'e-mail address',
  },
  phone: {
    purpose: 'PHONE',
    target: 'user_phone',
    confirmed: 'phone_verified_at',
    noun: 'phone number',
  },
} as const;

/**
 * @throws Problem CONFLICT where it is confirmed already, RATE_LIMITED after too many codes, SERVICE_UNAVAILABLE for a
 * phone number where nobody sends SMS
 */
export async function requestVerification(
  ctx: Ctx,
  contact: Contact,
  tokens: Tokens,
): Promise<void> {
  if (contact === 'phone' && ctx.config.SMS_PROVIDER === 'none')
    throw new Problem(
      SERVICE_UNAVAILABLE,
      'No SMS is sent here: confirm your e-mail address instead.',
    );
  const { purpose, target, confirmed, noun } = CONTACTS[contact];
  await inTransaction(ctx, async (ctx) => {
    const user = await lockCaller(ctx);
    if (user[confirmed] !== null) throw new Problem(CONFLICT, `Your ${noun} is confirmed already.`);
    const code = makeCode(tokens.deriveKeys('one-time-code'), purpose, user[target]);
    if (!(await issueCode(ctx, user, { ...code, purpose, target: user[target] }))) {
      throw new Problem(
        RATE_LIMITED,
        'Too many codes were sent to you: use the newest one, or try again in an hour.',
        {
          headers: { 'retry-after': String(HOUR_MS / SECOND_MS) },
        },
      );
    }
  });
}

/** @throws Problem VALIDATION_ERROR for a wrong or spent code, CONFLICT where another account confirmed the number first */
export async function confirmContact(
  ctx: Ctx,
  contact: Contact,
  { code, tokens }: { readonly code: string; readonly tokens: Tokens },
): Promise<Profile> {
  const { purpose, target, confirmed } = CONTACTS[contact];
  const keys = tokens.deriveKeys('one-time-code');
  const user = await inTransaction(ctx, async (ctx) => {
    const user = await lockCaller(ctx);
    if (!(await redeemCode(ctx, keys, { user_id: user.id, purpose, target: user[target], code })))
      return undefined;
    const now = ctx.clock.now();
    await updateUser(ctx.db, user.id, { [confirmed]: now, updated_at: now }).catch(refuseTaken);
    await recordAudit(ctx, {
      action: `user.${contact}_verified`,
      object_type: 'user',
      object_id: user.id,
    });
    return getProfile(ctx, user.id);
  });
  if (user === undefined) throw wrongCode();
  return user;
}
