// Fills an empty database with a believable Philippine market: the same one for the same seed and moment, of any size.
import { readFile } from 'node:fs/promises';
import { sql } from 'kysely';
import type { Db, DbTransaction } from '../db/database.ts';
import { slugify } from '../lib/text/slug.ts';
import { businessYear, type Clock } from '../lib/time.ts';
import { commissionOf } from '../modules/ledger/ledger.rules.ts';
import { lineTotals, orderNumber, type PricedLine } from '../modules/orders/orders.rules.ts';
import { inBulk } from './bulk.ts';
import { outcomes } from './outcomes.ts';
import { demoFacts, fanOut, load, wordRows } from './words.ts';

/** How many of each; everything else follows. */
interface MarketSize {
  readonly products: number;
  /** Verified ones. */
  readonly sellers: number;
  readonly customers: number;
  readonly orders: number;
}

const SIZES = {
  small: { products: 200, sellers: 10, customers: 60, orders: 300 },
  medium: { products: 10_000, sellers: 400, customers: 1_500, orders: 5_000 },
  large: { products: 1_000_000, sellers: 10_000, customers: 30_000, orders: 100_000 },
} as const satisfies Record<string, MarketSize>;

export type Size = keyof typeof SIZES;

interface Progress {
  readonly name: string;
  readonly done: number;
  readonly total: number;
}

export interface SeedOptions {
  readonly size: Size | MarketSize;
  /** The same number makes the same market. */
  readonly seed: number;
  readonly onProgress?: (step: Progress) => void;
  /** Adds to the market, in its transaction, before anything is counted and listed. */
  readonly extend?: (db: DbTransaction) => Promise<void>;
}

/** Rows written, by table. */
export interface SeedSummary {
  readonly rows: Readonly<Record<string, number>>;
}

export class DatabaseNotEmptyError extends Error {
  override readonly name = 'DatabaseNotEmptyError';
}

const SEED_LOCK = 7_305_802;
/** From here on, making indexes anew is quicker than keeping them. */
const BULK_PRODUCTS = 5_000;
/** Products whose listings one statement sorts in memory. */
const LISTED_AT_ONCE = 50_000;
/** For a connection that seeds: a statement may write a million rows. */
export const SEED_TIMEOUT_MS = 60 * 60_000;

/** Whether there is any user. */
export async function isSeeded(db: Db): Promise<boolean> {
  return (await db.selectFrom('users').select('id').limit(1).executeTakeFirst()) !== undefined;
}

/**
 * Writes everything in one transaction, so that a seed that is broken off leaves nothing behind.
 * `now` is the day on which the market stands; the clock's without it.
 * @throws DatabaseNotEmptyError where there is any user
 */
export function seedDatabase(
  deps: { db: Db; clock: Clock; now?: Date },
  options: SeedOptions,
): Promise<SeedSummary> {
  const size = typeof options.size === 'string' ? SIZES[options.size] : options.size;
  return deps.db.transaction().execute(async (db) => {
    await sql`SELECT pg_advisory_xact_lock(${SEED_LOCK})`.execute(db);
    if (await isSeeded(db)) {
      throw new DatabaseNotEmptyError(
        'This database holds users already: only an empty one can be seeded.',
      );
    }
    const market = { db, now: deps.now ?? deps.clock.now(), size, options };
    const make = () => makeMarket(market);
    if (size.products < BULK_PRODUCTS) await make();
    else await inBulk(db, make);
    await sql`DROP SCHEMA seed CASCADE`.execute(db);
    const { rows } = await WRITTEN.execute(db);
    return { rows: Object.fromEntries(rows.map(({ name, number }) => [name, number])) };
  });
}

const WRITTEN = sql<{ name: string; number: number }>`
  SELECT relname AS name, n_tup_ins AS number FROM pg_stat_xact_user_tables
  WHERE schemaname = 'public' AND n_tup_ins > 0 ORDER BY relname`;

interface Market {
  readonly db: DbTransaction;
  readonly now: Date;
  readonly size: MarketSize;
  readonly options: SeedOptions;
}

/** The files of market/ in turn; between them the rules are asked what SQL cannot know. */
async function makeMarket({ db, now, size, options }: Market): Promise<void> {
  const report = (name: string, total: number, done = total) =>
    options.onProgress?.({ name, done, total });
  await makeWords({ db, now, size, options });
  report('people', size.customers + size.sellers, 0);
  await run(db, '1-people');
  report('people', size.customers + size.sellers);
  await fanOut(db, 'slug', {
    query: sql<{ name: string }>`SELECT name FROM seed.seller`,
    rule: ({ name }) => ({ slug: slugify(name) }),
  });
  report('products', size.products, 0);
  await run(db, '2-products');
  report('products', size.products);
  report('orders', size.orders, 0);
  await makeOrders(db);
  report('orders', size.orders);
  await run(db, '7-social');
  await options.extend?.(db);
  await run(db, '8-totals');
  report('listings', size.products, 0);
  for (let done = 0; done < size.products; done += LISTED_AT_ONCE) {
    const next = Math.min(done + LISTED_AT_ONCE, size.products);
    const ids = sql`ARRAY(SELECT id FROM seed.product WHERE n > ${done} AND n <= ${next})`;
    await sql`SELECT refresh_product_listing(${ids}, ${now})`.execute(db);
    report('listings', size.products, next);
  }
}

async function makeWords({ db, now, size, options: { seed } }: Market): Promise<void> {
  // Applicants and suspended sellers, who have no products: at least one of each.
  const waiting_sellers = Math.max(2, Math.round(size.sellers / 50));
  const numbers = Object.entries({ number: seed, ...size, waiting_sellers });
  const facts = JSON.stringify(await demoFacts(seed)).replaceAll("'", "''");
  const constant = (name: string, type: string, value: string | number) =>
    `CREATE FUNCTION seed.${name}() RETURNS ${type} LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN ${value};`;
  const constants = [
    ...numbers.map(([name, value]) => constant(name, 'integer', value)),
    constant('now', 'timestamptz', `timestamptz '${now.toISOString()}'`),
    constant('demo', 'jsonb', `jsonb '${facts}'`),
  ];
  await sql.raw(`CREATE SCHEMA seed; ${constants.join(' ')}`).execute(db);
  await run(db, '0-words');
  await load(db, { ...wordRows(), ...outcomes() });
}

async function makeOrders(db: DbTransaction): Promise<void> {
  await run(db, '3-orders');
  await fanOut(db, 'line_total', {
    query: sql<PricedLine>`SELECT DISTINCT list_price_centavos, unit_price_centavos, quantity_milli FROM seed.line`,
    rule: lineTotals,
  });
  await fanOut(db, 'order_number', {
    query: sql<{ n: number; placed_at: Date }>`SELECT n, placed_at FROM seed.placed`,
    rule: ({ n, placed_at }) => ({ order_number: orderNumber(businessYear(placed_at), n) }),
  });
  await run(db, '4-order-rows');
  await fanOut(db, 'commission', {
    query: sql<{ total_centavos: number; commission_bps: number }>`
      SELECT DISTINCT total_centavos, commission_bps FROM seed.deal WHERE delivered_at IS NOT NULL`,
    rule: ({ total_centavos, commission_bps }) => ({
      commission_centavos: commissionOf(total_centavos, commission_bps),
    }),
  });
  await run(db, '5-money');
  await run(db, '6-stock');
}

async function run(db: DbTransaction, name: string): Promise<void> {
  const text = await readFile(new URL(`./market/${name}.sql`, import.meta.url), 'utf8');
  await sql.raw(text).execute(db);
}
