import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { balanceOf } from './balances/balances.rules.ts';
import {
  canEnd,
  PAYOUT_OUTCOMES,
  PAYOUT_STATUSES,
  railFor,
  reasonToSkip,
} from './payouts.rules.ts';

describe('a balance', () => {
  it('is pending, available or owed, and these add up to what the ledger says', () => {
    const centavos = fc.integer({ min: -1_000_000, max: 1_000_000 });
    fc.assert(
      fc.property(
        centavos,
        fc.nat(),
        fc.nat(),
        (payable_centavos, pending_centavos, in_payout_centavos) => {
          const balance = balanceOf({ payable_centavos, pending_centavos, in_payout_centavos });
          expect(
            balance.pending_centavos + balance.available_centavos - balance.owed_centavos,
          ).toBe(payable_centavos);
          expect(Math.min(balance.available_centavos, balance.owed_centavos)).toBe(0);
        },
      ),
    );
  });
});

describe('a payout', () => {
  it.each([
    [1, 'INSTAPAY'],
    [5_000_000, 'INSTAPAY'],
    [5_000_001, 'PESONET'],
  ] as const)('of %i centavos goes by %s', (amount, rail) => expect(railFor(amount)).toBe(rail));

  it('ends once, but what was paid may still come back', () => {
    const ends = PAYOUT_STATUSES.flatMap((from) =>
      PAYOUT_OUTCOMES.filter((to) => canEnd(from, to)).map((to) => `${from} ${to}`),
    );
    expect(ends).toEqual(['STARTED PAID', 'STARTED RETURNED', 'STARTED FAILED', 'PAID RETURNED']);
  });

  it.each([
    ['goes out where it is covered', {}, undefined],
    ['waits where the balance fell', { available_centavos: 99 }, 'BALANCE_CHANGED'],
    [
      'waits where it would go elsewhere',
      { account_changed_at: new Date(2) },
      'DESTINATION_CHANGED',
    ],
    ['waits for a seller in good standing', { isVerified: false }, 'SELLER_NOT_VERIFIED'],
  ])('%s', (_what, change, reason) => {
    const now = { available_centavos: 100, account_changed_at: new Date(0), isVerified: true };
    expect(
      reasonToSkip({ amount_centavos: 100, created_at: new Date(1) }, { ...now, ...change }),
    ).toBe(reason);
  });
});
