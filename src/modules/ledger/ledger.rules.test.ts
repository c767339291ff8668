import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  commissionOf,
  type Entry,
  orderPlaced,
  partCancelled,
  partDelivered,
  paymentReceived,
  refunded,
} from './ledger.rules.ts';

const part = { order_id: 'order', id: 'part', seller_id: 'seller', commission_bps: 500 };

function balance(entry: Entry, account?: string): number {
  return entry.lines
    .filter((line) => account === undefined || line.account === account)
    .reduce((sum, line) => sum + (line.debit_centavos ?? 0) - (line.credit_centavos ?? 0), 0);
}

describe('every entry', () => {
  it('has debits equal to credits', () => {
    const amount = fc.integer({ min: 1, max: 999_999_999 });
    const bps = fc.integer({ min: 0, max: 10_000 });
    fc.assert(
      fc.property(
        amount,
        amount,
        bps,
        fc.constantFrom('cancelled', 'open', 'delivered'),
        (a, b, commission_bps, stage) => {
          const of = { ...part, commission_bps };
          const entries = [
            orderPlaced('order', [
              { seller_id: 's1', total_centavos: a },
              { seller_id: 's2', total_centavos: b },
            ]),
            partCancelled(of, a),
            paymentReceived('order', 'WALLET_CLEARING', a),
            partDelivered(of, a),
            refunded(of, { stage, from: 'COD_CLEARING', before_centavos: b, amount_centavos: a }),
          ];
          for (const entry of entries) expect(balance(entry)).toBe(0);
        },
      ),
    );
  });
});

describe('an order that is paid, delivered and refunded bit by bit', () => {
  it('leaves every account at zero, however the refund is cut', () => {
    const cuts = fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(cuts, fc.integer({ min: 0, max: 10_000 }), (amounts, commission_bps) => {
        const total = amounts.reduce((sum, amount) => sum + amount, 0);
        const of = { ...part, commission_bps };
        let before_centavos = 0;
        const refunds = amounts.map((amount_centavos) => {
          const entry = refunded(of, {
            stage: 'delivered',
            from: 'WALLET_CLEARING',
            before_centavos,
            amount_centavos,
          });
          before_centavos += amount_centavos;
          return entry;
        });
        const journal = [
          orderPlaced('order', [{ seller_id: 'seller', total_centavos: total }]),
          paymentReceived('order', 'WALLET_CLEARING', total),
          partDelivered(of, total),
          ...refunds,
        ];
        for (const account of [
          'BUYER_RECEIVABLE',
          'ORDER_LIABILITY',
          'WALLET_CLEARING',
          'SELLER_PAYABLE',
          'COMMISSION_REVENUE',
        ]) {
          expect(journal.reduce((sum, entry) => sum + balance(entry, account), 0)).toBe(0);
        }
      }),
    );
  });
});

describe('commissionOf', () => {
  it.each([
    [10_000, 500, 500],
    [10, 500, 1], // half a centavo rounds up
    [9, 500, 0],
    [12_345, 0, 0],
    [12_345, 10_000, 12_345],
  ])('of %i centavos at %i basis points is %i', (amount, bps, expected) => {
    expect(commissionOf(amount, bps)).toBe(expected);
  });
});
