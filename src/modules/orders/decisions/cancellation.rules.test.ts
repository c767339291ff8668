import { describe, expect, it } from 'vitest';
import { cancelSellerOrders } from './cancellation.rules.ts';
import { orderState, sellerOrder } from './order-state.testkit.ts';

const COD = { payment_method: 'COD' } as const;
const UNPAID = { payment_method: 'GCASH' } as const;
const SESSION = { ...UNPAID, provider_reference: 'session' } as const;
const PAID = { ...UNPAID, payment_status: 'COMPLETED' } as const;
const waived = { effect: 'WAIVE', seller_order_id: 'a' };
const refunded = { effect: 'REFUND', seller_order_id: 'a', amount_centavos: 10_000, reason: 'why' };
const failed = { effect: 'SETTLE', outcome: 'failed' };
const completed = { effect: 'SETTLE', outcome: 'completed' };

describe('cancelling a seller order', () => {
  it.each([
    ['cash', 'the last', 'CANCELLED', COD, [waived, failed]],
    ['cash', 'the last beside one that was delivered', 'DELIVERED', COD, [waived, completed]],
    ['cash', 'one of two', 'PENDING', COD, [waived]],
    ['a wallet that was not opened', 'one of two', 'PENDING', UNPAID, [waived]],
    ['a wallet that asks for all of it', 'one of two', 'PENDING', SESSION, []],
    ['an unpaid wallet', 'the last', 'CANCELLED', UNPAID, [failed]],
    ['a wallet that asks', 'the last', 'CANCELLED', SESSION, [failed]],
    ['a wallet that has paid', 'one of two', 'PENDING', PAID, [refunded]],
    ['a wallet that has paid', 'the last', 'CANCELLED', PAID, [refunded]],
  ] as const)('of %s, %s: its money and its payment', (_method, _which, other, payment, money) => {
    const placed = [sellerOrder('a'), sellerOrder('b', { order_status: other })];
    const state = orderState(placed, payment);
    expect(cancelSellerOrders(state, state.sellerOrders.slice(0, 1), () => 'why')).toEqual([
      { effect: 'STOCK', seller_order_ids: ['a'], to: 'RELEASED' },
      { effect: 'MOVE', seller_order_id: 'a', to: 'CANCELLED', reason: 'why' },
      ...money,
    ]);
  });

  it('gives back only what was not given back before', () => {
    const a = sellerOrder('a', { refunded_centavos: 4_000 });
    const b = sellerOrder('b', { refunded_centavos: 10_000 });
    const state = orderState([a, b], { ...PAID, payment_status: 'PARTIALLY_REFUNDED' });
    const effects = cancelSellerOrders(state, state.sellerOrders, () => 'why');
    expect(effects.filter(({ effect }) => effect === 'REFUND')).toEqual([
      { ...refunded, amount_centavos: 6_000 },
    ]);
  });

  it('writes off what was on the road, and gives back what was not', () => {
    const a = sellerOrder('a', { order_status: 'SHIPPED' });
    const b = sellerOrder('b', { order_status: 'CONFIRMED' });
    const effects = cancelSellerOrders(orderState([a, b]), [a, b], ({ id }) => `reason ${id}`);
    expect(effects.slice(0, 2)).toEqual([
      { effect: 'STOCK', seller_order_ids: ['b'], to: 'RELEASED' },
      { effect: 'STOCK', seller_order_ids: ['a'], to: 'WRITTEN_OFF' },
    ]);
    expect(effects.flatMap((one) => (one.effect === 'MOVE' ? one.reason : []))).toEqual([
      'reason a',
      'reason b',
    ]);
  });
});
