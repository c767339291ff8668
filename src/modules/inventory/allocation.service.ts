// Stock for orders: reserved at checkout, sold when it is theirs for good, given back or written off when it is not.
import type { TxCtx } from '../../context.ts';
import { insertTogether } from '../../db/insert-together.ts';
import { newId } from '../../lib/ids.ts';
import { listingStockChanged, refreshListingStock } from '../listing/listing.service.ts';
import {
  changeReserved,
  findRottenLots,
  findSellableLots,
  lockProductStock,
} from './allocation.queries.ts';
import {
  type Allocated,
  type Allocation,
  allocate,
  type EndState,
  MOVEMENTS,
  type Wanted,
} from './allocation.rules.ts';
import type { MovementRow } from './lots.queries.ts';

export type { Allocation, Wanted } from './allocation.rules.ts';

/** Locks the stock of these products, in lock order; everything below needs the lock held. */
export async function holdStock(ctx: TxCtx, product_ids: readonly string[]): Promise<void> {
  await lockProductStock(ctx.db, product_ids);
}

/** Reserves everything wanted or nothing: with shortages nothing was written. */
export async function reserveStock(ctx: TxCtx, wanted: readonly Wanted[]): Promise<Allocated> {
  const product_ids = wanted.map((want) => want.product_id);
  const lots = await findSellableLots(ctx.db, product_ids, ctx.clock.now());
  const result = allocate(wanted, lots);
  if (result.shortages.length > 0) return result;
  await reserve(ctx, result.allocations, 1);
  return result;
}

/** Gives reserved stock back to its lots. */
export async function releaseStock(ctx: TxCtx, allocations: readonly Allocation[]): Promise<void> {
  if (allocations.length === 0) return;
  await reserve(ctx, allocations, -1);
}

/** What was allocated and is reserved or sold. */
export interface HeldStock {
  readonly reserved: readonly Allocation[];
  readonly sold: readonly Allocation[];
  /** The order's number. */
  readonly reference: string;
}

/** Stock that was held is sold, goes back to its lots, or is lost. */
export async function settleStock(
  ctx: TxCtx,
  to: EndState,
  { reserved, sold, reference }: HeldStock,
): Promise<void> {
  await releaseStock(ctx, reserved);
  const moves = [
    { allocations: reserved, steps: MOVEMENTS[to].RESERVED },
    { allocations: sold, steps: MOVEMENTS[to].SOLD },
  ].filter(({ allocations, steps }) => allocations.length > 0 && steps.length > 0);
  for (const { allocations, steps } of moves) await move(ctx, { allocations, steps, reference });
  await refreshListingStock(ctx, productsOf(moves.flatMap(({ allocations }) => allocations)));
}

/** Sold stock is taken from other lots than before: `sold` comes back, `reserved` leaves in its place. */
export async function reallocateSold(
  ctx: TxCtx,
  { sold, reserved, reference }: HeldStock,
): Promise<void> {
  await releaseStock(ctx, reserved);
  const reason = 'REALLOCATION';
  await move(ctx, { allocations: sold, reference, steps: [{ reason, sign: 1 }] });
  await move(ctx, { allocations: reserved, reference, steps: [{ reason, sign: -1 }] });
  await refreshListingStock(ctx, productsOf([...sold, ...reserved]));
}

/** Those allocations whose lot has rotted since. */
export async function findRotten<T extends Allocation>(
  ctx: TxCtx,
  allocations: readonly T[],
): Promise<T[]> {
  const rotten = await findRottenLots(
    ctx.db,
    allocations.map((a) => a.lot_id),
    ctx.clock.now(),
  );
  return allocations.filter((allocation) => rotten.has(allocation.lot_id));
}

/** `sign` 1 reserves, -1 frees. */
async function reserve(
  ctx: TxCtx,
  allocations: readonly Allocation[],
  sign: 1 | -1,
): Promise<void> {
  await changeReserved(ctx.db, { allocations, sign, now: ctx.clock.now() });
  listingStockChanged(ctx, productsOf(allocations));
}

async function move(
  ctx: TxCtx,
  goods: {
    allocations: readonly Allocation[];
    reference: string;
    steps: readonly { readonly reason: MovementRow['reason']; readonly sign: 1 | -1 }[];
  },
): Promise<void> {
  const actor_id = ctx.actor.kind === 'user' ? ctx.actor.user_id : null;
  const created_at = ctx.clock.now();
  const stock_movements = goods.steps.flatMap(({ reason, sign }) =>
    goods.allocations.map(({ lot_id, product_id, quantity_milli }) => ({
      id: newId(),
      lot_id,
      product_id,
      delta_milli: sign * quantity_milli,
      reason,
      reference: goods.reference,
      actor_id,
      created_at,
    })),
  );
  await insertTogether(ctx.db, { stock_movements });
}

function productsOf(allocations: readonly Allocation[]): string[] {
  return [...new Set(allocations.map((a) => a.product_id))];
}
