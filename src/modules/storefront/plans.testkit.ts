// For tests of speed: many believable products, and the plans of the statements that a service sends.
import { Kysely, PostgresDialect, sql } from 'kysely';
import pg from 'pg';
import { createActor } from '../../../test/actors.ts';
import type { TestApp } from '../../../test/app.ts';
import type { Db } from '../../db/database.ts';
import type { DB } from '../../db/schema.generated.ts';

export interface Explainer {
  /** Answers like any other, and notes the plan of each statement. */
  readonly db: Db;
  /** Since they were last taken. */
  takePlans(): string[];
  close(): Promise<void>;
}

export function createExplainer(databaseUrl: string): Explainer {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 1 });
  let plans: string[] = [];
  pool.on('connect', (client) => {
    const query = client.query.bind(client);
    const explained = async (text: string, values: unknown[]) => {
      const { rows } = await query<{ 'QUERY PLAN': string }>(`EXPLAIN ${text}`, values);
      plans.push(rows.map((row) => row['QUERY PLAN']).join('\n'));
      return query(text, values);
    };
    Object.assign(client, { query: explained });
  });
  return {
    db: new Kysely<DB>({ dialect: new PostgresDialect({ pool }) }),
    takePlans: () => {
      const taken = plans;
      plans = [];
      return taken;
    },
    close: () => pool.end(),
  };
}

const SELLERS = 50;

/** `number` products on sale, spread over sellers, 8 categories of 8 below each, prices, ages, ratings and words. */
export async function seedProducts(test: TestApp, number: number): Promise<void> {
  const now = test.clock.now();
  const sellers: string[] = [];
  while (sellers.length < SELLERS)
    sellers.push((await createActor(test, { role: 'seller' })).seller_id);
  const { db } = test.services;
  await sql`
    WITH tops AS (
      INSERT INTO categories (id, name, slug, created_at, updated_at)
      SELECT gen_random_uuid(), 'Top ' || n, 'top-' || n, ${now}, ${now} FROM generate_series(0, 7) n RETURNING id, name
    )
    INSERT INTO categories (id, name, slug, parent_id, created_at, updated_at)
    SELECT gen_random_uuid(), 'Leaf ' || n || ' of ' || t.name, 'leaf-' || n || '-' || t.name, t.id, ${now}, ${now}
    FROM tops t, generate_series(0, 7) n`.execute(db);
  await sql`
    WITH words AS (SELECT row_number() OVER (ORDER BY term) - 1 AS i, count(*) OVER () AS total, initcap(term) AS term FROM search_synonyms),
      leaves AS (SELECT row_number() OVER (ORDER BY slug) - 1 AS i, id FROM categories WHERE parent_id IS NOT NULL)
    INSERT INTO products (id, seller_id, category_id, name, slug, description, unit, price_centavos, shelf_life_days, created_at, updated_at)
    SELECT gen_random_uuid(), (${sellers}::uuid[])[1 + n % ${SELLERS}::integer], l.id, w.term || ' ' || n % 100, 'product-' || n,
      'Fresh harvest number ' || n, 'kg', 1000 + (n * 7919) % 50000, 7, ${now}::timestamptz - n * interval '1 minute', ${now}
    FROM generate_series(1, ${number}::integer) n
    JOIN leaves l ON l.i = n % 64 JOIN words w ON w.i = (n * 31) % w.total`.execute(db);
  await sql`INSERT INTO product_stock SELECT id FROM products`.execute(db);
  await sql`
    INSERT INTO product_counters (product_id, sell_count, review_count, rating_sum)
    SELECT id, price_centavos % 311, price_centavos % 3, price_centavos % 3 * (1 + price_centavos % 5) FROM products`.execute(
    db,
  );
  await sql`
    INSERT INTO lots (id, product_id, harvested_at, expires_at, created_at)
    SELECT gen_random_uuid(), id, h, h + interval '7 days', h
    FROM (SELECT id, ${now}::timestamptz - price_centavos % 160 * interval '1 hour' AS h FROM products WHERE price_centavos % 10 < 9) p`.execute(
    db,
  );
  await sql`
    INSERT INTO stock_movements (id, lot_id, product_id, delta_milli, reason, created_at)
    SELECT gen_random_uuid(), id, product_id, 5000, 'HARVEST', created_at FROM lots`.execute(db);
  await sql`SELECT refresh_product_listing(ARRAY(SELECT id FROM products), ${now})`.execute(db);
  await sql`VACUUM ANALYZE`.execute(db);
}
