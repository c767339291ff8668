// Ways in which sellers are refused.
import { conflict, FORBIDDEN, kind, OPEN_ORDERS, Problem } from '../../lib/problem.ts';

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

/** A profile stays while somebody waits for its goods. */
export function hasOpenSellerOrders(open_count: number): Problem {
  return new Problem(
    OPEN_ORDERS,
    `This seller has ${open_count} open seller orders: deliver or cancel them first, at PATCH /orders/{id}/status.`,
    { members: { open_count } },
  );
}

export function nameTaken(): Problem {
  return conflict('/business_name', 'Another seller has this name, or one that looks like it.');
}
