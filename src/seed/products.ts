// Demo products with their harvests: those that orders draw on stay in memory, all others are stocked and done.
import type { Selectable } from 'kysely';
import type { RowsByTable } from '../db/insert-together.ts';
import type { Products } from '../db/schema.generated.ts';
import { DEMO_PRODUCTS } from '../lib/demo-market.ts';
import type { Unit } from '../lib/quantity.ts';
import { slugify } from '../lib/text/slug.ts';
import { plusMs } from '../lib/time.ts';
import type { Discount } from '../modules/promos/promos.rules.ts';
import type { Category } from './categories.ts';
import { PRODUCE, type Produce, QUALIFIERS, TAXED_CATEGORIES } from './data/produce.ts';
import { daysAgo, type Seeding } from './seeding.ts';
import type { Seller } from './sellers.ts';
import {
  closeStock,
  planHarvests,
  type Stocked,
  type StockRows,
  type StockState,
} from './stock.ts';

export type Promo = NonNullable<RowsByTable['promos']>[number] & Discount;

type ProductRow = Selectable<Products> & { readonly unit: Unit };

export interface Product extends Stocked {
  readonly row: ProductRow;
  readonly seller: Seller;
  readonly promos: Promo[];
}

export interface Catalog {
  /** Ids of all products, in order of creation. */
  readonly ids: readonly string[];
  readonly sold: readonly Product[];
}

const DEMO_SELLER_PRODUCTS = 20;
const PRODUCTS_PER_STATEMENT = 1_000;
const MAX_VIEWS = 400;
/** Summed up at the end, when orders and reviews are there. */
const UNSOLD = { sell_count: 0, rating_sum: 0, review_count: 0 } as const;
const OLDEST_PRODUCT_DAYS = 400;
const NEWEST_PRODUCT_DAYS = 40;

export async function seedProducts(
  seeding: Seeding,
  market: { sellers: readonly Seller[]; categories: ReadonlyMap<string, Category> },
): Promise<Catalog> {
  const { now, random } = seeding;
  const { products: total, sold_products } = seeding.plan;
  const makeProduct = productMaker(seeding, market);
  const stride = Math.floor(total / sold_products);
  const ids: string[] = [];
  const sold: Product[] = [];
  for (let start = 0; start < total; start += PRODUCTS_PER_STATEMENT) {
    const count = Math.min(PRODUCTS_PER_STATEMENT, total - start);
    const made = Array.from({ length: count }, (_, i) => makeProduct(start + i));
    const stock: StockRows = { lots: [], stock_movements: [] };
    for (const [i, product] of made.entries()) {
      ids.push(product.id);
      if ((start + i) % stride === 0 || product.seller.isDemo) sold.push(product);
      else closeStock(product, now, { random, rows: stock });
    }
    await seeding.write({
      products: made.map(({ row }) => row),
      product_stock: made.map(({ id }) => ({ product_id: id })),
      product_counters: made.map(({ id }) => ({
        product_id: id,
        ...UNSOLD,
        view_count: random.integer(0, MAX_VIEWS),
      })),
      ...stock,
    });
    seeding.report({ name: 'products', done: ids.length, total });
  }
  return { ids, sold };
}

/** The demo seller's products come last, so that lists show them first. */
function productMaker(
  seeding: Seeding,
  market: { sellers: readonly Seller[]; categories: ReadonlyMap<string, Category> },
): (index: number) => Product {
  const { plan, random, now } = seeding;
  const [demoSeller, ...others] = market.sellers;
  if (demoSeller === undefined) throw new RangeError('there is no seller');
  const firstDemo = plan.products - DEMO_SELLER_PRODUCTS;
  const opened_at = daysAgo(seeding, OLDEST_PRODUCT_DAYS);
  const span_ms = daysAgo(seeding, NEWEST_PRODUCT_DAYS).getTime() - opened_at.getTime();
  return (index) => {
    const share = (index + random.fraction()) / plan.products;
    const created_at = plusMs(opened_at, Math.floor(share * span_ms));
    const isDemo = index >= firstDemo;
    const slot = isDemo ? plan.products - 1 - index : Math.floor(index / others.length);
    const shelf = isDemo ? 0 : index % others.length;
    const seller = isDemo ? demoSeller : (others[shelf] ?? demoSeller);
    // Steps of 7 through the list, so that each seller offers of every category.
    const produce = PRODUCE[(slot * 7 + shelf * 11) % PRODUCE.length] ?? random.pick(PRODUCE);
    const category = market.categories.get(produce[2]);
    if (category === undefined) throw new RangeError(`there is no category "${produce[2]}"`);
    const row = productRow(seeding, { produce, category, seller, slot, created_at });
    const state = isDemo ? (DEMO_STATES[slot] ?? 'just_harvested') : random.weighted(STATES);
    const harvests = planHarvests(random, { ...row, state, isAbundant: isDemo }, now);
    return {
      row,
      id: row.id,
      seller,
      harvester_id: seller.user.id,
      harvests,
      lots: new Map(),
      promos: [],
    };
  };
}

const STATES: readonly (readonly [StockState, number])[] = [
  ['fresh', 64],
  ['withered', 22],
  ['rotten', 8],
  ['sold_out', 6],
];

/** Two of the demo seller's products show what becomes of stock that nobody buys: a melon and a basket of atis. */
const DEMO_STATES: Readonly<Record<number, StockState>> = { 13: 'withered', 14: 'rotten' };

interface Draft {
  readonly produce: Produce;
  readonly category: Category;
  readonly seller: Seller;
  readonly slot: number;
  readonly created_at: Date;
}

function productRow({ random }: Seeding, draft: Draft): ProductRow {
  const { produce, category, seller, slot, created_at } = draft;
  const [filipino, english, , unit, lowest_pesos, highest_pesos, shelf_life_days] = produce;
  const plain = `${filipino} (${english})`;
  const name = seller.isDemo || random.chance(0.6) ? plain : `${random.pick(QUALIFIERS)} ${plain}`;
  const price_centavos = roundPrice(
    (lowest_pesos + random.fraction() * (highest_pesos - lowest_pesos)) * 100,
  );
  const origin = [seller.place.city, seller.place.province]
    .filter((place) => place !== null)
    .join(', ');
  const id = random.id(created_at);
  return {
    id,
    seller_id: seller.row.id,
    category_id: category.id,
    name,
    slug: `${slugify(name)}-${id.slice(-6)}`,
    description: `${plain} from ${origin}. ${category.use} Keeps for about ${shelf_life_days} days after harvest.`,
    unit,
    price_centavos,
    srp_centavos: random.chance(0.5)
      ? roundPrice(price_centavos * random.pick([0.95, 1.05, 1.1]))
      : null,
    shelf_life_days,
    handling_hours: shelf_life_days > 4 && random.chance(0.1) ? 12 : 0,
    sku: random.chance(0.7)
      ? `${slugify(filipino).slice(0, 3).toUpperCase()}-${String(slot + 1).padStart(3, '0')}`
      : null,
    tax_class: TAXED_CATEGORIES.has(category.name) ? 'VAT_12' : 'VAT_EXEMPT',
    origin,
    is_active: true,
    version: 1,
    created_at,
    updated_at: created_at,
    deleted_at: null,
    ...(seller.isDemo ? DEMO_PRODUCTS[slot] : {}),
  };
}

/** To steps that price tags show: five pesos, one peso, or five centavos for what is sold by the gram. */
function roundPrice(centavos: number): number {
  const step = centavos >= 10_000 ? 500 : centavos >= 1_000 ? 100 : 5;
  return Math.max(step, Math.round(centavos / step) * step);
}
