import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  effectOf,
  isPaid,
  type Outcome,
  PAYMENT_STATUSES,
  type PaymentStatus,
  statusAfterRefund,
  walletSessionEnd,
} from './payments.rules.ts';

describe('effectOf', () => {
  it.each<[Outcome, PaymentStatus, ReturnType<typeof effectOf>]>([
    ['PAID', 'PENDING', 'complete'],
    ['PAID', 'FAILED', 'complete_late'],
    ['PAID', 'COMPLETED', 'none'],
    ['PAID', 'REFUNDED', 'none'],
    ['FAILED', 'PENDING', 'fail'],
    ['EXPIRED', 'PENDING', 'fail'],
    ['FAILED', 'COMPLETED', 'none'],
    ['EXPIRED', 'FAILED', 'none'],
  ])('%s of a payment that is %s: %s', (outcome, status, effect) => {
    expect(effectOf(outcome, status)).toBe(effect);
  });

  it('ends in the same state whatever the order and number of events: paid once if any reports it', () => {
    const events = fc.array(fc.constantFrom<Outcome>('PAID', 'FAILED', 'EXPIRED'), {
      minLength: 1,
      maxLength: 10,
    });
    fc.assert(
      fc.property(events, (outcomes) => {
        let status: PaymentStatus = 'PENDING';
        let completions = 0;
        for (const outcome of outcomes) {
          const effect = effectOf(outcome, status);
          if (effect === 'fail') status = 'FAILED';
          if (effect === 'complete' || effect === 'complete_late') {
            status = 'COMPLETED';
            completions += 1;
          }
        }
        expect(status).toBe(outcomes.includes('PAID') ? 'COMPLETED' : 'FAILED');
        expect(completions).toBe(outcomes.includes('PAID') ? 1 : 0);
      }),
    );
  });
});

it.each([
  [10_000, 0, 'COMPLETED'],
  [10_000, 1, 'PARTIALLY_REFUNDED'],
  [10_000, 10_000, 'REFUNDED'],
])('of %i centavos with %i refunded a payment shows %s', (amount, refunded, status) => {
  expect(statusAfterRefund(amount, refunded)).toBe(status);
});

it('only money that came in counts as paid', () => {
  expect(PAYMENT_STATUSES.filter(isPaid)).toEqual(['COMPLETED', 'PARTIALLY_REFUNDED', 'REFUNDED']);
});

it('the wallet closes two minutes before the reservation', () => {
  expect(walletSessionEnd(new Date('2026-03-02T10:15:00Z'))).toEqual(
    new Date('2026-03-02T10:13:00Z'),
  );
});
