// What must hold of sellers.
import { type Invariant, uniqueKey } from '../../db/invariants/invariant.ts';

export const sellerInvariants: readonly Invariant[] = [
  uniqueKey('a user has one seller profile', 'user_id', 'sellers WHERE deleted_at IS NULL'),
  {
    name: 'followers are counted',
    sql: `SELECT format('seller %s shows %s, has %s', s.id, s.follower_count, coalesce(f.number, 0)) AS detail
      FROM sellers s LEFT JOIN (SELECT seller_id, count(*) AS number FROM seller_follows GROUP BY seller_id) f ON f.seller_id = s.id
      WHERE s.follower_count <> coalesce(f.number, 0)`,
  },
];
