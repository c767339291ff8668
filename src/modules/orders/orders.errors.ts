// Ways in which an order is refused.
import { kind } from '../../lib/problem.ts';

export const EMPTY_CART = kind('EMPTY_CART', 409, 'There is nothing to order');
export const INSUFFICIENT_STOCK = kind('INSUFFICIENT_STOCK', 409, 'There is not enough in stock');
export const PRICE_CHANGED = kind('PRICE_CHANGED', 409, 'The price has changed');
export const UNPAID_LIMIT = kind('UNPAID_LIMIT', 409, 'Too much of yours is not paid yet');
export const LINE_TOO_SMALL = kind('LINE_TOO_SMALL', 409, 'A line comes to less than the least');
export const INVALID_STATUS_TRANSITION = kind(
  'INVALID_STATUS_TRANSITION',
  409,
  'This change of status is not possible',
);
