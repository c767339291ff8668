// A user's own data: the names and addresses that make a profile, who has them already, and leaving.
import type { Updateable } from 'kysely';
import { type Ctx, signedIn, type TxCtx } from '../../../context.ts';
import type { Users } from '../../../db/schema.generated.ts';
import { inTransaction, violatedConstraint } from '../../../db/transaction.ts';
import type { Language } from '../../../lib/language.ts';
import { conflict, invalidField, notFound } from '../../../lib/problem.ts';
import { parsePhone } from '../../../lib/text/phone.ts';
import { changesBetween, recordAudit } from '../../audit/audit.service.ts';
import { endUserSessions } from '../../auth/sessions/sessions.service.ts';
import { publishEvents } from '../../notifications/notifications.service.ts';
import { isReleasedEmail } from '../contacts/contacts.rules.ts';
import { hasSellerProfile, lastAdmin } from '../users.errors.ts';
import {
  findProfile,
  findSellerIdOf,
  lockUser,
  lockUserAndAdmins,
  type Profile,
  type UserRow,
  updateUser,
} from '../users.queries.ts';

export type { Profile } from '../users.queries.ts';

export interface ProfileInput {
  readonly user_name: string;
  readonly user_email: string;
  readonly user_phone: string;
  readonly first_name: string;
  readonly last_name: string;
  readonly language?: Language;
}

const PERSONAL = ['user_name', 'user_email', 'user_phone', 'first_name', 'last_name'] as const;

/** @throws Problem NOT_FOUND, also for deleted users */
export async function getProfile(ctx: Ctx, id: string): Promise<Profile> {
  const profile = await findProfile(ctx.db, id);
  if (profile === undefined) throw notFound('user');
  return profile;
}

/** The caller's own row, locked; every change to an account begins here. */
export async function lockCaller(ctx: TxCtx): Promise<UserRow> {
  const user = await lockUser(ctx.db, signedIn(ctx).user_id);
  if (user === undefined) throw notFound('user');
  return user;
}

/**
 * Writes changed columns of a locked user. A changed e-mail address or phone number is unconfirmed again, and nobody answers
 * for the address unless `changes` says so.
 */
export async function writeProfile(
  ctx: TxCtx,
  before: UserRow,
  changes: Updateable<Users>,
): Promise<Profile> {
  const { user_email = before.user_email, user_phone = before.user_phone } = changes;
  const isSameEmail = user_email.toLowerCase() === before.user_email.toLowerCase();
  await updateUser(ctx.db, before.id, {
    ...(isSameEmail ? {} : { email_verified_at: null, email_vouched_at: null }),
    ...changes,
    ...(user_phone === before.user_phone ? {} : { phone_verified_at: null }),
    updated_at: ctx.clock.now(),
  }).catch(refuseTaken);
  const user = await getProfile(ctx, before.id);
  await recordAudit(ctx, {
    action: 'user.changed',
    object_type: 'user',
    object_id: user.id,
    changes: changesBetween<UserRow>(before, user, ['role', 'is_active', 'language']),
    personal: PERSONAL.filter((field) => before[field] !== user[field]),
  });
  return user;
}

/** Fields as they are kept: the phone as E.164. @throws Problem VALIDATION_ERROR */
export function profileColumns<T extends Partial<ProfileInput>>(input: T): T {
  const { user_email, user_phone } = input;
  if (user_email !== undefined && isReleasedEmail(user_email))
    throw invalidField('/user_email', 'must be an address that mail can reach');
  return user_phone === undefined ? input : { ...input, user_phone: mobileNumber(user_phone) };
}

function mobileNumber(text: string): string {
  const phone = parsePhone(text);
  if (phone?.kind !== 'mobile')
    throw invalidField('/user_phone', 'must be a Philippine mobile number such as 09171234567');
  return phone.e164;
}

const TAKEN: Readonly<Record<string, { pointer: string; message: string }>> = {
  users_email_key: { pointer: '/user_email', message: 'is the address of another account' },
  users_name_key: { pointer: '/user_name', message: 'is the name of another account' },
  users_phone_key: {
    pointer: '/user_phone',
    message: 'is the confirmed number of another account',
  },
};

/** Turns a broken unique index into a 409 that points at the member. */
export function refuseTaken(error: unknown): never {
  const taken = TAKEN[violatedConstraint(error) ?? ''];
  throw taken === undefined ? error : conflict(taken.pointer, taken.message);
}

/**
 * Soft-deletes a user and ends all sessions; the personal fields go when the time for a restore is over.
 * @throws Problem NOT_FOUND, CONFLICT for a seller or the last admin
 */
export function removeUser(ctx: Ctx, id: string): Promise<void> {
  return inTransaction(ctx, async (ctx) => {
    await lockRemovable(ctx, id);
    if ((await findSellerIdOf(ctx.db, id)) !== undefined) throw hasSellerProfile();
    const now = ctx.clock.now();
    await updateUser(ctx.db, id, { is_active: false, deleted_at: now, updated_at: now });
    await endUserSessions(ctx, { user_id: id, reason: 'DELETED' });
    await recordAudit(ctx, { action: 'user.deleted', object_type: 'user', object_id: id });
    await publishEvents(ctx, [{ topic: 'user.deleted', payload: { user_id: id } }]);
  });
}

/**
 * Locks a user who may stop being an active admin: another one stays.
 * @throws Problem NOT_FOUND, CONFLICT
 */
export async function lockRemovable(ctx: TxCtx, id: string): Promise<UserRow> {
  const locked = await lockUserAndAdmins(ctx.db, id);
  const user = locked.find((row) => row.id === id);
  if (user === undefined) throw notFound('user');
  if (locked.every((row) => row.id === id) && isActiveAdmin(user)) throw lastAdmin();
  return user;
}

export function isActiveAdmin(user: Pick<UserRow, 'role' | 'is_active'>): boolean {
  return user.role === 'admin' && user.is_active;
}
