// Sending one-time codes: deciding who gets one that was requested without signing in, and creating the code as late as possible.
import type { OutsideCtx, TxCtx } from '../../../context.ts';
import { inTransaction } from '../../../db/transaction.ts';
import { configuredKeys } from '../../../tokens/derived-keys.ts';
import { isTrustedEmail } from '../../users/contacts/contacts.rules.ts';
import { findUserByEmail, findUserById, type UserRow } from '../../users/users.queries.ts';
import { hasSessionFrom } from '../sessions/sessions.queries.ts';
import { findReachedCap } from './code-caps.service.ts';
import { codeMessage } from './codes.messages.ts';
import { type CodePurpose, type CodeRow, findCode, markIssued } from './codes.queries.ts';
import { channelOf, codeOf } from './codes.rules.ts';

/** Sends a code that is still good for something; run again, it sends the same one. */
export async function sendCode(ctx: OutsideCtx, code_id: string): Promise<void> {
  const found = await inTransaction(ctx, async (ctx) => {
    const code = await findCode(ctx.db, code_id);
    if (code === undefined || code.spent_at !== null || code.expires_at <= ctx.clock.now())
      return undefined;
    const user =
      code.user_id === null
        ? await releaseOpenCode(ctx, code)
        : await findUserById(ctx.db, code.user_id);
    return user && { code, user };
  });
  if (found === undefined) return;
  const { purpose, target } = found.code;
  const [key] = configuredKeys(ctx.config, 'one-time-code');
  const code = codeOf(key, found.code);
  const gateway = channelOf(purpose) === 'sms' ? ctx.gateways.sms : ctx.gateways.mail;
  const wording = codeMessage(purpose, found.user.language, code);
  await gateway.send({ to: target, code, ...wording }, ctx.trace);
}

/** @returns whose code it is; undefined where the address gets none */
async function releaseOpenCode(ctx: TxCtx, code: CodeRow): Promise<UserRow | undefined> {
  const { id, target, ip_prefix } = code;
  const user = await findUserByEmail(ctx.db, target);
  if (user === undefined || !mayHave(user, code.purpose)) return undefined;
  const is_familiar = ip_prefix !== null && (await hasSessionFrom(ctx.db, user.id, ip_prefix));
  const cap = await findReachedCap(ctx, { ...code, user_id: user.id, is_familiar });
  if (cap !== undefined) return undefined;
  await markIssued(ctx.db, id, { user_id: user.id, is_familiar, issued_at: ctx.clock.now() });
  return user;
}

/** A reset goes to addresses that are confirmed or that an admin set, a claim to those that nobody has confirmed. */
function mayHave(user: UserRow, purpose: CodePurpose): boolean {
  return purpose === 'EMAIL_CLAIM'
    ? user.email_verified_at === null
    : user.is_active && isTrustedEmail(user);
}
