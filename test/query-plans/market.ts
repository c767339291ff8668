// A market of any size, made by set-based SQL in seconds: what plans and statement counts are looked at on.
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import pg from 'pg';

export interface MarketSize {
  /** Everything else follows from it: a quarter as many sellers, half as many orders, twice as many audit entries … */
  readonly products: number;
  /** What the tables take for the present. */
  readonly now: Date;
}

/** Connections that load at once. */
const LOADERS = 2;
/** Products whose listings one statement computes. */
const LISTING_BATCH = 5_000;
/** As market.sellers() and market.admins() of 0-words.sql say. */
const PRODUCTS_PER_SELLER = 4;
const ADMINS = 10;

/** The id that the market gives to the n-th thing of a kind, counted from 1. */
export function idOf(kind: string, n: number): string {
  const digits = createHash('md5').update(kind).digest('hex').slice(0, 3);
  return `${n.toString(16).padStart(8, '0')}-0000-7${digits}-8000-000000000000`;
}

/** The n-th user who is a customer, the busiest first; those before the first are admins. */
export function customerOf({ products }: MarketSize, n: number): string {
  return idOf('user', Math.floor(products / PRODUCTS_PER_SELLER) + ADMINS + n);
}

/** Fills an empty, migrated database. Needs a superuser: neither triggers nor foreign keys are run. */
export async function buildMarket(databaseUrl: string, size: MarketSize): Promise<void> {
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    max: LOADERS,
    options: '-c session_replication_role=replica -c jit=off -c maintenance_work_mem=256MB',
  });
  const run = async (name: string) => {
    const file = new URL(`./market/${name}.sql`, import.meta.url);
    await pool.query(await readFile(file, 'utf8'));
  };
  const runAll = (statements: readonly string[]) =>
    inTurns(statements.map((statement) => () => pool.query(statement)));
  try {
    await pool.query(constants(size));
    await run('0-words');
    const indexes = await dropIndexes(pool);
    for (const name of ['1-people', '2-products', '3-stock']) await run(name);
    await runAll(indexes.filter(isNeededByListings).map(({ definition }) => definition));
    await pool.query('ANALYZE');
    const listings = listingBatches(size).map((batch) => () => pool.query(batch));
    await inTurns([() => run('4-orders'), ...listings, () => run('5-platform')]);
    await run('6-totals');
    const later = indexes.filter((index) => !isNeededByListings(index));
    await runAll(later.map(({ definition }) => definition));
    await runAll((await listTables(pool)).map((table) => `VACUUM (ANALYZE) ${table}`));
  } finally {
    await pool.end();
  }
}

function constants({ products, now }: MarketSize): string {
  const facts = 'LANGUAGE sql IMMUTABLE PARALLEL SAFE';
  return `
    CREATE SCHEMA market;
    CREATE FUNCTION market.products() RETURNS integer ${facts} RETURN ${products};
    CREATE FUNCTION market.now() RETURNS timestamptz ${facts} RETURN timestamptz '${now.toISOString()}'`;
}

interface Index {
  readonly table: string;
  readonly name: string;
  readonly definition: string;
}

/** Takes away what is quicker to make at the end than to keep; unique ones stay, for ON CONFLICT. */
async function dropIndexes(pool: pg.Pool): Promise<Index[]> {
  const { rows } = await pool.query<Index>(`
    SELECT indrelid::regclass::text AS table, indexrelid::regclass::text AS name,
      replace(pg_get_indexdef(indexrelid), ' ON ONLY ', ' ON ') AS definition
    FROM pg_index JOIN pg_class ON pg_class.oid = indrelid
    WHERE relnamespace = 'public'::regnamespace AND NOT indisunique AND relname NOT IN ('places', 'search_synonyms')`);
  await pool.query(rows.map(({ name }) => `DROP INDEX ${name}`).join(';'));
  return rows;
}

function isNeededByListings({ table }: Index): boolean {
  return table === 'lots' || table === 'promo_products';
}

function listingBatches({ products }: MarketSize): string[] {
  return Array.from({ length: Math.ceil(products / LISTING_BATCH) }, (_, i) => {
    const numbers = `generate_series(${i * LISTING_BATCH + 1}, ${Math.min(products, (i + 1) * LISTING_BATCH)})`;
    return `SELECT refresh_product_listing(ARRAY(SELECT market.id('product', n) FROM ${numbers} n), market.now())`;
  });
}

async function listTables(pool: pg.Pool): Promise<string[]> {
  const { rows } = await pool.query<{ name: string }>(`
    SELECT oid::regclass::text AS name FROM pg_class
    WHERE relkind = 'r' AND relnamespace IN ('public'::regnamespace, 'partitions'::regnamespace, 'pgboss'::regnamespace) ORDER BY reltuples DESC`);
  return rows.map(({ name }) => name);
}

/** Each loader takes the next task when it is free. */
async function inTurns(tasks: readonly (() => Promise<unknown>)[]): Promise<void> {
  const waiting = [...tasks];
  const work = async () => {
    for (let task = waiting.shift(); task !== undefined; task = waiting.shift()) await task();
  };
  await Promise.all(Array.from({ length: LOADERS }, work));
}
