// What a demo buyer puts into the cart: popular goods, mostly of one seller, as far as stock of that day reaches.
import type { Unit } from '../../lib/quantity.ts';
import { HOUR_MS, plusMs } from '../../lib/time.ts';
import type { Product } from '../products.ts';
import type { Random } from '../random.ts';
import type { Seeding } from '../seeding.ts';
import type { Seller } from '../sellers.ts';
import { type StockRows, takeStock } from '../stock.ts';
import { type Chosen, endsOpen, type OrderPlan } from './draft.ts';

/** Products that orders draw on. */
export interface Shelves {
  /** The most popular first. */
  readonly all: readonly Product[];
  readonly bySeller: ReadonlyMap<Seller, readonly Product[]>;
}

export function arrangeShelves(random: Random, sold: readonly Product[]): Shelves {
  const all = sold
    .map((product) => ({ product, rank: random.fraction() }))
    .toSorted((a, b) => a.rank - b.rank)
    .map(({ product }) => product);
  return { all, bySeller: Map.groupBy(all, (product) => product.seller) };
}

const LINE_COUNTS = [
  [1, 30],
  [2, 35],
  [3, 22],
  [4, 13],
] as const;
/** How often a further line is of the first line's seller. */
const SAME_SELLER = 0.7;
const MAX_TRIES = 500;
/** How long goods must keep: past delivery, or past today where they wait for it. */
const KEEPS_AFTER_ORDER_MS = 12 * HOUR_MS;
const KEEPS_AFTER_TODAY_MS = 20 * HOUR_MS;

/** Weights and counts that people buy, in thousandths. */
const QUANTITIES: Readonly<Record<Unit, readonly number[]>> = {
  kg: [500, 1000, 1000, 1500, 2000, 3000],
  g: [50_000, 100_000, 100_000, 200_000],
  piece: [1000, 1000, 2000, 3000],
  bundle: [1000, 2000, 2000, 3000],
  pack: [1000, 1000, 2000],
  tray: [1000, 1000, 2000],
  sack: [1000],
};

/** @throws Error where stock of that day was not enough for a single line */
export function fillBasket(
  seeding: Seeding,
  shelves: Shelves,
  order: { plan: OrderPlan; rows: StockRows },
): Chosen[] {
  const { random } = seeding;
  const wanted = random.weighted(LINE_COUNTS);
  const chosen: Chosen[] = [];
  for (let tries = 0; tries < MAX_TRIES && chosen.length < wanted; tries += 1) {
    const seller =
      chosen[0] === undefined
        ? order.plan.seller
        : random.chance(SAME_SELLER)
          ? chosen[0].product.seller
          : undefined;
    const product = pickPopular(random, (seller && shelves.bySeller.get(seller)) ?? shelves.all);
    if (chosen.some((line) => line.product === product)) continue;
    const line = take(seeding, product, order);
    if (line !== undefined) chosen.push(line);
  }
  if (chosen.length === 0) {
    throw new Error(`there is no stock to sell on ${order.plan.placed_at.toISOString()}`);
  }
  return chosen;
}

/** The square makes the first tenth of the shelf sell a third. */
function pickPopular(random: Random, shelf: readonly Product[]): Product {
  const product = shelf[Math.floor(random.fraction() ** 2 * shelf.length)];
  return product ?? random.pick(shelf);
}

function take(
  seeding: Seeding,
  product: Product,
  { plan, rows }: { plan: OrderPlan; rows: StockRows },
): Chosen | undefined {
  const { random, now } = seeding;
  const at = plan.placed_at;
  const handling_ms = product.row.handling_hours * HOUR_MS;
  const until = endsOpen(plan.scenario)
    ? plusMs(now, KEEPS_AFTER_TODAY_MS)
    : plusMs(at, KEEPS_AFTER_ORDER_MS + handling_ms);
  const quantity_milli = random.pick(QUANTITIES[product.row.unit]);
  const taken = takeStock(product, { quantity_milli, at, until }, { random, rows });
  return taken && { product, quantity_milli, taken };
}
