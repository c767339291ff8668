import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  canMove,
  isOpen,
  lineTotals,
  type Mover,
  ORDER_STATUSES,
  type OrderStatus,
  orderNumber,
  orderStatusOf,
  totalsOf,
} from './orders.rules.ts';

const MOVERS: readonly Mover[] = ['customer', 'seller', 'admin', 'system'];

/** Every allowed move; `!` marks those that need the reason DELIVERY_FAILED. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  'PENDING CONFIRMED': ['seller', 'admin'],
  'CONFIRMED SHIPPED': ['seller', 'admin'],
  'SHIPPED DELIVERED': ['seller', 'admin'],
  'PENDING CANCELLED': ['customer', 'seller', 'admin', 'system'],
  'CONFIRMED CANCELLED': ['seller', 'admin', 'system'],
  'SHIPPED CANCELLED': ['seller!', 'admin!'],
};

describe('canMove', () => {
  const cases = ORDER_STATUSES.flatMap((from) =>
    ORDER_STATUSES.flatMap((to) =>
      MOVERS.flatMap((mover) =>
        [undefined, 'DELIVERY_FAILED'].map((reason) => ({ from, to, mover, reason })),
      ),
    ),
  );

  it.each(cases)(
    '$mover takes a seller order from $from to $to (reason $reason) only where the lifecycle says so',
    (move) => {
      const movers = ALLOWED[`${move.from} ${move.to}`] ?? [];
      const expected =
        movers.includes(move.mover) ||
        (move.reason === 'DELIVERY_FAILED' && movers.includes(`${move.mover}!`));
      expect(canMove(move)).toBe(expected);
    },
  );

  it('lets nothing leave an end', () => {
    const ends = ORDER_STATUSES.filter((status) => !isOpen(status));
    expect(ends).toEqual(['DELIVERED', 'CANCELLED', 'REFUNDED']);
    for (const from of ends) {
      for (const to of ORDER_STATUSES)
        for (const mover of MOVERS)
          expect(canMove({ from, to, mover, reason: 'DELIVERY_FAILED' })).toBe(false);
    }
  });
});

describe('orderStatusOf', () => {
  it.each<[OrderStatus[], OrderStatus]>([
    [['PENDING', 'SHIPPED'], 'PENDING'],
    [['CONFIRMED', 'DELIVERED'], 'CONFIRMED'],
    [['CANCELLED', 'SHIPPED'], 'SHIPPED'],
    [['CANCELLED', 'CANCELLED'], 'CANCELLED'],
    [['DELIVERED', 'REFUNDED'], 'DELIVERED'],
    [['REFUNDED', 'CANCELLED'], 'REFUNDED'],
  ])('%j shows %s', (sellerOrders, shown) => {
    expect(orderStatusOf(sellerOrders)).toBe(shown);
  });

  it('never shows CANCELLED while a seller order is not, and never depends on the order of the seller orders', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...ORDER_STATUSES), { minLength: 1, maxLength: 6 }),
        (sellerOrders) => {
          expect(orderStatusOf(sellerOrders) === 'CANCELLED').toBe(
            sellerOrders.every((status) => status === 'CANCELLED'),
          );
          expect(orderStatusOf([...sellerOrders].reverse())).toBe(orderStatusOf(sellerOrders));
        },
      ),
    );
  });
});

describe('totals', () => {
  it('round half up once per line', () => {
    const totals = lineTotals({
      list_price_centavos: 1001,
      unit_price_centavos: 999,
      quantity_milli: 500,
    });
    expect(totals).toEqual({ subtotal_centavos: 501, line_total_centavos: 500 });
  });

  it('add up: total is subtotal less discount, and the sum of the lines', () => {
    const line = fc.record({
      list_price_centavos: fc.integer({ min: 1, max: 99_999_999 }),
      cut: fc.double({ min: 0, max: 1, noNaN: true }),
      quantity_milli: fc.integer({ min: 1, max: 99_999_999 }),
    });
    fc.assert(
      fc.property(fc.array(line, { minLength: 1, maxLength: 20 }), (drafts) => {
        const lines = drafts.map((d) =>
          lineTotals({ ...d, unit_price_centavos: Math.floor(d.list_price_centavos * d.cut) }),
        );
        const totals = totalsOf(lines);
        expect(totals.total_centavos).toBe(totals.subtotal_centavos - totals.discount_centavos);
        expect(totals.total_centavos).toBe(
          lines.reduce((sum, l) => sum + l.line_total_centavos, 0),
        );
        expect(totals.discount_centavos).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});

describe('orderNumber', () => {
  it.each([
    [2026, 1, 'OID-2026-000001'],
    [2027, 1_234_567, 'OID-2027-1234567'],
  ])('%i and %i make %s', (year, sequence, expected) => {
    expect(orderNumber(year, sequence)).toBe(expected);
  });
});
