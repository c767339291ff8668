// Ways in which money is refused.
import { kind } from '../../lib/problem.ts';

export const PAYMENT_REQUIRED = kind('PAYMENT_REQUIRED', 409, 'The order has not been paid');
export const PAYMENT_STATE = kind('CONFLICT', 409, 'The payment is not in a state for this');
