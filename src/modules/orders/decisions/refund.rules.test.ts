import { describe, expect, it } from 'vitest';
import { orderState, PLACED_AT, sellerOrder } from './order-state.testkit.ts';
import { decideRefund } from './refund.rules.ts';

const PAID = { payment_method: 'GCASH', payment_status: 'COMPLETED' } as const;
const delivered = { order_status: 'DELIVERED', delivered_at: PLACED_AT } as const;
const refund = (amount_centavos: number, seller_order_id?: string) => ({
  amount_centavos,
  reason: 'bruised',
  seller_order_id,
});
const refusal = (refundable_amount: string) =>
  expect.objectContaining({ extras: { members: { refundable_amount } } });

describe('a refund', () => {
  it.each([
    ['some of an open one', {}, 4_000, []],
    ['some of a delivered one', delivered, 4_000, []],
    ['all of a delivered one', delivered, 10_000, ['REFUNDED']],
    [
      'the rest of a delivered one',
      { ...delivered, refunded_centavos: 9_000 },
      1_000,
      ['REFUNDED'],
    ],
    ['the rest of a cancelled one', { order_status: 'CANCELLED' }, 10_000, []],
  ] as const)(
    'of %s moves it only once it is delivered and all is given back',
    (_which, of, amount, moves) => {
      const effects = decideRefund(orderState([sellerOrder('a', of)], PAID), refund(amount));
      expect(effects).toEqual([
        { effect: 'REFUND', seller_order_id: 'a', amount_centavos: amount, reason: 'bruised' },
        ...moves.map((to) => ({ effect: 'MOVE', seller_order_id: 'a', to, reason: 'bruised' })),
      ]);
    },
  );

  it.each([
    ['more than was paid', {}, PAID, 10_001, '100.00'],
    ['more than is left', { ...delivered, refunded_centavos: 9_000 }, PAID, 1_001, '10.00'],
    ['all of an open one', {}, PAID, 10_000, '99.99'],
    ['what a wallet has not paid', {}, { payment_method: 'GCASH' }, 1, '0.00'],
    ['cash before the delivery', {}, {}, 1, '0.00'],
    ['what was waived', { order_status: 'CANCELLED', due_centavos: 0 }, PAID, 1, '0.00'],
  ] as const)(
    'of %s is refused with what could be refunded',
    (_which, of, payment, amount, left) => {
      const state = orderState([sellerOrder('a', of)], payment);
      expect(() => decideRefund(state, refund(amount))).toThrow(refusal(left));
    },
  );

  it('of cash is possible for what was delivered, while another is still to be paid', () => {
    const state = orderState([sellerOrder('a', delivered), sellerOrder('b')]);
    expect(decideRefund(state, refund(1, 'a'))).toHaveLength(1);
    expect(() => decideRefund(state, refund(1, 'b'))).toThrow(refusal('0.00'));
  });

  it('names its seller order where there are several', () => {
    const state = orderState([sellerOrder('a'), sellerOrder('b')], PAID);
    for (const seller_order_id of [undefined, 'c']) {
      expect(() => decideRefund(state, refund(1, seller_order_id))).toThrow(
        expect.objectContaining({
          extras: { errors: [expect.objectContaining({ pointer: '/seller_order_id' })] },
        }),
      );
    }
  });
});
