// The stock behind an order's parts: held, sold, given back, written off, or replaced where it rotted.
import type { TxCtx } from '../../context.ts';
import { insertTogether } from '../../db/insert-together.ts';
import { newId } from '../../lib/ids.ts';
import { Problem } from '../../lib/problem.ts';
import {
  type Allocation,
  findRotten,
  holdStock,
  reallocateSold,
  releaseStock,
  reserveStock,
  restockSold,
  sellStock,
  writeOffStock,
} from '../inventory/allocation.service.ts';
import type { OrderChange } from './change.service.ts';
import { INSUFFICIENT_STOCK } from './orders.errors.ts';
import { type AllocationRow, findLiveAllocations, setAllocationState } from './orders.queries.ts';

type Part = OrderChange['parts'][number];

/** Locks the stock behind these parts and reads what they hold of it. */
export async function holdAllocations(
  ctx: TxCtx,
  parts: readonly Part[],
): Promise<AllocationRow[]> {
  const allocations = await findLiveAllocations(
    ctx.db,
    parts.map((part) => part.id),
  );
  await holdStock(ctx, [...new Set(allocations.map((allocation) => allocation.product_id))]);
  return allocations;
}

/** Reserved stock of these allocations leaves its lots for good. */
export async function sell(
  ctx: TxCtx,
  draft: OrderChange,
  allocations: readonly AllocationRow[],
): Promise<void> {
  await sellStock(ctx, allocations, draft.order.order_number);
  await setAllocationState(ctx.db, idsOf(allocations), 'SOLD');
}

/** Stock that never left the seller returns to its lots. */
export async function giveBack(
  ctx: TxCtx,
  draft: OrderChange,
  allocations: readonly AllocationRow[],
): Promise<void> {
  await releaseStock(
    ctx,
    allocations.filter((a) => a.state === 'RESERVED'),
  );
  await restockSold(
    ctx,
    allocations.filter((a) => a.state === 'SOLD'),
    draft.order.order_number,
  );
  await setAllocationState(ctx.db, idsOf(allocations), 'RELEASED');
}

/** Stock that was on the road is lost. */
export async function writeOff(
  ctx: TxCtx,
  draft: OrderChange,
  allocations: readonly AllocationRow[],
): Promise<void> {
  if (allocations.length === 0) return;
  const reserved = allocations.filter((a) => a.state === 'RESERVED');
  const sold = allocations.filter((a) => a.state === 'SOLD');
  await writeOffStock(ctx, { reserved, sold, reference: draft.order.order_number });
  await setAllocationState(ctx.db, idsOf(allocations), 'WRITTEN_OFF');
}

/** What rotted while it waited is allocated anew from sellable lots before a part may leave. */
export async function replaceRotten(
  ctx: TxCtx,
  draft: OrderChange,
  parts: readonly Part[],
): Promise<void> {
  const live = await holdAllocations(ctx, parts);
  const rotten = live.length === 0 ? [] : await findRotten(ctx, live);
  if (rotten.length === 0) return;
  const wanted = [...new Set(rotten.map((a) => a.product_id))].map((product_id) => ({
    product_id,
    quantity_milli: rotten
      .filter((a) => a.product_id === product_id)
      .reduce((sum, a) => sum + a.quantity_milli, 0),
  }));
  const { allocations: fresh, shortages } = await reserveStock(ctx, wanted);
  if (shortages.length > 0) {
    throw new Problem(
      INSUFFICIENT_STOCK,
      'Goods of this part have rotted and no sellable lot can replace them: add a lot or cancel the part.',
    );
  }
  await swapAllocations(ctx, draft, { rotten, fresh });
}

/** Rotten allocations give way to fresh ones in the same state; `fresh` is reserved already. */
async function swapAllocations(
  ctx: TxCtx,
  draft: OrderChange,
  swap: { readonly rotten: readonly AllocationRow[]; readonly fresh: readonly Allocation[] },
): Promise<void> {
  const { rotten, fresh } = swap;
  // Parts of one order are all reserved or all sold while they are open, and so is what replaces them.
  const isSold = rotten.some((a) => a.state === 'SOLD');
  const state = isSold ? 'SOLD' : 'RESERVED';
  const reference = draft.order.order_number;
  if (isSold) await reallocateSold(ctx, { sold: rotten, reserved: fresh, reference });
  else await releaseStock(ctx, rotten);
  await setAllocationState(ctx.db, idsOf(rotten), 'RELEASED');
  await insertTogether(ctx.db, { order_item_allocations: assign(rotten, fresh, state) });
}

/** Shares the fresh lots of a product out over the items that lost theirs. */
function assign(
  rotten: readonly AllocationRow[],
  fresh: readonly Allocation[],
  state: 'RESERVED' | 'SOLD',
) {
  const supply = fresh.map((lot) => ({ ...lot }));
  return rotten.flatMap((lost) => {
    const rows = [];
    let missing_milli = lost.quantity_milli;
    for (const lot of supply) {
      const quantity_milli =
        lot.product_id === lost.product_id ? Math.min(missing_milli, lot.quantity_milli) : 0;
      if (quantity_milli === 0) continue;
      lot.quantity_milli -= quantity_milli;
      missing_milli -= quantity_milli;
      rows.push({
        id: newId(),
        order_item_id: lost.order_item_id,
        lot_id: lot.lot_id,
        quantity_milli,
        state,
      });
    }
    return rows;
  });
}

function idsOf(allocations: readonly AllocationRow[]): string[] {
  return allocations.map((allocation) => allocation.id);
}
