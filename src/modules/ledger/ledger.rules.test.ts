import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BANK, walletOf } from './accounts.rules.ts';
import {
  commissionOf,
  type JournalEntry,
  orderPlaced,
  paymentReceived,
  refunded,
  sellerOrderCancelled,
  sellerOrderDelivered,
} from './ledger.rules.ts';

const sellerOrder = {
  order_id: 'order',
  id: 'seller order',
  seller_id: 'seller',
  commission_bps: 500,
  total_centavos: 10_000,
  refunded_centavos: 0,
};

function balance(entry: JournalEntry, account?: string): number {
  return entry.lines
    .filter((line) => account === undefined || line.account === account)
    .reduce((sum, line) => sum + (line.debit_centavos ?? 0) - (line.credit_centavos ?? 0), 0);
}

const bps = fc.integer({ min: 0, max: 10_000 });

describe('every entry', () => {
  it('has debits equal to credits', () => {
    const amount = fc.integer({ min: 1, max: 999_999_999 });
    const stages = fc.constantFrom('cancelled', 'open', 'delivered');
    fc.assert(
      fc.property(amount, amount, bps, stages, (a, b, commission_bps, stage) => {
        const of = { ...sellerOrder, commission_bps, total_centavos: a + b, refunded_centavos: b };
        const entries = [
          orderPlaced('order', [
            { seller_id: 's1', total_centavos: a },
            { seller_id: 's2', total_centavos: b },
          ]),
          sellerOrderCancelled(of),
          paymentReceived('order', walletOf('simulator'), a),
          sellerOrderDelivered(of),
          refunded(of, { stage, from: BANK, amount_centavos: a }),
        ];
        for (const entry of entries) expect(balance(entry)).toBe(0);
      }),
    );
  });
});

/** Pays for a seller order, refunds it bit by bit, delivers it after `delivered_after` of the refunds. */
function journalOf(
  refunds: readonly number[],
  delivery: { kept: number; after: number; bps: number },
) {
  const total_centavos = refunds.reduce((sum, amount) => sum + amount, delivery.kept);
  let of = { ...sellerOrder, commission_bps: delivery.bps, total_centavos };
  const journal = [
    orderPlaced('order', [of]),
    paymentReceived('order', walletOf('simulator'), total_centavos),
  ];
  for (let i = 0; i <= refunds.length; i += 1) {
    if (i === delivery.after) journal.push(sellerOrderDelivered(of));
    const amount_centavos = refunds[i];
    if (amount_centavos === undefined) continue;
    const stage = i < delivery.after ? 'open' : 'delivered';
    journal.push(refunded(of, { stage, from: walletOf('simulator'), amount_centavos }));
    of = { ...of, refunded_centavos: of.refunded_centavos + amount_centavos };
  }
  return (account: string) => journal.reduce((sum, entry) => sum + balance(entry, account), 0);
}

describe('an order that is paid, refunded bit by bit and delivered somewhere between', () => {
  const sequences = fc
    .record({
      refunds: fc.array(fc.integer({ min: 1, max: 5_000 }), { maxLength: 6 }),
      kept: fc.integer({ min: 0, max: 5_000 }),
      bps,
    })
    .chain(({ refunds, kept, bps }) =>
      fc.record({
        refunds: fc.constant(refunds),
        delivery: fc.record({
          kept: fc.constant(kept),
          after: fc.nat(refunds.length),
          bps: fc.constant(bps),
        }),
      }),
    );

  it('leaves a commission of exactly the rate of what was kept, and the rest to the seller', () => {
    fc.assert(
      fc.property(sequences, ({ refunds, delivery }) => {
        const sumOf = journalOf(refunds, delivery);
        const commission = commissionOf(delivery.kept, delivery.bps);
        expect({
          commission: 0 - sumOf('COMMISSION_REVENUE'),
          seller: 0 - sumOf('SELLER_PAYABLE'),
          wallet: sumOf('WALLET_CLEARING'),
          receivable: sumOf('CUSTOMER_RECEIVABLE'),
          liability: sumOf('ORDER_LIABILITY'),
        }).toEqual({
          commission,
          seller: delivery.kept - commission,
          wallet: delivery.kept,
          receivable: 0,
          liability: 0,
        });
      }),
      { numRuns: 1_000 },
    );
  });

  it('charges half of 20.20 at 5 % as 0.51, and nothing once the other half is refunded too', () => {
    const of = { kept: 0, after: 1, bps: 500 };
    expect(0 - journalOf([1_010], { ...of, kept: 1_010 })('COMMISSION_REVENUE')).toBe(51);
    expect(0 - journalOf([1_010, 1_010], of)('COMMISSION_REVENUE')).toBe(0);
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
