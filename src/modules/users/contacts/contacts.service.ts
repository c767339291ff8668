// Changed addresses and numbers: in force once a code confirms them, and not before.
import type { Updateable } from 'kysely';
import type { Ctx, TxCtx } from '../../../context.ts';
import { deleteBefore } from '../../../db/batches/delete-before.ts';
import type { Users } from '../../../db/schema.generated.ts';
import { inTransaction } from '../../../db/transaction.ts';
import { newId } from '../../../lib/ids.ts';
import { CONFLICT, Problem } from '../../../lib/problem.ts';
import { DAY_MS, plusMs } from '../../../lib/time.ts';
import { recordAudit } from '../../audit/audit.service.ts';
import { markSpent } from '../../auth/codes/codes.queries.ts';
import { issueCode, tryCode } from '../../auth/codes/codes.service.ts';
import {
  getProfile,
  lockCaller,
  type Profile,
  type ProfileInput,
  profileColumns,
  refuseTaken,
  writeProfile,
} from '../profiles/profiles.service.ts';
import { wrongCode } from '../users.errors.ts';
import { type UserRow, updateUser } from '../users.queries.ts';
import { sendChangeNoticeJob } from './contacts.jobs.ts';
import type { ChangeEvent } from './contacts.messages.ts';
import {
  type ContactChangeRow,
  closePendingChanges,
  confirmChange,
  findPendingChange,
  insertContactChange,
} from './contacts.queries.ts';
import { CONTACTS, type Contact } from './contacts.rules.ts';
import { freeUnconfirmedEmail } from './email-claims.service.ts';

/** Past the week in which one can be undone, for whoever looks into a stolen account. */
const CHANGE_RETENTION_MS = 30 * DAY_MS;

/**
 * Changes the caller's own profile. A new e-mail address, and a new number where the old one is confirmed, wait for the
 * code that is sent to them; until then nothing reveals whether they belong to another account.
 * @throws Problem VALIDATION_ERROR, CONFLICT with the pointer of the name that is taken, RATE_LIMITED for too many codes
 */
export function changeOwnProfile(ctx: Ctx, changes: Partial<ProfileInput>): Promise<Profile> {
  const { user_email, user_phone, ...others } = profileColumns(changes);
  return inTransaction(ctx, async (ctx) => {
    const user = await lockCaller(ctx);
    const email = await changeContact(ctx, user, { contact: 'email', value: user_email });
    const phone = await changeContact(ctx, user, { contact: 'phone', value: user_phone });
    return writeProfile(ctx, user, { ...others, ...email, ...phone });
  });
}

/** @returns what of the change needs no code: nothing, or the columns */
async function changeContact(
  ctx: TxCtx,
  user: UserRow,
  { contact, value }: { contact: Contact; value: string | undefined },
): Promise<Updateable<Users>> {
  if (value === undefined) return {};
  const { field, confirmed, purpose } = CONTACTS[contact];
  const now = ctx.clock.now();
  const of = { user_id: user.id, contact, at: now };
  const isSame = value.toLowerCase() === user[field].toLowerCase();
  // A number that nobody confirmed proves nothing and keeps nobody else from having it.
  if (isSame || (contact === 'phone' && user[confirmed] === null)) {
    await closePendingChanges(ctx.db, of);
    return { [field]: value };
  }
  const pending = await findPendingChange(ctx.db, user.id, contact);
  if (pending?.new_value.toLowerCase() !== value.toLowerCase()) {
    await closePendingChanges(ctx.db, of);
    await beginChange(ctx, user, { contact, value });
  }
  await issueCode(ctx, user, { purpose, target: value });
  return {};
}

async function beginChange(
  ctx: TxCtx,
  user: UserRow,
  { contact, value }: { contact: Contact; value: string },
): Promise<void> {
  const { field, confirmed } = CONTACTS[contact];
  const change = {
    id: newId(),
    user_id: user.id,
    contact,
    old_value: user[field],
    new_value: value,
    old_confirmed: user[confirmed] !== null,
    created_at: ctx.clock.now(),
  };
  await insertContactChange(ctx.db, change);
  await recordAudit(ctx, {
    action: `user.${contact}_change_requested`,
    object_type: 'user',
    object_id: user.id,
    personal: [field],
  });
  await tellOldContact(ctx, change, 'requested');
}

/** Nothing where the old one was never confirmed: it may be a stranger's. */
async function tellOldContact(
  ctx: TxCtx,
  { id, old_confirmed }: Pick<ContactChangeRow, 'id' | 'old_confirmed'>,
  event: ChangeEvent,
): Promise<void> {
  if (old_confirmed) await ctx.jobs.enqueue(ctx.db, sendChangeNoticeJob, { change_id: id, event });
}

/**
 * Sends a code to the address that waits to be confirmed: the changed one, or else the one that there is.
 * @throws Problem CONFLICT where it is confirmed already, RATE_LIMITED after too many codes
 */
export function requestVerification(ctx: Ctx, contact: Contact): Promise<void> {
  const { purpose, field, confirmed, noun } = CONTACTS[contact];
  return inTransaction(ctx, async (ctx) => {
    const user = await lockCaller(ctx);
    const pending = await findPendingChange(ctx.db, user.id, contact);
    if (pending === undefined && user[confirmed] !== null)
      throw new Problem(CONFLICT, `Your ${noun} is confirmed already.`);
    await issueCode(ctx, user, { purpose, target: pending?.new_value ?? user[field] });
  });
}

/**
 * Confirms it, and puts a changed one in force. An account that holds an e-mail address without ever having confirmed it
 * loses it to whoever does.
 * @throws Problem VALIDATION_ERROR for a wrong or spent code, CONFLICT where another account confirmed it first
 */
export async function confirmContact(ctx: Ctx, contact: Contact, code: string): Promise<Profile> {
  const { purpose, field, confirmed } = CONTACTS[contact];
  const user = await inTransaction(ctx, async (ctx) => {
    const user = await lockCaller(ctx);
    const pending = await findPendingChange(ctx.db, user.id, contact);
    const target = pending?.new_value ?? user[field];
    const right = await tryCode(ctx, code, { purpose, target, of: { user_id: user.id } });
    if (right === undefined) return undefined;
    const now = ctx.clock.now();
    await markSpent(ctx.db, right.id, now);
    if (contact === 'email') await freeUnconfirmedEmail(ctx, target, user.id);
    const vouched = contact === 'email' ? { email_vouched_at: null } : {};
    const columns = { [field]: target, [confirmed]: now, ...vouched, updated_at: now };
    await updateUser(ctx.db, user.id, columns).catch(refuseTaken);
    await recordAudit(ctx, {
      action: `user.${contact}_verified`,
      object_type: 'user',
      object_id: user.id,
      ...(pending === undefined ? {} : { personal: [field] }),
    });
    if (pending !== undefined) {
      await confirmChange(ctx.db, pending.id, now);
      await tellOldContact(ctx, pending, 'confirmed');
    }
    return getProfile(ctx, user.id);
  });
  if (user === undefined) throw wrongCode();
  return user;
}

export async function forgetOldChanges(ctx: Ctx): Promise<void> {
  const before = plusMs(ctx.clock.now(), -CHANGE_RETENTION_MS);
  await deleteBefore(ctx.db, 'contact_changes', 'created_at', before);
}
