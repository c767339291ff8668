import { describe, expect, it } from 'vitest';
import { orderState, sellerOrder } from './order-state.testkit.ts';
import { decideSettlement } from './settlement.rules.ts';

const WALLET = { payment_method: 'GCASH', provider_reference: 'session' } as const;
const cancelled = (reason: string) => [
  { effect: 'STOCK', seller_order_ids: ['a'], to: 'RELEASED' },
  { effect: 'MOVE', seller_order_id: 'a', to: 'CANCELLED', reason },
  { effect: 'SETTLE', outcome: 'failed' },
];
const sold = [
  { effect: 'SETTLE', outcome: 'completed' },
  { effect: 'STOCK', seller_order_ids: ['a'], to: 'SOLD' },
];

describe('a settlement', () => {
  it.each([
    ['PAID', 'PENDING', sold],
    ['FAILED', 'PENDING', cancelled('PAYMENT_FAILED')],
    ['EXPIRED', 'PENDING', cancelled('PAYMENT_EXPIRED')],
    ['PAID', 'COMPLETED', []],
    ['FAILED', 'COMPLETED', []],
    ['EXPIRED', 'REFUNDED', []],
    ['FAILED', 'FAILED', []],
  ] as const)(
    '%s of a payment that is %s has the effects of the first outcome only',
    (outcome, payment_status, effects) => {
      const state = orderState([sellerOrder('a')], { ...WALLET, payment_status });
      expect(decideSettlement(state, outcome)).toEqual(effects);
    },
  );

  it('refunds what was cancelled after the session began, and not what was waived before', () => {
    const state = orderState(
      [
        sellerOrder('a'),
        sellerOrder('b', { order_status: 'CANCELLED' }),
        sellerOrder('c', { order_status: 'CANCELLED', due_centavos: 0 }),
      ],
      WALLET,
    );
    expect(decideSettlement(state, 'PAID')).toEqual([
      ...sold,
      {
        effect: 'REFUND',
        seller_order_id: 'b',
        amount_centavos: 10_000,
        reason: 'CANCELLED_BEFORE_PAYMENT',
      },
    ]);
  });

  it('that comes after the order was given up gives all of it back', () => {
    const state = orderState([sellerOrder('a', { order_status: 'CANCELLED' })], {
      ...WALLET,
      payment_status: 'FAILED',
    });
    expect(decideSettlement(state, 'PAID').map(({ effect }) => effect)).toEqual([
      'SETTLE',
      'REFUND',
    ]);
  });
});
