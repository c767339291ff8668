// The matrix's cases of money that moves between customers, riders, sellers and the platform.
import type { Cases } from './expectation.ts';
import { makeRiderSale } from './money.fixtures.ts';
import { CASH_SESSION, PAID_SELLER, PAYOUT, PAYOUT_RUN, SELLERS_BOOKS } from './objects.ts';

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
  'GET /sellers/:id/balance': { who: 'sellerOrAdmin', object: SELLERS_BOOKS },
  'GET /sellers/:id/payouts': { who: 'sellerOrAdmin', object: SELLERS_BOOKS },
  'GET /sellers/:id/statement': { who: 'sellerOrAdmin', object: SELLERS_BOOKS },
  'GET /sellers/:id/payout-destination': { who: 'sellerOrAdmin', object: PAID_SELLER },
  'PUT /sellers/:id/payout-destination': {
    who: 'seller',
    object: SELLERS_BOOKS,
    body: () => ({
      bank_code: 'BNORPHMM',
      account_name: 'N. Bautista',
      account_number: '001234506789',
    }),
  },
  'POST /admin/payout-runs': { who: 'admin' },
  'GET /admin/payout-runs': { who: 'admin' },
  'GET /admin/payout-runs/:id': { who: 'admin', object: PAYOUT_RUN },
  'POST /admin/payout-runs/:id/approve': { who: 'admin', object: PAYOUT_RUN },
  'POST /admin/payout-runs/:id/cancel': { who: 'admin', object: PAYOUT_RUN },
  'GET /admin/payout-runs/:id/file': { who: 'admin', object: PAYOUT_RUN },
  'POST /admin/payouts/:id/end': {
    who: 'admin',
    object: PAYOUT,
    body: () => ({ outcome: 'PAID', reference: 'IP-1' }),
  },
};
