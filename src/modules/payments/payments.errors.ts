// Ways in which money is refused.
import { kind, Problem, SERVICE_UNAVAILABLE } from '../../lib/problem.ts';

export const PAYMENT_REQUIRED = kind('PAYMENT_REQUIRED', 409, 'The order has not been paid');
export const PAYMENT_STATE = kind('CONFLICT', 409, 'The payment is not in a state for this');

export function walletUnavailable(): Problem {
  return new Problem(
    SERVICE_UNAVAILABLE,
    'Wallet payments are not available at the moment; choose COD.',
  );
}
