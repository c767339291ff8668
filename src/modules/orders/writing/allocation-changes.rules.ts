// How stock that rotted is replaced: what is wanted instead, and which line gets which lot of it.
import type { Allocation, Wanted } from '../../inventory/allocation.rules.ts';
import type { AllocationRow } from './orders.queries.ts';

/** As much of each product as was lost. */
export function wantedInstead(lost: readonly AllocationRow[]): Wanted[] {
  const quantities = new Map<string, number>();
  for (const { product_id, quantity_milli } of lost)
    quantities.set(product_id, (quantities.get(product_id) ?? 0) + quantity_milli);
  return [...quantities].map(([product_id, quantity_milli]) => ({ product_id, quantity_milli }));
}

export type Replacement = Pick<AllocationRow, 'order_item_id' | 'lot_id' | 'quantity_milli'>;

/** Shares the fresh lots of a product out over the lines that lost theirs. */
export function replacementsOf(
  lost: readonly AllocationRow[],
  fresh: readonly Allocation[],
): Replacement[] {
  const supply = fresh.map((lot) => ({ ...lot }));
  return lost.flatMap(({ order_item_id, product_id, ...allocation }) => {
    let missing_milli = allocation.quantity_milli;
    return supply.flatMap((lot) => {
      const quantity_milli =
        lot.product_id === product_id ? Math.min(missing_milli, lot.quantity_milli) : 0;
      if (quantity_milli === 0) return [];
      lot.quantity_milli -= quantity_milli;
      missing_milli -= quantity_milli;
      return [{ order_item_id, lot_id: lot.lot_id, quantity_milli }];
    });
  });
}
