// What must hold of promos.
import type { Invariant } from '../../db/invariants/invariant.ts';

export const promoInvariants: readonly Invariant[] = [
  {
    name: 'a promo ends after it starts, and a percentage is 1 to 100',
    sql: `SELECT format('promo %s', id) AS detail FROM promos
      WHERE ends_at <= starts_at OR (discount_type = 'PERCENTAGE' AND discount_hundredths NOT BETWEEN 100 AND 10000)`,
  },
];
