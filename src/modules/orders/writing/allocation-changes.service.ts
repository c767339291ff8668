// The stock behind an order's seller orders: sold, given back, written off, or replaced where it rotted.
import type { TxCtx } from '../../../context.ts';
import { insertTogether } from '../../../db/insert-together.ts';
import { newId } from '../../../lib/ids.ts';
import type { EndState } from '../../inventory/allocation.rules.ts';
import {
  findRotten,
  holdStock,
  reallocateSold,
  releaseStock,
  reserveStock,
  settleStock,
} from '../../inventory/allocation.service.ts';
import { refreshListings } from '../../listing/listing.service.ts';
import type { StockOutcome } from '../decisions/effects.rules.ts';
import { cannotReplaceRotten } from '../refusals/stock.errors.ts';
import { replacementsOf, wantedInstead } from './allocation-changes.rules.ts';
import type { OrderChange } from './change.rules.ts';
import {
  type AllocationRow,
  countSales,
  findLiveAllocations,
  setAllocationState,
} from './orders.queries.ts';

/** What seller orders of one order hold of stock that is locked. */
interface Held {
  readonly seller_order_ids: readonly string[];
  readonly reserved: readonly AllocationRow[];
  readonly sold: readonly AllocationRow[];
  /** The order's number. */
  readonly reference: string;
}

/** Locks the stock behind the seller orders that the change names, all at once, and writes what becomes of it. */
export async function changeAllocations(ctx: TxCtx, change: OrderChange): Promise<void> {
  const ids = change.stock.flatMap(({ seller_order_ids }) => seller_order_ids);
  if (ids.length === 0) return;
  const live = await findLiveAllocations(ctx.db, ids);
  await holdStock(ctx, [...new Set(live.map(({ product_id }) => product_id))]);
  for (const { seller_order_ids, to } of change.stock) {
    const own = live.filter(({ seller_order_id }) => seller_order_ids.includes(seller_order_id));
    await WRITERS[to](ctx, {
      seller_order_ids,
      reserved: own.filter(({ state }) => state === 'RESERVED'),
      sold: own.filter(({ state }) => state === 'SOLD'),
      reference: change.order.order_number,
    });
  }
}

const WRITERS: Readonly<Record<StockOutcome, (ctx: TxCtx, held: Held) => Promise<void>>> = {
  SOLD: sell,
  DELIVERED: deliver,
  RELEASED: (ctx, held) => settle(ctx, 'RELEASED', held),
  WRITTEN_OFF: (ctx, held) => settle(ctx, 'WRITTEN_OFF', held),
  REPLACED: replaceRotten,
};

/** Leaves its lots for good; what a wallet has paid for did so before. */
async function sell(ctx: TxCtx, held: Held): Promise<void> {
  await settle(ctx, 'SOLD', { ...held, sold: [] });
}

/** Counts as a sale of each product, and is sold where cash is paid for it only now. */
async function deliver(ctx: TxCtx, held: Held): Promise<void> {
  // Before the stock changes: a refresh locks sellers and then listings, a change of stock locks listings.
  await refreshListings(ctx, await countSales(ctx.db, held.seller_order_ids));
  await sell(ctx, held);
}

async function settle(ctx: TxCtx, to: EndState, held: Held): Promise<void> {
  await settleStock(ctx, to, held);
  await setAllocationState(ctx.db, idsOf([...held.reserved, ...held.sold]), to);
}

/** What rotted while it waited gives way to sellable lots in the same state, before it may leave. */
async function replaceRotten(ctx: TxCtx, { reserved, sold, reference }: Held): Promise<void> {
  const live = [...reserved, ...sold];
  const rotten = live.length === 0 ? [] : await findRotten(ctx, live);
  if (rotten.length === 0) return;
  const { allocations: fresh, shortages } = await reserveStock(ctx, wantedInstead(rotten));
  if (shortages.length > 0) throw cannotReplaceRotten();
  // Open seller orders of one order are all reserved or all sold, and so is what replaces theirs.
  const state = sold.length > 0 ? 'SOLD' : 'RESERVED';
  if (state === 'SOLD') await reallocateSold(ctx, { sold: rotten, reserved: fresh, reference });
  else await releaseStock(ctx, rotten);
  await setAllocationState(ctx.db, idsOf(rotten), 'RELEASED');
  const replacements = replacementsOf(rotten, fresh);
  await insertTogether(ctx.db, {
    order_item_allocations: replacements.map((row) => ({ id: newId(), ...row, state })),
  });
}

function idsOf(allocations: readonly AllocationRow[]): string[] {
  return allocations.map(({ id }) => id);
}
