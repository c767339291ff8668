// How a change of an order's status is refused.
import { kind, Problem } from '../../../lib/problem.ts';
import { PAYMENT_REQUIRED } from '../../payments/payments.errors.ts';
import type { OrderStatus } from '../orders.rules.ts';

export const INVALID_STATUS_TRANSITION = kind(
  'INVALID_STATUS_TRANSITION',
  409,
  'This change of status is not possible',
);

export function moveRefused(from: OrderStatus, to: OrderStatus): Problem {
  const hint =
    from === 'SHIPPED' && to === 'CANCELLED'
      ? ' A shipped seller order is cancelled with reason DELIVERY_FAILED.'
      : '';
  return new Problem(
    INVALID_STATUS_TRANSITION,
    `A seller order that is ${from} cannot become ${to}.${hint}`,
  );
}

export function notPaidYet(): Problem {
  return new Problem(
    PAYMENT_REQUIRED,
    'The customer has not paid yet; the order can be cancelled, but not moved on.',
  );
}
