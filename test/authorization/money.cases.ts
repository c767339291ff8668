// The matrix's cases of money that moves between customers, riders, sellers and the platform.
import type { Cases } from './expectation.ts';
import { makeRiderSale } from './money.fixtures.ts';
import { CASH_SESSION } from './objects.ts';

export const moneyCases: Cases = {
  'POST /admin/cash-sessions': { who: 'admin', body: () => ({ rider_name: 'Ramon D.' }) },
  'GET /admin/cash-sessions': { who: 'admin' },
  'GET /admin/cash-sessions/:id': { who: 'admin', object: CASH_SESSION },
  'POST /admin/cash-sessions/:id/orders': {
    who: 'admin',
    object: CASH_SESSION,
    body: async (_names, { test, stranger, rival }) => ({
      seller_order_ids: [(await makeRiderSale(test, { customer: stranger, seller: rival })).id],
    }),
  },
  'POST /admin/cash-sessions/:id/close': {
    who: 'admin',
    object: CASH_SESSION,
    body: () => ({ counted_amount: '0.00' }),
  },
  'GET /admin/uncollected-cash': { who: 'admin' },
};
