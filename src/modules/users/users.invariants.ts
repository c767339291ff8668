// What must hold of users.
import { type Invariant, uniqueKey } from '../../db/invariants/invariant.ts';

export const userInvariants: readonly Invariant[] = [
  {
    name: 'a deleted user is not active',
    sql: "SELECT format('user %s', id) AS detail FROM users WHERE deleted_at IS NOT NULL AND is_active",
  },
  uniqueKey(
    'an e-mail address belongs to one user',
    'lower(user_email)',
    'users WHERE deleted_at IS NULL',
  ),
  uniqueKey(
    'a user name belongs to one user',
    'lower(user_name)',
    'users WHERE deleted_at IS NULL',
  ),
  uniqueKey(
    'a confirmed phone number belongs to one user',
    'user_phone',
    'users WHERE deleted_at IS NULL AND phone_verified_at IS NOT NULL',
  ),
];
