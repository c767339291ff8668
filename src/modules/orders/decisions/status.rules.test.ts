import { describe, expect, it } from 'vitest';
import {
  ADMIN,
  as,
  CUSTOMER,
  orderState,
  STRANGER,
  sellerOf,
  sellerOrder,
} from './order-state.testkit.ts';
import { decideCancellation, decideMove } from './status.rules.ts';

const refusal = (code: string) =>
  expect.objectContaining({ kind: expect.objectContaining({ code }) });
const both = [sellerOrder('a'), sellerOrder('b')];
const confirm = { order_status: 'CONFIRMED' } as const;

describe('a move', () => {
  it.each([
    ['a seller', sellerOf('b'), undefined, ['b']],
    ['an admin', ADMIN, undefined, ['a', 'b']],
    ['an admin who names it', ADMIN, 'b', ['b']],
  ])('of %s concerns what is theirs', (_who, actor, seller_order_id, moved) => {
    const effects = decideMove(orderState(both), as(actor), { ...confirm, seller_order_id });
    expect(effects).toEqual(
      moved.map((id) => ({ effect: 'MOVE', seller_order_id: id, to: 'CONFIRMED' })),
    );
  });

  it('of all open ones leaves out what has come to its end', () => {
    const state = orderState([sellerOrder('a', { order_status: 'CANCELLED' }), sellerOrder('b')]);
    expect(decideMove(state, as(ADMIN), confirm)).toEqual([
      { effect: 'MOVE', seller_order_id: 'b', to: 'CONFIRMED' },
    ]);
  });

  it.each([
    ['a stranger', STRANGER, confirm, 'NOT_FOUND'],
    ['the seller of another', sellerOf('c'), confirm, 'NOT_FOUND'],
    [
      'a seller who names another',
      sellerOf('a'),
      { ...confirm, seller_order_id: 'b' },
      'VALIDATION_ERROR',
    ],
    [
      'a seller in a hurry',
      sellerOf('a'),
      { order_status: 'SHIPPED' },
      'INVALID_STATUS_TRANSITION',
    ],
  ] as const)('of %s is refused', (_who, actor, input, code) => {
    expect(() => decideMove(orderState(both), as(actor), input)).toThrow(refusal(code));
  });

  it('waits for a wallet to pay, unless it cancels', () => {
    const unpaid = orderState(both, { payment_method: 'GCASH' });
    expect(() => decideMove(unpaid, as(ADMIN), confirm)).toThrow(refusal('PAYMENT_REQUIRED'));
    expect(() => decideMove(unpaid, as(ADMIN), { order_status: 'CANCELLED' })).not.toThrow();
  });

  it('to SHIPPED first replaces what has rotted', () => {
    const state = orderState([sellerOrder('a', { order_status: 'CONFIRMED' })]);
    expect(decideMove(state, as(sellerOf('a')), { order_status: 'SHIPPED' })).toEqual([
      { effect: 'STOCK', seller_order_ids: ['a'], to: 'REPLACED' },
      { effect: 'MOVE', seller_order_id: 'a', to: 'SHIPPED' },
    ]);
  });

  it.each([
    ['PENDING', []],
    ['SHIPPED', []],
    ['DELIVERED', [{ effect: 'SETTLE', outcome: 'completed' }]],
    ['CANCELLED', [{ effect: 'SETTLE', outcome: 'completed' }]],
  ] as const)(
    'to DELIVERED, beside one that is %s, completes cash once nothing is open',
    (order_status, settled) => {
      const state = orderState([
        sellerOrder('a', { order_status: 'SHIPPED' }),
        sellerOrder('b', { order_status }),
      ]);
      expect(decideMove(state, as(sellerOf('a')), { order_status: 'DELIVERED' })).toEqual([
        { effect: 'MOVE', seller_order_id: 'a', to: 'DELIVERED' },
        { effect: 'STOCK', seller_order_ids: ['a'], to: 'DELIVERED' },
        ...settled,
      ]);
    },
  );

  it('to DELIVERED leaves a payment alone that a wallet has made', () => {
    const state = orderState([sellerOrder('a', { order_status: 'SHIPPED' })], {
      payment_method: 'GCASH',
      payment_status: 'COMPLETED',
    });
    const effects = decideMove(state, as(sellerOf('a')), { order_status: 'DELIVERED' });
    expect(effects.map(({ effect }) => effect)).toEqual(['MOVE', 'STOCK']);
  });
});

describe('a cancellation', () => {
  it('by the customer takes every open seller order with it', () => {
    const state = orderState([...both, sellerOrder('c', { order_status: 'DELIVERED' })]);
    const effects = decideCancellation(state, as(CUSTOMER), undefined);
    expect(effects.filter(({ effect }) => effect === 'MOVE')).toEqual(
      ['a', 'b'].map((id) => ({
        effect: 'MOVE',
        seller_order_id: id,
        to: 'CANCELLED',
        reason: 'CANCELLED_BY_CUSTOMER',
      })),
    );
  });

  it.each([
    ['a stranger', STRANGER, 'PENDING', 'NOT_FOUND'],
    ['its seller', sellerOf('a'), 'PENDING', 'NOT_FOUND'],
    ['the customer of what is confirmed', CUSTOMER, 'CONFIRMED', 'INVALID_STATUS_TRANSITION'],
    ['the customer of what is delivered', CUSTOMER, 'DELIVERED', 'INVALID_STATUS_TRANSITION'],
    ['an admin of what is shipped', ADMIN, 'SHIPPED', 'INVALID_STATUS_TRANSITION'],
  ] as const)('by %s is refused', (_who, actor, order_status, code) => {
    const state = orderState([sellerOrder('a', { order_status })]);
    expect(() => decideCancellation(state, as(actor), undefined)).toThrow(refusal(code));
  });
});
