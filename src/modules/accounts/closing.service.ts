// Closing an account: what its person still has to do with others is finished, cancelled or refused first.
import type { Ctx } from '../../context.ts';
import { inTransaction } from '../../db/transaction.ts';
import { dropCart } from '../carts/carts.service.ts';
import { cancelUnpaidOrders, requireNoBindingOrders } from '../orders/deadlines/closing.service.ts';
import { suspendSellerOf } from '../sellers/standing/standing.service.ts';
import { getProfile, type Profile, removeUser } from '../users/profiles/profiles.service.ts';
import { changeUser, type UserChange } from '../users/users.service.ts';

/**
 * Deletes an account. Orders that are paid or on their way have to end first; unpaid ones are cancelled.
 * @throws Problem NOT_FOUND, OPEN_ORDERS, CONFLICT for a seller or the last admin
 */
export function deleteAccount(ctx: Ctx, user_id: string): Promise<void> {
  return inTransaction(ctx, async (ctx) => {
    await getProfile(ctx, user_id);
    // Locks in the usual order, the cart first: no checkout slips in between.
    await dropCart(ctx, user_id);
    await cancelUnpaidOrders(ctx, user_id);
    await requireNoBindingOrders(ctx, user_id);
    await removeUser(ctx, user_id);
  });
}

export interface ChangedAccount {
  readonly user: Profile;
  /** Seller orders that somebody has yet to finish, where this change suspended a seller; else null. */
  readonly open_seller_orders: number | null;
}

/**
 * Changes a user as an admin may. Deactivating suspends the user as a seller, empties the cart and cancels what the user has
 * ordered and not paid, also by a checkout under way; orders that others placed with the seller stay open, for admins to finish, until their deadlines cancel them.
 * @throws Problem as changeUser
 */
export function changeAccount(
  ctx: Ctx,
  user_id: string,
  changes: UserChange,
): Promise<ChangedAccount> {
  return inTransaction(ctx, async (ctx) => {
    if (changes.is_active !== false)
      return { user: await changeUser(ctx, user_id, changes), open_seller_orders: null };
    await getProfile(ctx, user_id);
    // Locks as a checkout takes them, the cart, the seller and then stock; the user's own row comes last.
    await dropCart(ctx, user_id);
    const open = await suspendSellerOf(ctx, user_id);
    await cancelUnpaidOrders(ctx, user_id);
    return { user: await changeUser(ctx, user_id, changes), open_seller_orders: open ?? null };
  });
}
