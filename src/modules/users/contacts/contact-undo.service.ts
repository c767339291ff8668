// Undoing a changed address: for somebody whose account was taken over, who still reads the old one.
import { randomBytes } from 'node:crypto';
import type { OutsideCtx, TxCtx } from '../../../context.ts';
import { inTransaction } from '../../../db/transaction.ts';
import { invalidField } from '../../../lib/problem.ts';
import { configuredKeys } from '../../../tokens/derived-keys.ts';
import { recordAudit } from '../../audit/audit.service.ts';
import { voidCodes } from '../../auth/codes/codes.queries.ts';
import { removeFactor } from '../../auth/mfa/mfa.service.ts';
import { hashPassword } from '../../auth/passwords/passwords.ts';
import { endUserSessions } from '../../auth/sessions/sessions.service.ts';
import { notifyUser } from '../notices.service.ts';
import { refuseTaken } from '../profiles/profiles.service.ts';
import { findUserById, lockUser, type UserRow, updateUser } from '../users.queries.ts';
import { type ChangeEvent, changeMessage } from './contacts.messages.ts';
import {
  type ContactChangeRow,
  closeChangesFrom,
  closePendingChanges,
  findContactChange,
} from './contacts.queries.ts';
import { CONTACTS, changeOfToken, isUndoable, undoToken } from './contacts.rules.ts';
import { freeUnconfirmedEmail } from './email-claims.service.ts';

const RANDOM_PASSWORD_BYTES = 32;

/** Notifies the old address of a change that can still be undone. */
export async function sendChangeNotice(
  ctx: OutsideCtx,
  change_id: string,
  event: ChangeEvent,
): Promise<void> {
  const change = await findContactChange(ctx.db, change_id);
  if (change === undefined || !isUndoable(change, ctx.clock.now())) return;
  const user = await findUserById(ctx.db, change.user_id);
  if (user === undefined || user.deleted_at !== null) return;
  const [key] = configuredKeys(ctx.config, 'contact-undo');
  const url = `${ctx.config.publicUrl}/account/undo?token=${undoToken(key, change.id)}`;
  const { contact, old_value } = change;
  const message = {
    to: old_value,
    ...changeMessage({ contact, event, language: user.language }, url),
  };
  const gateway = contact === 'email' ? ctx.gateways.mail : ctx.gateways.sms;
  await gateway.send(message, ctx.trace);
}

/**
 * Brings the old address back and puts out whoever changed it: every session ends, every code is void, what changed later
 * is void too, and so are the password and a second factor that was set up since.
 * @throws Problem VALIDATION_ERROR for a token that is wrong, spent or too old, CONFLICT where the old address was
 * confirmed by another account meanwhile, SERVICE_UNAVAILABLE
 */
export async function undoContactChange(ctx: OutsideCtx, token: string): Promise<void> {
  const change_id = changeOfToken(configuredKeys(ctx.config, 'contact-undo'), token);
  if (change_id === undefined) throw uselessToken();
  const password_hash = await hashPassword(
    ctx,
    randomBytes(RANDOM_PASSWORD_BYTES).toString('base64url'),
  );
  await inTransaction(ctx, async (ctx) => {
    const named = await findContactChange(ctx.db, change_id);
    const user = named && (await lockUser(ctx.db, named.user_id));
    // Read again: whoever held the lock may have closed it.
    const change = user && (await findContactChange(ctx.db, change_id));
    const now = ctx.clock.now();
    if (user === undefined || change === undefined || !isUndoable(change, now))
      throw uselessToken();
    await closeChangesFrom(ctx.db, change, now);
    await closePendingChanges(ctx.db, { user_id: user.id, at: now });
    await restoreContact(ctx, user, { change, password_hash });
    if (user.mfa_enabled_at !== null && user.mfa_enabled_at >= change.created_at)
      await removeFactor(ctx, user.id);
    await voidCodes(ctx.db, user.id, now);
    await endUserSessions(ctx, { user_id: user.id, reason: 'CONTACT_UNDONE' });
    await recordAudit(ctx, {
      action: `user.${change.contact}_change_undone`,
      object_type: 'user',
      object_id: user.id,
      personal: [CONTACTS[change.contact].field],
    });
  });
}

async function restoreContact(
  ctx: TxCtx,
  user: UserRow,
  { change, password_hash }: { change: ContactChangeRow; password_hash: string },
): Promise<void> {
  const { contact, confirmed_at, old_value } = change;
  const { field, confirmed } = CONTACTS[contact];
  const now = ctx.clock.now();
  if (contact === 'email') await freeUnconfirmedEmail(ctx, old_value, user.id);
  const restored = confirmed_at === null ? {} : { [field]: old_value, [confirmed]: now };
  // Whoever changed the address knew the password. Without a confirmed mailbox nobody could get another one.
  const canReset = contact === 'email' || user.email_verified_at !== null;
  const password = canReset ? { password_hash } : {};
  await updateUser(ctx.db, user.id, { ...restored, ...password, updated_at: now }).catch(
    refuseTaken,
  );
  await notifyUser(ctx, { ...user, ...restored }, 'contact_undone');
}

function uselessToken() {
  return invalidField(
    '/token',
    'must be the token of a message about a change that was not undone, and confirmed at most seven days ago',
    'wrong',
  );
}
