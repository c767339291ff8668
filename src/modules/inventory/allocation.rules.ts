// FEFO: first expired, first out, over several lots where one is too small.

export interface SellableLot {
  readonly lot_id: string;
  readonly product_id: string;
  /** On hand less reserved. */
  readonly free_milli: number;
}

export interface Wanted {
  readonly product_id: string;
  readonly quantity_milli: number;
}

export interface Allocation {
  readonly lot_id: string;
  readonly product_id: string;
  readonly quantity_milli: number;
}

export interface Shortage {
  readonly product_id: string;
  readonly available_milli: number;
}

/**
 * Fills each wanted quantity from its product's lots, in the order given (soonest expiry first).
 * `wanted` names a product once. All or nothing: with any shortage there are no allocations.
 */
export function allocate(
  wanted: readonly Wanted[],
  lots: readonly SellableLot[],
): { allocations: Allocation[]; shortages: Shortage[] } {
  const allocations: Allocation[] = [];
  const shortages: Shortage[] = [];
  for (const { product_id, quantity_milli } of wanted) {
    const own = lots.filter((lot) => lot.product_id === product_id);
    const available_milli = own.reduce((sum, lot) => sum + lot.free_milli, 0);
    if (available_milli < quantity_milli) shortages.push({ product_id, available_milli });
    else allocations.push(...fill(product_id, quantity_milli, own));
  }
  return shortages.length > 0 ? { allocations: [], shortages } : { allocations, shortages };
}

function fill(
  product_id: string,
  quantity_milli: number,
  lots: readonly SellableLot[],
): Allocation[] {
  const taken: Allocation[] = [];
  let missing_milli = quantity_milli;
  for (const lot of lots) {
    if (missing_milli === 0) break;
    const part_milli = Math.min(missing_milli, lot.free_milli);
    if (part_milli > 0) taken.push({ lot_id: lot.lot_id, product_id, quantity_milli: part_milli });
    missing_milli -= part_milli;
  }
  return taken;
}
