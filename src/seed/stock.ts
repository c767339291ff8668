// Harvests of demo products: a lot every so often, the soonest to expire sold first, leftovers gone.
import type { RowsByTable } from '../db/insert-together.ts';
import { DEMO_LOT_ID, DEMO_PRODUCTS } from '../lib/demo-market.ts';
import type { Unit } from '../lib/quantity.ts';
import { DAY_MS, HOUR_MS, plusMs } from '../lib/time.ts';
import type { Random } from './random.ts';
import { latest } from './seeding.ts';

export interface Lot {
  readonly id: string;
  readonly product_id: string;
  readonly harvested_at: Date;
  readonly created_at: Date;
  readonly expires_at: Date;
  /** Harvested and not yet promised to any order, cancelled ones included. */
  free_milli: number;
  /** Sum of the movements so far. */
  on_hand_milli: number;
  reserved_milli: number;
  /** Of the latest movement. */
  moved_at: Date;
}

export type StockState = 'just_harvested' | 'fresh' | 'withered' | 'rotten' | 'sold_out';

/** When a product was harvested: last at `last_at`, and every `interval_ms` before that, back to `since`. */
export interface Harvests {
  readonly since: Date;
  readonly last_at: Date;
  readonly interval_ms: number;
  readonly shelf_life_ms: number;
  readonly quantity_milli: number;
  readonly state: StockState;
  /** Whether older lots stay on sale beside the last one. */
  readonly keepsOlderLots: boolean;
}

/** Stock as the simulation knows it. Only lots that matter exist: those sold from, and the last one. */
export interface Stocked {
  readonly id: string;
  /** User who harvests. */
  readonly harvester_id: string;
  readonly harvests: Harvests;
  readonly lots: Map<number, Lot>;
}

export type Movement = NonNullable<RowsByTable['stock_movements']>[number];
type LotRow = NonNullable<RowsByTable['lots']>[number];
export interface StockRows {
  readonly lots: LotRow[];
  readonly stock_movements: Movement[];
}

/** From the field to the shop. */
const LISTING_DELAY_MS = 2 * HOUR_MS;
const LEAST_AGE_MS = 3 * HOUR_MS;
/** A new harvest comes before the last one is gone, so that lots overlap. */
const INTERVAL_OF_SHELF_LIFE = 0.8;

/** Where goes what no order took. */
const LEFTOVERS: readonly (readonly [Pick<Movement, 'reason' | 'reference'>, number])[] = [
  [{ reason: 'OTHER', reference: 'Sold at the town market' }, 3],
  [{ reason: 'SPOILAGE', reference: null }, 1],
];

/** Ages of the last lot as shares of its shelf life. */
const AGES: Readonly<Record<StockState, readonly [number, number]>> = {
  just_harvested: [0, 0.1],
  fresh: [0.02, 0.4],
  withered: [0.52, 0.85],
  rotten: [1.02, 1.2],
  sold_out: [1.1, 1.4],
};

/** Smallest and largest harvest, in units. */
const QUANTITIES: Readonly<Record<Unit, readonly [number, number]>> = {
  kg: [25, 120],
  g: [800, 6000],
  piece: [30, 150],
  bundle: [30, 160],
  pack: [25, 120],
  tray: [15, 60],
  sack: [8, 30],
};

export function planHarvests(
  random: Random,
  product: {
    unit: Unit;
    shelf_life_days: number;
    created_at: Date;
    state: StockState;
    isAbundant: boolean;
  },
  now: Date,
): Harvests {
  const { unit, shelf_life_days, created_at, state, isAbundant } = product;
  const shelf_life_ms = shelf_life_days * DAY_MS;
  const [youngest, oldest] = AGES[state];
  const age_ms = Math.round((youngest + random.fraction() * (oldest - youngest)) * shelf_life_ms);
  const [least, most] = QUANTITIES[unit];
  return {
    since: created_at,
    last_at: plusMs(now, -Math.max(age_ms, LEAST_AGE_MS)),
    interval_ms: Math.round(shelf_life_ms * INTERVAL_OF_SHELF_LIFE),
    shelf_life_ms,
    quantity_milli: random.integer(least, most) * 1000 * (isAbundant ? 3 : 1),
    state,
    keepsOlderLots: !isAbundant && random.chance(0.5),
  };
}

/** Numbers of the harvests that were on sale at `at` and keep until `until`, the soonest to expire first; 0 is the last. */
function sellableHarvests(harvests: Harvests, at: Date, until: Date): number[] {
  const { last_at, interval_ms, shelf_life_ms, since } = harvests;
  const last_ms = last_at.getTime();
  const newest = Math.max(0, Math.ceil((last_ms + LISTING_DELAY_MS - at.getTime()) / interval_ms));
  const before_expiry = Math.ceil((last_ms + shelf_life_ms - until.getTime()) / interval_ms) - 1;
  const since_start = Math.floor((last_ms - since.getTime()) / interval_ms);
  const oldest = Math.min(before_expiry, since_start);
  return Array.from({ length: Math.max(0, oldest - newest + 1) }, (_, i) => oldest - i);
}

/**
 * Takes `quantity_milli` from the lots on sale at `at`, first expired first; lots come into being when they are first
 * needed. All or nothing: undefined where there is not enough.
 */
export function takeStock(
  product: Stocked,
  wish: { quantity_milli: number; at: Date; until: Date },
  made: { random: Random; rows: StockRows },
): { lot: Lot; quantity_milli: number }[] | undefined {
  const numbers = sellableHarvests(product.harvests, wish.at, wish.until);
  const free = (number: number) =>
    product.lots.get(number)?.free_milli ?? product.harvests.quantity_milli;
  const free_milli = numbers.reduce((sum, number) => sum + free(number), 0);
  if (free_milli < wish.quantity_milli) return undefined;
  const taken = [];
  let missing_milli = wish.quantity_milli;
  for (const number of numbers) {
    const quantity_milli = Math.min(missing_milli, free(number));
    if (quantity_milli === 0) continue;
    const lot = lotOf(product, number, made);
    lot.free_milli -= quantity_milli;
    missing_milli -= quantity_milli;
    taken.push({ lot, quantity_milli });
  }
  return taken;
}

/** Writes a movement and keeps the lot's sum. */
export function moveStock(
  lot: Lot,
  move: Pick<Movement, 'delta_milli' | 'reason' | 'reference' | 'actor_id' | 'created_at'>,
  made: { random: Random; rows: StockRows },
): void {
  lot.on_hand_milli += move.delta_milli;
  lot.moved_at = latest([lot.moved_at, move.created_at]);
  made.rows.stock_movements.push({
    id: made.random.id(move.created_at),
    lot_id: lot.id,
    product_id: lot.product_id,
    ...move,
  });
}

/** The stock of today: the last lot is there, and what should not be left of the others is gone. */
export function closeStock(
  product: Stocked,
  now: Date,
  made: { random: Random; rows: StockRows },
): void {
  const { state, keepsOlderLots } = product.harvests;
  lotOf(product, 0, made);
  for (const [number, lot] of product.lots) {
    const isKept = number === 0 ? state !== 'sold_out' : keepsOlderLots && lot.expires_at > now;
    const left_milli = lot.on_hand_milli - lot.reserved_milli;
    if (isKept || left_milli === 0) continue;
    // What a cancelled order gave back may have come after the lot's end.
    const created_at = latest([lot.moved_at, lot.expires_at < now ? lot.expires_at : now]);
    const leftover = { ...made.random.weighted(LEFTOVERS), delta_milli: -left_milli, created_at };
    moveStock(lot, { ...leftover, actor_id: product.harvester_id }, made);
  }
}

function lotOf(product: Stocked, number: number, made: { random: Random; rows: StockRows }): Lot {
  const known = product.lots.get(number);
  if (known !== undefined) return known;
  const { harvests } = product;
  const harvested_at = plusMs(harvests.last_at, -number * harvests.interval_ms);
  const created_at = plusMs(harvested_at, LISTING_DELAY_MS);
  const isDemoLot = number === 0 && product.id === DEMO_PRODUCTS[0].id;
  const lot = {
    id: isDemoLot ? DEMO_LOT_ID : made.random.id(created_at),
    product_id: product.id,
    harvested_at,
    created_at,
    expires_at: plusMs(harvested_at, harvests.shelf_life_ms),
    free_milli: harvests.quantity_milli,
    on_hand_milli: 0,
    reserved_milli: 0,
    moved_at: created_at,
  };
  product.lots.set(number, lot);
  const { free_milli: _free, moved_at: _moved, ...row } = lot;
  made.rows.lots.push(row);
  const harvest = {
    delta_milli: harvests.quantity_milli,
    reason: 'HARVEST' as const,
    reference: null,
  };
  moveStock(lot, { ...harvest, actor_id: product.harvester_id, created_at }, made);
  return lot;
}
