// Users as admins manage them: finding, changing roles, closing accounts and opening them again.
import type { Updateable } from 'kysely';
import type { Ctx, Role, TxCtx } from '../../context.ts';
import type { SortKey } from '../../db/paging/keyset.ts';
import type { Page, PageRequest } from '../../db/paging/paging.ts';
import type { Users } from '../../db/schema.generated.ts';
import { inTransaction } from '../../db/transaction.ts';
import { CONFLICT, notFound, Problem } from '../../lib/problem.ts';
import { recordAudit } from '../audit/audit.service.ts';
import { voidCodes } from '../auth/codes/codes.queries.ts';
import { endUserSessions } from '../auth/sessions/sessions.service.ts';
import { closeAllChanges } from './contacts/contacts.queries.ts';
import { notifyUser } from './notices.service.ts';
import {
  getProfile,
  isActiveAdmin,
  lockRemovable,
  type Profile,
  type ProfileInput,
  profileColumns,
  refuseTaken,
  writeProfile,
} from './profiles/profiles.service.ts';
import { hasSellerProfile } from './users.errors.ts';
import {
  findSellerIdOf,
  findUserPage,
  lockAnyUser,
  type UserFilter,
  type UserRow,
  updateUser,
} from './users.queries.ts';

export interface UserChange extends Partial<ProfileInput> {
  readonly role?: Role;
  readonly is_active?: boolean;
}

export const USER_SORTS = ['created_at', 'user_name', 'user_email', 'last_name'] as const;

const SORT_KEYS: Readonly<Record<string, Omit<SortKey, 'direction'>>> = {
  created_at: { expression: 'users.created_at', type: 'timestamptz' },
  user_name: { expression: 'lower(users.user_name)', type: 'text' },
  user_email: { expression: 'lower(users.user_email)', type: 'text' },
  last_name: { expression: 'lower(users.last_name)', type: 'text' },
};

/** `ordering`: names of USER_SORTS, `-` before one turns it round, commas between; ties by id. */
export function listUsers(
  ctx: Ctx,
  filter: UserFilter & { readonly ordering?: string },
  page: PageRequest,
): Promise<Page<Profile>> {
  return findUserPage(ctx.db, filter, { order: sortKeys(filter.ordering ?? '-created_at'), page });
}

function sortKeys(ordering: string): SortKey[] {
  const keys = ordering.split(',').flatMap((term): SortKey[] => {
    const key = SORT_KEYS[term.replace(/^-/, '')];
    return key === undefined ? [] : [{ ...key, direction: directionOf(term) }];
  });
  return [...keys, { expression: 'users.id', type: 'uuid', direction: directionOf(ordering) }];
}

function directionOf(term: string): 'asc' | 'desc' {
  return term.startsWith('-') ? 'desc' : 'asc';
}

/**
 * Changes anything an admin may change about a user; a closed account is signed out everywhere.
 * @throws Problem NOT_FOUND, VALIDATION_ERROR, CONFLICT for taken names, sellers' roles and the last admin
 */
export function changeUser(ctx: Ctx, id: string, changes: UserChange): Promise<Profile> {
  return inTransaction(ctx, async (ctx) => {
    const before = await lockForChange(ctx, id, changes);
    if (
      changes.role !== undefined &&
      changes.role !== before.role &&
      (await findSellerIdOf(ctx.db, id)) !== undefined
    ) {
      throw hasSellerProfile();
    }
    const columns = { ...profileColumns(changes), ...vouchFor(ctx, before, changes) };
    const user = await writeProfile(ctx, before, columns);
    await tellOfReplacement(ctx, before, user);
    if (before.is_active && !user.is_active)
      await endUserSessions(ctx, { user_id: id, reason: 'DEACTIVATED' });
    return user;
  });
}

/** An admin who sets an address answers for it: the owner may have lost the mailbox and the password both. */
function vouchFor(
  ctx: Ctx,
  before: UserRow,
  { user_email }: UserChange,
): Pick<Updateable<Users>, 'email_vouched_at'> {
  const isNew =
    user_email !== undefined && user_email.toLowerCase() !== before.user_email.toLowerCase();
  return isNew ? { email_vouched_at: ctx.clock.now() } : {};
}

/**
 * The old address is notified. Support corrects what somebody may have got hold of: sessions end, what was pending or sent
 * is void, and no link to an earlier address undoes the correction.
 */
async function tellOfReplacement(ctx: TxCtx, before: UserRow, after: Profile): Promise<void> {
  const { user_email, user_phone } = before;
  if (user_email === after.user_email && user_phone === after.user_phone) return;
  const now = ctx.clock.now();
  await closeAllChanges(ctx.db, { user_id: before.id, at: now });
  await voidCodes(ctx.db, before.id, now);
  await endUserSessions(ctx, { user_id: before.id, reason: 'CONTACT_REPLACED' });
  await notifyUser(ctx, before, 'contact_replaced');
}

async function lockForChange(ctx: TxCtx, id: string, changes: UserChange): Promise<UserRow> {
  const staysAdmin = isActiveAdmin({
    role: changes.role ?? 'admin',
    is_active: changes.is_active ?? true,
  });
  if (!staysAdmin) return lockRemovable(ctx, id);
  const user = await lockAnyUser(ctx.db, id);
  if (user === undefined || user.deleted_at !== null) throw notFound('user');
  return user;
}

/**
 * Brings a deleted user back, active again; they sign in anew.
 * @throws Problem NOT_FOUND, CONFLICT where nothing is deleted, all is erased, or name or address have a new owner
 */
export function restoreUser(ctx: Ctx, id: string): Promise<Profile> {
  return inTransaction(ctx, async (ctx) => {
    const user = await lockAnyUser(ctx.db, id);
    if (user === undefined) throw notFound('user');
    if (user.deleted_at === null) throw new Problem(CONFLICT, 'This user is not deleted.');
    if (user.erased_at !== null)
      throw new Problem(CONFLICT, 'The personal data of this user have been erased.');
    await updateUser(ctx.db, id, {
      is_active: true,
      deleted_at: null,
      updated_at: ctx.clock.now(),
    }).catch(refuseTaken);
    await recordAudit(ctx, { action: 'user.restored', object_type: 'user', object_id: id });
    return getProfile(ctx, id);
  });
}
