// What each kind of user may do, in one table: for screens that show only what will work.
import type { UserActor } from '../../context.ts';
import {
  type Access,
  ADMIN,
  CUSTOMER_OR_SELLER,
  SELLER,
  SIGNED_IN,
  VERIFIED_CUSTOMER,
} from '../../http/access.ts';

interface Permission extends Access {
  /** Closed to suspended sellers. */
  readonly inGoodStanding?: boolean;
}

const SELLING: Permission = { ...SELLER, inGoodStanding: true };

const PERMISSIONS: Readonly<Record<string, Permission>> = {
  'profile.manage': SIGNED_IN,
  'addresses.manage': SIGNED_IN,
  'sellers.follow': CUSTOMER_OR_SELLER,
  'sellers.apply': { roles: ['customer'] },
  'favorites.manage': CUSTOMER_OR_SELLER,
  'cart.manage': VERIFIED_CUSTOMER,
  'orders.place': VERIFIED_CUSTOMER,
  'orders.cancel_own': CUSTOMER_OR_SELLER,
  'reviews.write': VERIFIED_CUSTOMER,
  'sellers.manage_own': SELLER,
  'orders.fulfil': SELLER,
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
