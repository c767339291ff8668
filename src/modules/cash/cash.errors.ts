// Ways in which cash is refused.
import { kind, Problem } from '../../lib/problem.ts';

export const CASH_STATE = kind('CONFLICT', 409, 'The cash is not in a state for this');

export function sessionClosed(): Problem {
  return new Problem(
    CASH_STATE,
    'This cash session is closed: open another at POST /admin/cash-sessions.',
  );
}

/** @param seller_order_ids those that cannot be collected */
export function notCollectable(seller_order_ids: readonly string[]): Problem {
  return new Problem(
    CASH_STATE,
    'Only seller orders that were delivered for cash with a rider and are in no session can be collected: see GET /admin/uncollected-cash.',
    { members: { seller_order_ids } },
  );
}
