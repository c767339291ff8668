// What other modules may know and change about a user: confirmed contacts, and the role that follows from having a seller profile.
import type { TxCtx } from '../../context.ts';
import { notFound } from '../../lib/problem.ts';
import { recordAudit } from '../audit/audit.service.ts';
import { findConfirmedContacts, replaceRole } from './users.queries.ts';

/** A customer who got a seller profile; other roles stay. @throws Problem NOT_FOUND where the user was deleted meanwhile */
export function grantSellerRole(ctx: TxCtx, user_id: string): Promise<void> {
  return changeRole(ctx, user_id, { from: 'customer', to: 'seller' });
}

/** A seller whose profile was removed; other roles stay. */
export function revokeSellerRole(ctx: TxCtx, user_id: string): Promise<void> {
  return changeRole(ctx, user_id, { from: 'seller', to: 'customer' });
}

async function changeRole(
  ctx: TxCtx,
  user_id: string,
  role: { from: 'customer' | 'seller'; to: 'customer' | 'seller' },
): Promise<void> {
  const before = await replaceRole(ctx.db, user_id, { ...role, at: ctx.clock.now() });
  if (before === undefined) throw notFound('user');
  if (before !== role.from) return;
  const changes = { role: [role.from, role.to] } as const;
  await recordAudit(ctx, {
    action: 'user.role_changed',
    object_type: 'user',
    object_id: user_id,
    changes,
  });
}

/** E-mail address in lower case and phone number of a user, of these only what is confirmed; of deleted users nothing. */
export function getConfirmedContacts(ctx: TxCtx, user_id: string): Promise<string[]> {
  return findConfirmedContacts(ctx.db, user_id);
}
