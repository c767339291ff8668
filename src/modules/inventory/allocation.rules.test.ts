import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { allocate, MOVEMENTS, type SellableLot } from './allocation.rules.ts';

const lot = (lot_id: string, free_milli: number, product_id = 'kamatis'): SellableLot => ({
  lot_id,
  product_id,
  free_milli,
});

describe('allocate', () => {
  it('takes from the lot that comes first until it is empty, then from the next', () => {
    const { allocations } = allocate(
      [{ product_id: 'kamatis', quantity_milli: 5000 }],
      [lot('old', 3000), lot('new', 9000)],
    );
    expect(allocations).toEqual([
      { lot_id: 'old', product_id: 'kamatis', quantity_milli: 3000 },
      { lot_id: 'new', product_id: 'kamatis', quantity_milli: 2000 },
    ]);
  });

  it('allocates nothing at all when one of several products is short, and names what is left of it', () => {
    const wanted = [
      { product_id: 'kamatis', quantity_milli: 1000 },
      { product_id: 'talong', quantity_milli: 4000 },
    ];
    const result = allocate(wanted, [
      lot('a', 9000),
      lot('b', 1000, 'talong'),
      lot('c', 2500, 'talong'),
    ]);
    expect(result).toEqual({
      allocations: [],
      shortages: [{ product_id: 'talong', available_milli: 3500 }],
      available: new Map([
        ['kamatis', 9000],
        ['talong', 3500],
      ]),
    });
  });

  const lots = fc.array(
    fc.record({
      product_id: fc.constantFrom('a', 'b', 'c'),
      free_milli: fc.integer({ min: 0, max: 9000 }),
    }),
    { maxLength: 12 },
  );
  const quantities = fc.uniqueArray(
    fc.record({
      product_id: fc.constantFrom('a', 'b', 'c'),
      quantity_milli: fc.integer({ min: 1, max: 20_000 }),
    }),
    { selector: (want) => want.product_id, minLength: 1 },
  );

  it('never takes more than a lot has free, gives exactly what was wanted, and is short only where the lots are', () => {
    fc.assert(
      fc.property(lots, quantities, (drafts, wanted) => {
        const supply = drafts.map((draft, i) => ({ ...draft, lot_id: `lot-${i}` }));
        const { allocations, shortages } = allocate(wanted, supply);
        const freeOf = (product_id: string) =>
          supply
            .filter((l) => l.product_id === product_id)
            .reduce((sum, l) => sum + l.free_milli, 0);
        expect(shortages.map((s) => s.product_id)).toEqual(
          wanted.filter((w) => freeOf(w.product_id) < w.quantity_milli).map((w) => w.product_id),
        );
        for (const allocation of allocations) {
          const source = supply.find((l) => l.lot_id === allocation.lot_id);
          expect(source?.product_id).toBe(allocation.product_id);
          expect(allocation.quantity_milli).toBeGreaterThan(0);
          expect(allocation.quantity_milli).toBeLessThanOrEqual(source?.free_milli ?? 0);
        }
        if (shortages.length > 0) return;
        for (const { product_id, quantity_milli } of wanted) {
          const given = allocations
            .filter((a) => a.product_id === product_id)
            .reduce((sum, a) => sum + a.quantity_milli, 0);
          expect(given).toBe(quantity_milli);
        }
      }),
    );
  });

  it('leaves a later lot untouched while an earlier one still has stock', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 2, maxLength: 8 }),
        fc.integer({ min: 1, max: 9000 }),
        (frees, quantity_milli) => {
          const supply = frees.map((free_milli, i) => lot(`lot-${i}`, free_milli));
          const { allocations } = allocate([{ product_id: 'kamatis', quantity_milli }], supply);
          allocations.slice(0, -1).forEach((allocation, i) => {
            expect(allocation.quantity_milli).toBe(supply[i]?.free_milli);
          });
        },
      ),
    );
  });
});

describe('the movements of allocated stock', () => {
  const sum = (steps: readonly { readonly sign: number }[]) =>
    steps.reduce((total, { sign }) => total + sign, 0);

  it.each([
    ['SOLD', -1],
    ['RELEASED', 0],
    ['WRITTEN_OFF', -1],
  ] as const)(
    'of stock that is %s add up to what has left its lot, whether or not it was sold before',
    (end, left) => {
      expect(sum(MOVEMENTS[end].RESERVED)).toBe(left);
      expect(sum(MOVEMENTS.SOLD.RESERVED) + sum(MOVEMENTS[end].SOLD)).toBe(left);
    },
  );
});
