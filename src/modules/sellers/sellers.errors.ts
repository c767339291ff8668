// Ways in which a seller's deeds are refused.
import { FORBIDDEN, kind, Problem } from '../../lib/problem.ts';

export const SELLER_TRANSITION = kind(
  'INVALID_STATUS_TRANSITION',
  409,
  'This change of status is not possible',
);

export function sellerSuspended(): Problem {
  return new Problem(
    FORBIDDEN,
    'This seller is suspended: open orders can be finished, nothing new can be sold.',
  );
}
