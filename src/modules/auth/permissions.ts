// What each kind of user may do, in one table: for screens that show only what will work.
import type { UserActor } from '../../context.ts';
import { type Access, ADMIN, BUYER, SELLER, SHOPPER, SIGNED_IN } from '../../http/access.ts';

interface Permission extends Access {
  /** Closed to suspended sellers. */
  readonly inGoodStanding?: boolean;
}

const SELLING: Permission = { ...SELLER, inGoodStanding: true };

const PERMISSIONS: Readonly<Record<string, Permission>> = {
  'profile.manage': SIGNED_IN,
  'addresses.manage': SIGNED_IN,
  'sellers.follow': SHOPPER,
  'sellers.apply': { roles: ['customer'] },
  'favorites.manage': SHOPPER,
  'cart.manage': BUYER,
  'orders.place': BUYER,
  'orders.cancel_own': SHOPPER,
  'reviews.write': BUYER,
  'store.manage': SELLER,
  'store.orders': SELLER,
  'products.manage': SELLING,
  'lots.manage': SELLING,
  'promos.manage': SELLING,
  'reviews.reply': SELLER,
  'categories.manage': ADMIN,
  'sellers.moderate': ADMIN,
  'products.moderate': ADMIN,
  'users.manage': ADMIN,
  'orders.manage': ADMIN,
  'payments.refund': ADMIN,
  'audit.read': ADMIN,
};

/** Names of all that this user may do now. */
export function permissionsOf(actor: UserActor): string[] {
  const mayUse = ({ roles, verified, inGoodStanding }: Permission) =>
    roles?.includes(actor.role) === true &&
    (!verified || actor.is_verified) &&
    (!inGoodStanding || (actor.seller !== undefined && actor.seller.status !== 'SUSPENDED'));
  return Object.entries(PERMISSIONS).flatMap(([name, permission]) =>
    mayUse(permission) ? [name] : [],
  );
}
