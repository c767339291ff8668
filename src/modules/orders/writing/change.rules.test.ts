// What decisions come to: single effects as examples, and whole lives of orders as a property.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isProblem } from '../../../lib/problem.ts';
import { plusMs } from '../../../lib/time.ts';
import { commissionOf, type JournalEntry, orderPlaced } from '../../ledger/ledger.rules.ts';
import { isPaid } from '../../payments/payments.rules.ts';
import { decideExpiry, decideOverdue } from '../decisions/deadline.rules.ts';
import type { Decide, OrderState } from '../decisions/effects.rules.ts';
import {
  ADMIN,
  as,
  CUSTOMER,
  NOW,
  orderState,
  PLACED_AT,
  sellerOf,
  sellerOrder,
} from '../decisions/order-state.testkit.ts';
import { decideRefund } from '../decisions/refund.rules.ts';
import { decideSettlement } from '../decisions/settlement.rules.ts';
import { decideCancellation, decideMove } from '../decisions/status.rules.ts';
import { isOpen, ORDER_STATUSES } from '../orders.rules.ts';
import { changeOf, type OrderChange } from './change.rules.ts';

describe('an effect', () => {
  it('that moves a seller order is recorded in its history, audit and outbox', () => {
    const state = orderState([sellerOrder('a'), sellerOrder('b')]);
    const change = changeOf(
      state,
      [{ effect: 'MOVE', seller_order_id: 'a', to: 'CONFIRMED', reason: 'in season' }],
      as(sellerOf('a')),
    );
    expect(change.sellerOrders[0]).toMatchObject({
      order_status: 'CONFIRMED',
      due_at: plusMs(NOW, 24 * 3_600_000),
    });
    expect(change.sellerOrders[1]).toBe(state.sellerOrders[1]);
    expect(change.payment).toBe(state.payment);
    expect(change.orderEvents).toEqual([
      {
        order_id: 'order',
        seller_order_id: 'a',
        actor_id: 'owner-a',
        actor_role: 'seller',
        from_status: 'PENDING',
        to_status: 'CONFIRMED',
        reason: 'in season',
        created_at: NOW,
      },
    ]);
    expect(change.auditEntries).toEqual([
      {
        action: 'order.confirmed',
        object_type: 'seller_order',
        object_id: 'a',
        changes: { order_status: ['PENDING', 'CONFIRMED'] },
      },
    ]);
    expect(change.events).toEqual([
      {
        topic: 'order.confirmed',
        payload: { order_id: 'order', seller_order_id: 'a', seller_id: 'seller-a' },
      },
    ]);
    expect(change.journalEntries).toEqual([]);
  });

  it('that refunds shows in seller order, payment, journal, audit and outbox', () => {
    const state = orderState([sellerOrder('a')], {
      payment_method: 'GCASH',
      payment_status: 'COMPLETED',
    });
    const refund = {
      effect: 'REFUND',
      seller_order_id: 'a',
      amount_centavos: 4_000,
      reason: 'bruised',
    } as const;
    const change = changeOf(state, [refund], as(ADMIN));
    expect(change.sellerOrders[0]?.refunded_centavos).toBe(4_000);
    expect(change.payment).toMatchObject({
      payment_status: 'PARTIALLY_REFUNDED',
      refunded_centavos: 4_000,
    });
    expect(change.refunds).toEqual([refund]);
    expect(change.journalEntries.map(({ kind }) => kind)).toEqual(['REFUND']);
    expect(change.auditEntries).toEqual([
      {
        action: 'payment.refunded',
        object_type: 'payment',
        object_id: 'payment',
        changes: {
          payment_status: ['COMPLETED', 'PARTIALLY_REFUNDED'],
          refunded_centavos: [0, 4_000],
        },
      },
    ]);
    expect(change.events).toEqual([
      {
        topic: 'payment.refunded',
        payload: { order_id: 'order', payment_id: 'payment', amount_centavos: 4_000 },
      },
    ]);
  });

  it('that completes a wallet payment gives sellers their time from then on', () => {
    const state = orderState([sellerOrder('a'), sellerOrder('b', { order_status: 'CANCELLED' })], {
      payment_method: 'MAYA',
    });
    const change = changeOf(state, [{ effect: 'SETTLE', outcome: 'completed' }], as());
    expect(change.sellerOrders.map(({ due_at }) => due_at)).toEqual([
      plusMs(NOW, 12 * 3_600_000),
      null,
    ]);
    expect(change.payment).toMatchObject({ payment_status: 'COMPLETED', completed_at: NOW });
    expect(change.journalEntries).toMatchObject([{ kind: 'PAYMENT_RECEIVED' }]);
  });
});

/** What somebody may try at any moment. */
const attempt: fc.Arbitrary<Decide> = fc.oneof(
  fc
    .record({
      order_status: fc.constantFrom(...ORDER_STATUSES),
      seller_order_id: fc.constantFrom('a', 'b', 'c', undefined),
      reason: fc.constantFrom('DELIVERY_FAILED', undefined),
    })
    .map(
      (input): Decide =>
        (state) =>
          decideMove(state, as(ADMIN), input),
    ),
  fc.constantFrom(CUSTOMER, ADMIN).map(
    (actor): Decide =>
      (state) =>
        decideCancellation(state, as(actor), undefined),
  ),
  fc
    .record({
      amount_centavos: fc.integer({ min: 1, max: 300 }),
      seller_order_id: fc.constantFrom('a', 'b', 'c'),
      reason: fc.constant('bruised'),
    })
    .map(
      (input): Decide =>
        (state) =>
          decideRefund(state, input),
    ),
  fc.constantFrom('PAID', 'FAILED', 'EXPIRED').map(
    (outcome): Decide =>
      (state) =>
        state.payment.payment_method === 'COD' ? [] : decideSettlement(state, outcome),
  ),
  fc.constantFrom(decideExpiry, decideOverdue),
);

const start = fc
  .record({
    payment_method: fc.constantFrom('COD', 'GCASH'),
    provider_reference: fc.constantFrom('session', null),
    totals: fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 3 }),
    due_at: fc.constantFrom(PLACED_AT, null),
    cash_collector: fc.constantFrom('SELLER', 'RIDER'),
  })
  .map(({ totals, due_at, payment_method, provider_reference, cash_collector }) =>
    orderState(
      totals.map((total_centavos, i) =>
        sellerOrder('abc'.charAt(i), {
          total_centavos,
          cash_collector,
          due_at: payment_method === 'COD' ? due_at : null,
        }),
      ),
      {
        payment_method,
        provider_reference: payment_method === 'COD' ? null : provider_reference,
      },
    ),
  );

/** The order after this attempt; nothing happens where it is refused. */
function outcomeOf(state: OrderState, decide: Decide): OrderChange | undefined {
  try {
    return changeOf(state, decide(state, as()), as());
  } catch (error) {
    if (isProblem(error)) return undefined;
    throw error;
  }
}

/** Credits less debits by account and seller. */
function balanceOf(journal: readonly JournalEntry[], account: string, seller_id?: string): number {
  return journal
    .flatMap(({ lines }) => lines)
    .filter((line) => line.account === account && (!seller_id || line.seller_id === seller_id))
    .reduce((sum, line) => sum + (line.credit_centavos ?? 0) - (line.debit_centavos ?? 0), 0);
}

const sum = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0);

function expectSound(
  { sellerOrders, payment }: OrderState,
  journal: readonly JournalEntry[],
): void {
  const isCash = payment.payment_method === 'COD';
  const paid_centavos = isCash
    ? sum(sellerOrders.map((one) => (one.delivered_at === null ? 0 : one.due_centavos)))
    : isPaid(payment.payment_status)
      ? payment.amount_centavos
      : 0;
  expect(payment.amount_centavos).toBe(sum(sellerOrders.map((one) => one.due_centavos)));
  expect(payment.refunded_centavos).toBe(sum(sellerOrders.map((one) => one.refunded_centavos)));
  expect(payment.refunded_centavos).toBeLessThanOrEqual(paid_centavos);
  const withRiders = sellerOrders.filter(
    ({ cash_collector, delivered_at }) => cash_collector === 'RIDER' && delivered_at !== null,
  );
  expect(balanceOf(journal, 'RIDER_CASH')).toBe(0 - sum(withRiders.map((one) => one.due_centavos)));
  expect(balanceOf(journal, 'BANK')).toBe(sum(withRiders.map((one) => one.refunded_centavos)));
  expect(balanceOf(journal, 'WALLET_CLEARING')).toBe(
    isCash ? 0 : payment.refunded_centavos - paid_centavos,
  );
  for (const { seller_id, order_status, delivered_at, ...one } of sellerOrders) {
    const kept_centavos = one.total_centavos - one.refunded_centavos;
    expect(balanceOf(journal, 'ORDER_LIABILITY', seller_id)).toBe(
      isOpen(order_status) ? kept_centavos : 0,
    );
    const inHand_centavos =
      one.cash_collector === 'SELLER' ? one.due_centavos - one.refunded_centavos : 0;
    const earned_centavos = kept_centavos - commissionOf(kept_centavos, one.commission_bps);
    expect(balanceOf(journal, 'SELLER_PAYABLE', seller_id)).toBe(
      delivered_at === null ? 0 : earned_centavos - inHand_centavos,
    );
    expect(one.refunded_centavos).toBeLessThanOrEqual(one.due_centavos);
  }
  if (sellerOrders.some(({ order_status }) => isOpen(order_status))) return;
  expect(payment.payment_status).not.toBe('PENDING');
  expect(balanceOf(journal, 'CUSTOMER_RECEIVABLE')).toBe(0);
}

describe('the life of an order', () => {
  it('leaves payment, seller orders and journal in agreement, whatever is tried in whatever order', () => {
    fc.assert(
      fc.property(start, fc.array(attempt, { maxLength: 12 }), (placed, attempts) => {
        let state: OrderState = placed;
        const journal = [orderPlaced('order', placed.sellerOrders)];
        for (const decide of attempts) {
          const change = outcomeOf(state, decide);
          if (change === undefined) continue;
          state = change;
          journal.push(...change.journalEntries);
          expectSound(state, journal);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('records each refund once: for the provider or in cash, in journal, audit and outbox', () => {
    fc.assert(
      fc.property(start, fc.array(attempt, { maxLength: 12 }), (placed, attempts) => {
        let state: OrderState = placed;
        for (const decide of attempts) {
          const change = outcomeOf(state, decide);
          if (change === undefined) continue;
          const told = change.refunds.map(({ amount_centavos }) => amount_centavos);
          expect(sum(told)).toBe(
            change.payment.refunded_centavos - state.payment.refunded_centavos,
          );
          expect(
            change.events.flatMap(({ topic, payload }) =>
              topic === 'payment.refunded' ? payload['amount_centavos'] : [],
            ),
          ).toEqual(told);
          expect(change.journalEntries.filter(({ kind }) => kind === 'REFUND')).toHaveLength(
            told.length,
          );
          state = change;
        }
      }),
    );
  });
});
