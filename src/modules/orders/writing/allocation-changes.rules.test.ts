import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { allocate } from '../../inventory/allocation.rules.ts';
import { replacementsOf, wantedInstead } from './allocation-changes.rules.ts';

/** Allocations of lines, of one to three products, whose lots have rotted. */
const lost = fc
  .array(
    fc.record({ product: fc.nat({ max: 2 }), quantity_milli: fc.integer({ min: 1, max: 5_000 }) }),
    {
      minLength: 1,
      maxLength: 8,
    },
  )
  .map((rows) =>
    rows.map(({ product, quantity_milli }, i) => ({
      id: `allocation-${i}`,
      order_item_id: `item-${product}-${i % 2}`,
      seller_order_id: 'a',
      lot_id: `rotten-${i}`,
      product_id: `product-${product}`,
      quantity_milli,
      state: 'RESERVED' as const,
    })),
  );

const sumOf = (rows: readonly { readonly quantity_milli: number }[]) =>
  rows.reduce((sum, row) => sum + row.quantity_milli, 0);

describe('stock that rotted', () => {
  it('is replaced line by line by as much as was lost, from no lot more than it gives', () => {
    fc.assert(
      fc.property(lost, fc.integer({ min: 50, max: 4_000 }), (rotten, lot_milli) => {
        const wanted = wantedInstead(rotten);
        const lots = wanted.flatMap(({ product_id, quantity_milli }) =>
          Array.from({ length: Math.ceil(quantity_milli / lot_milli) }, (_, i) => ({
            product_id,
            lot_id: `${product_id}-${i}`,
            free_milli: lot_milli,
          })),
        );
        const { allocations } = allocate(wanted, lots);
        const replacements = replacementsOf(rotten, allocations);
        for (const item of new Set(rotten.map(({ order_item_id }) => order_item_id))) {
          const ofItem = (
            rows: readonly { readonly order_item_id: string; readonly quantity_milli: number }[],
          ) => sumOf(rows.filter(({ order_item_id }) => order_item_id === item));
          expect(ofItem(replacements)).toBe(ofItem(rotten));
        }
        for (const { lot_id, quantity_milli } of allocations) {
          expect(sumOf(replacements.filter((row) => row.lot_id === lot_id))).toBe(quantity_milli);
        }
      }),
    );
  });
});
