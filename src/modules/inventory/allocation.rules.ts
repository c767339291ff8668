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

/** Stock that is reserved may be sold; either may be given back or lost. */
type HeldState = 'RESERVED' | 'SOLD';
export type EndState = 'SOLD' | 'RELEASED' | 'WRITTEN_OFF';

/** A movement of all that was allocated: out of its lot (-1) or back into it (1). */
interface MovementStep {
  readonly reason: 'SALE' | 'RESTOCK' | 'RETURN' | 'SPOILAGE';
  readonly sign: 1 | -1;
}

const SALE: MovementStep = { reason: 'SALE', sign: -1 };
const RESTOCK: MovementStep = { reason: 'RESTOCK', sign: 1 };
const RETURN: MovementStep = { reason: 'RETURN', sign: 1 };
const SPOILAGE: MovementStep = { reason: 'SPOILAGE', sign: -1 };

/**
 * The movements of stock by what becomes of it and what it was. Reserved stock has not left its lot yet, so that it only
 * has to be freed; sold stock that is lost on the road is booked back and out again.
 */
export const MOVEMENTS: Readonly<
  Record<EndState, Readonly<Record<HeldState, readonly MovementStep[]>>>
> = {
  SOLD: { RESERVED: [SALE], SOLD: [] },
  RELEASED: { RESERVED: [], SOLD: [RESTOCK] },
  WRITTEN_OFF: { RESERVED: [SPOILAGE], SOLD: [RETURN, SPOILAGE] },
};

export interface Shortage {
  readonly product_id: string;
  readonly available_milli: number;
}

export interface Allocated {
  readonly allocations: readonly Allocation[];
  readonly shortages: readonly Shortage[];
  /** What was free of each wanted product before, in thousandths. */
  readonly available: ReadonlyMap<string, number>;
}

/**
 * Fills each wanted quantity from its product's lots, in the order given (soonest expiry first).
 * `wanted` names a product once. All or nothing: with any shortage there are no allocations.
 */
export function allocate(wanted: readonly Wanted[], lots: readonly SellableLot[]): Allocated {
  const allocations: Allocation[] = [];
  const shortages: Shortage[] = [];
  const available = new Map<string, number>();
  for (const { product_id, quantity_milli } of wanted) {
    const own = lots.filter((lot) => lot.product_id === product_id);
    const available_milli = own.reduce((sum, lot) => sum + lot.free_milli, 0);
    available.set(product_id, available_milli);
    if (available_milli < quantity_milli) shortages.push({ product_id, available_milli });
    else allocations.push(...fill(product_id, quantity_milli, own));
  }
  return { allocations: shortages.length > 0 ? [] : allocations, shortages, available };
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
