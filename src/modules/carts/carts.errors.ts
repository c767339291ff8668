// Ways in which a cart refuses.
import { kind } from '../../lib/problem.ts';

export const PRODUCT_UNAVAILABLE = kind(
  'PRODUCT_UNAVAILABLE',
  409,
  'The product cannot be bought at the moment',
);
