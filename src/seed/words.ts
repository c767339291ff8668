// Everything that the SQL of the market is told: the demo's fixed points, names, goods, and what the rules decide.
import { createHash } from 'node:crypto';
import { hash } from '@node-rs/argon2';
import { type RawBuilder, sql } from 'kysely';
import type { DbTransaction } from '../db/database.ts';
import * as demo from '../lib/demo-market.ts';
import type { Unit } from '../lib/quantity.ts';
import { slugify } from '../lib/text/slug.ts';
import { walletSessionEnd } from '../modules/payments/payments.rules.ts';
import { CITY_AREAS, FARM_AREAS } from './data/areas.ts';
import { CAMPAIGNS, DEMO_CAMPAIGN } from './data/campaigns.ts';
import { CATEGORY_TREE } from './data/categories.ts';
import { COMMENTS, REPLIES } from './data/comments.ts';
import * as names from './data/names.ts';
import { PRODUCE, QUALIFIERS, TAXED_CATEGORIES } from './data/produce.ts';
import { type Rows, spread } from './outcomes.ts';
import { DEFAULTS } from './scenarios.ts';

const HASH_COST = { memoryCost: 19 * 1024, timeCost: 2, parallelism: 1 } as const;
const SALT_BYTES = 16;

/** Smallest and largest harvest in units, and what people buy in thousandths. */
const QUANTITIES: Readonly<
  Record<Unit, { least: number; most: number; bought: readonly number[] }>
> = {
  kg: { least: 25, most: 120, bought: [500, 1000, 1000, 1500, 2000, 3000] },
  g: { least: 800, most: 6000, bought: [50_000, 100_000, 100_000, 200_000] },
  piece: { least: 30, most: 150, bought: [1000, 1000, 2000, 3000] },
  bundle: { least: 30, most: 160, bought: [1000, 2000, 2000, 3000] },
  pack: { least: 25, most: 120, bought: [1000, 1000, 2000] },
  tray: { least: 15, most: 60, bought: [1000, 1000, 2000] },
  sack: { least: 8, most: 30, bought: [1000] },
};

/** With its age as shares of its shelf life. */
const STOCK_STATES = spread([
  [{ state: 'fresh', youngest: 0.02, oldest: 0.4 }, 62],
  [{ state: 'withered', youngest: 0.52, oldest: 0.85 }, 26],
  [{ state: 'rotten', youngest: 1.02, oldest: 1.2 }, 7],
  [{ state: 'sold_out', youngest: 1.1, oldest: 1.4 }, 5],
  [{ state: 'just_harvested', youngest: 0, oldest: 0.1 }, 0],
]);
/** Two of the demo seller's products show what becomes of stock that nobody buys: a melon and a basket of atis. */
const DEMO_STATES = { 13: 'withered', 14: 'rotten' };

const STARS = [
  [5, 52],
  [4, 29],
  [3, 11],
  [2, 5],
  [1, 3],
] as const;

/** What SQL reads of `seed.demo()`. */
export async function demoFacts(seed: number): Promise<object> {
  const salt = createHash('sha256').update(`${seed}`).digest().subarray(0, SALT_BYTES);
  const password_hash = await hash(demo.DEMO_PASSWORD, { ...HASH_COST, salt });
  return {
    people: demo.DEMO_PEOPLE,
    seller: demo.DEMO_SELLER,
    address: demo.DEMO_ADDRESS,
    products: demo.DEMO_PRODUCTS,
    lot_id: demo.DEMO_LOT_ID,
    promo: demo.DEMO_PROMO,
    order: demo.DEMO_ORDER,
    states: DEMO_STATES,
    areas: { farms: FARM_AREAS, cities: CITY_AREAS },
    password_hash,
    // Well formed, so that signing in takes as long as ever, but of no password that anybody knows.
    unusable_hash: password_hash.replace(/[^$]+$/, (digest) =>
      createHash('sha256').update(digest).digest('base64').replace('=', ''),
    ),
    commission_bps: DEFAULTS.COMMISSION_BPS,
    expiry_minutes: DEFAULTS.PAYMENT_EXPIRY_MINUTES,
    wallet_margin_ms: -walletSessionEnd(new Date(0)).getTime(),
  };
}

/** Rows by table of the schema `seed`. */
export function wordRows(): Readonly<Record<string, Rows>> {
  return {
    words: [
      {
        women: names.WOMENS_NAMES,
        men: names.MENS_NAMES,
        last_names: names.LAST_NAMES,
        women_nicknames: names.WOMENS_NICKNAMES,
        men_nicknames: names.MENS_NICKNAMES,
        businesses: names.BUSINESS_NAMES,
        descriptions: names.BUSINESS_DESCRIPTIONS,
        streets: names.STREETS,
        landmarks: names.LANDMARKS,
        notes: names.ORDER_NOTES,
        qualifiers: QUALIFIERS,
        replies: REPLIES,
      },
    ],
    category: categoryRows(),
    produce: PRODUCE.map(([filipino, english, category, unit, lowest, highest, shelf_days], i) => ({
      i,
      name: `${filipino} (${english})`,
      slug: slugify(`${filipino} ${english}`),
      sku: slugify(filipino).slice(0, 3).toUpperCase(),
      category,
      is_taxed: TAXED_CATEGORIES.has(category),
      unit,
      lowest_pesos: lowest,
      highest_pesos: highest,
      shelf_days,
      ...QUANTITIES[unit],
    })),
    stock_state: STOCK_STATES.map(({ value, low, high }) => ({ ...value, low, high })),
    campaign: [DEMO_CAMPAIGN, ...CAMPAIGNS].map(
      ([name, discount_type, discount_hundredths, starts_days, ends_days], i) => ({
        i,
        name,
        discount_type,
        discount_hundredths,
        starts_days,
        ends_days,
      }),
    ),
    comments: spread(STARS).map(({ value, low, high }) => ({
      rating: value,
      low,
      high,
      comments: COMMENTS[value],
    })),
  };
}

function categoryRows(): Rows {
  const fixed = new Map<string, object>(Object.entries(demo.DEMO_CATEGORIES));
  return CATEGORY_TREE.flatMap(({ name, description, leaves }) => [
    { name, description, use: null, parent: null },
    ...Object.entries(leaves).map(([leaf, use]) => ({
      name: leaf,
      description: use,
      use,
      parent: name,
    })),
  ]).map((row, i) => ({ i, id: null, slug: slugify(row.name), ...row, ...fixed.get(row.name) }));
}

/** Fills tables of the schema `seed`. */
export async function load(db: DbTransaction, rows: Readonly<Record<string, Rows>>): Promise<void> {
  for (const [table, list] of Object.entries(rows)) {
    const target = sql.table(`seed.${table}`);
    await sql`INSERT INTO ${target} SELECT * FROM jsonb_populate_recordset(NULL::${target}, ${JSON.stringify(list)}::jsonb)`.execute(
      db,
    );
  }
}

/** Asks a rule once for each row of `query`, and fills a table of the schema `seed` with rows and answers. */
export async function fanOut<Row extends object>(
  db: DbTransaction,
  table: string,
  { query, rule }: { query: RawBuilder<Row>; rule: (row: Row) => object },
): Promise<void> {
  const { rows } = await query.execute(db);
  await load(db, { [table]: rows.map((row) => ({ ...row, ...rule(row) })) });
}
