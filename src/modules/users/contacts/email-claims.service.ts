// Addresses that were registered and never confirmed: whoever reads the mailbox can take them from that account.
import type { Ctx, TxCtx } from '../../../context.ts';
import { inTransaction } from '../../../db/transaction.ts';
import { recordAudit } from '../../audit/audit.service.ts';
import { markSpent, voidCodes } from '../../auth/codes/codes.queries.ts';
import { openCode, tryCode } from '../../auth/codes/codes.service.ts';
import { endUserSessions } from '../../auth/sessions/sessions.service.ts';
import { notifyUser } from '../notices.service.ts';
import { wrongCode } from '../users.errors.ts';
import { findUserByEmail, lockUser, updateUser } from '../users.queries.ts';
import { closePendingChanges } from './contacts.queries.ts';
import { releasedEmail } from './contacts.rules.ts';

/** Does the same for every address. @returns the id that the code must come back with */
export function requestClaim(ctx: Ctx, user_email: string): Promise<string> {
  return openCode(ctx, 'EMAIL_CLAIM', user_email);
}

export interface Claim {
  readonly user_email: string;
  readonly claim_id: string;
  readonly code: string;
}

/**
 * Takes an address that nobody confirmed from the account that holds it. The proof is the mailbox: neither sessions nor
 * a second factor of that account stand against it.
 * @throws Problem VALIDATION_ERROR for a wrong or spent code
 */
export async function claimEmail(ctx: Ctx, { user_email, claim_id, code }: Claim): Promise<void> {
  const right = await inTransaction(ctx, (ctx) =>
    tryCode(ctx, code, { purpose: 'EMAIL_CLAIM', target: user_email, of: { id: claim_id } }),
  );
  if (right === undefined) throw wrongCode();
  await inTransaction(ctx, async (ctx) => {
    // First: freeing the address voids every code that was for it.
    if (!(await markSpent(ctx.db, right.id, ctx.clock.now()))) throw wrongCode();
    await freeUnconfirmedEmail(ctx, user_email);
  });
}

/**
 * Takes an address from the account that holds it unconfirmed, if one does: it gets a placeholder, to which no mail goes,
 * and its sessions end. Whoever calls has seen the proof of the mailbox.
 */
export async function freeUnconfirmedEmail(
  ctx: TxCtx,
  user_email: string,
  except?: string,
): Promise<void> {
  const found = await findUserByEmail(ctx.db, user_email);
  if (found === undefined || found.id === except) return;
  const holder = await lockUser(ctx.db, found.id);
  if (holder === undefined || holder.email_verified_at !== null) return;
  if (holder.user_email.toLowerCase() !== user_email.toLowerCase()) return;
  const now = ctx.clock.now();
  const user_id = holder.id;
  const columns = { user_email: releasedEmail(), email_vouched_at: null, updated_at: now };
  await updateUser(ctx.db, user_id, columns);
  await closePendingChanges(ctx.db, { user_id, contact: 'email', at: now });
  await voidCodes(ctx.db, user_id, now);
  await endUserSessions(ctx, { user_id, reason: 'EMAIL_CLAIMED' });
  await recordAudit(ctx, {
    action: 'user.email_claimed',
    object_type: 'user',
    object_id: user_id,
    personal: ['user_email'],
  });
  await notifyUser(ctx, holder, 'email_claimed');
}
