import { describe, expect, it } from 'vitest';
import { plusMs } from '../../../lib/time.ts';
import { decideAccountClosing, decideExpiry, decideOverdue } from './deadline.rules.ts';
import { as, NOW, orderState, PLACED_AT, sellerOrder } from './order-state.testkit.ts';

const later = plusMs(NOW, 1);
const WALLET = { payment_method: 'MAYA' } as const;
const reasonsOf = (effects: ReturnType<typeof decideExpiry>) =>
  effects.flatMap((one) => (one.effect === 'MOVE' ? `${one.seller_order_id} ${one.reason}` : []));

describe('a reservation', () => {
  it.each([
    ['has run out', { ...WALLET, expires_at: NOW }, ['a PAYMENT_EXPIRED']],
    ['runs on', { ...WALLET, expires_at: later }, []],
    ['was paid', { ...WALLET, expires_at: NOW, payment_status: 'COMPLETED' }, []],
    ['of cash never runs out', {}, []],
  ] as const)('that %s', (_which, payment, given_up) => {
    expect(reasonsOf(decideExpiry(orderState([sellerOrder('a')], payment), as()))).toEqual(
      given_up,
    );
  });
});

describe('a seller order', () => {
  it('is cancelled where its seller lets its deadline pass, for what the seller did not do', () => {
    const state = orderState([
      sellerOrder('a', { due_at: PLACED_AT }),
      sellerOrder('b', { due_at: NOW, order_status: 'CONFIRMED' }),
      sellerOrder('c', { due_at: later }),
      sellerOrder('d', { order_status: 'SHIPPED' }),
    ]);
    expect(reasonsOf(decideOverdue(state, as()))).toEqual(['a NOT_CONFIRMED', 'b NOT_SHIPPED']);
  });
});

describe('a closed account', () => {
  it.each([
    ['is unpaid and not shipped', 'CONFIRMED', {}, ['a ACCOUNT_CLOSED']],
    ['is paid', 'CONFIRMED', { ...WALLET, payment_status: 'COMPLETED' }, []],
    ['is shipped in part', 'SHIPPED', {}, []],
    ['is delivered in part', 'DELIVERED', {}, []],
  ] as const)(
    'cancels an order only where it is not binding: it %s',
    (_which, order_status, payment, given_up) => {
      const state = orderState(
        [
          sellerOrder('a'),
          sellerOrder('b', {
            order_status: order_status === 'CONFIRMED' ? 'CANCELLED' : order_status,
          }),
        ],
        payment,
      );
      expect(reasonsOf(decideAccountClosing(state))).toEqual(given_up);
    },
  );
});
