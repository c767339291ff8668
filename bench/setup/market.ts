// The market that is measured: seeded, made fit for production, with customers who are signed in.
import { hash } from '@node-rs/argon2';
import type pg from 'pg';
import type { Config } from '../../src/config.ts';
import { withClient } from '../../src/db/client.ts';
import { openDatabase } from '../../src/db/database.ts';
import { DEMO_PEOPLE } from '../../src/lib/demo-market.ts';
import { systemClock } from '../../src/lib/time.ts';
import { PASSWORD_COST } from '../../src/modules/auth/passwords/passwords.ts';
import { prepareDatabase } from '../../src/process/prepare.ts';
import { SEED_TIMEOUT_MS, type Size, seedDatabase } from '../../src/seed/seed.ts';
import { loadTokens, type Tokens } from '../../src/tokens/tokens.ts';
import { printProgress } from './run.ts';

export interface Customer {
  readonly user_id: string;
  readonly user_email: string;
  readonly address_id: string;
  readonly session_id: string;
  /** Good for a quarter of an hour. */
  readonly token: string;
}

export interface Market {
  readonly url: string;
  /** On sale, in no order. */
  readonly product_ids: readonly string[];
  /** Those without others below them that have something on sale. */
  readonly category_slugs: readonly string[];
  /** Verified customers with an address. */
  readonly customers: readonly Customer[];
  /** Of all customers. */
  readonly password: string;
  readonly password_hash: string;
  readonly tokens: Tokens;
}

const SEED = 1;
const MAX_CUSTOMERS = 2_000;
const PASSWORD = 'bench-Freshbytes-2026';
/** Also until when they count as just used: that is noted once a minute, and would fall on some requests and not on others. */
const SESSION_DAYS = 1;
const CART_LINES = 3;
/** In stock of what goes into carts: more than a whole run buys of one product. */
const MIN_STOCK_MILLI = 20_000;
const ONE_UNIT_MILLI = 1_000;

/** Migrates and fills the empty database at `url`. */
export async function plantMarket(url: string, size: Size): Promise<void> {
  await prepareDatabase(url);
  const { db } = openDatabase({
    url,
    poolSize: 1,
    statementTimeout_ms: SEED_TIMEOUT_MS,
    onError: () => {},
  });
  try {
    await seedDatabase({ db, clock: systemClock }, { size, seed: SEED });
  } finally {
    await db.destroy();
  }
  await withClient(url, async (client) => {
    // Production refuses to start beside active people whose password everybody knows.
    const demoIds = Object.values(DEMO_PEOPLE).map(({ id }) => id);
    await client.query('UPDATE users SET is_active = false WHERE id = ANY ($1)', [demoIds]);
    await client.query('VACUUM (ANALYZE)');
  });
}

/** Signs customers in and fills their carts, and reads what requests will name. */
export async function openMarket(url: string, config: Config): Promise<Market> {
  const tokens = await loadTokens(config);
  const password_hash = await hash(PASSWORD, PASSWORD_COST);
  return withClient(url, async (client) => {
    const customers = await signCustomersIn(client, { password_hash, tokens });
    await fillCarts(client, customers);
    const products = await client.query<{ product_id: string }>(
      'SELECT product_id FROM product_listing WHERE on_sale',
    );
    const categories = await client.query<{ slug: string }>(
      `SELECT slug FROM categories c
      WHERE EXISTS (SELECT FROM product_listing l WHERE l.category_id = c.id AND l.on_sale)
        AND NOT EXISTS (SELECT FROM categories below WHERE below.parent_id = c.id)
      ORDER BY slug`,
    );
    const market = {
      url,
      product_ids: products.rows.map((row) => row.product_id),
      category_slugs: categories.rows.map((row) => row.slug),
      customers,
      password: PASSWORD,
      password_hash,
      tokens,
    };
    printProgress(`${market.product_ids.length} products on sale, ${customers.length} customers`);
    return market;
  });
}

async function signCustomersIn(
  client: pg.Client,
  { password_hash, tokens }: { password_hash: string; tokens: Tokens },
): Promise<Customer[]> {
  const { rows } = await client.query<Omit<Customer, 'token'>>(
    `WITH chosen AS (
      SELECT u.id AS user_id, u.user_email, a.id AS address_id, gen_random_uuid() AS session_id
      FROM users u JOIN addresses a ON a.user_id = u.id AND a.is_default AND a.deleted_at IS NULL
      WHERE u.role = 'customer' AND u.email_verified_at IS NOT NULL AND u.is_active
      ORDER BY u.id LIMIT $1
    ), opened AS (
      INSERT INTO sessions (id, user_id, created_at, last_used_at, expires_at)
      SELECT session_id, user_id, now(), soon, soon FROM chosen, (SELECT now() + make_interval(days => $2) AS soon) s
    ), knowing AS (
      UPDATE users SET password_hash = $3 FROM chosen WHERE users.id = chosen.user_id
    )
    SELECT * FROM chosen`,
    [MAX_CUSTOMERS, SESSION_DAYS, password_hash],
  );
  return rows.map((row) => ({ ...row, token: tokenOf(row, tokens) }));
}

/** The same market, its customers with tokens that have all their time before them. */
export function withFreshTokens(market: Market): Market {
  const { customers, tokens } = market;
  return {
    ...market,
    customers: customers.map((customer) => ({ ...customer, token: tokenOf(customer, tokens) })),
  };
}

function tokenOf(
  { user_id, session_id }: Pick<Customer, 'user_id' | 'session_id'>,
  tokens: Tokens,
): string {
  return tokens.signAccess({ user_id, session_id, now: systemClock.now() });
}

/** Puts three products at random into the cart of each customer, in place of what is there. */
export async function fillCarts(client: pg.Client, customers: readonly Customer[]): Promise<void> {
  const user_ids = customers.map((customer) => customer.user_id);
  await client.query('DELETE FROM cart_items WHERE user_id = ANY ($1)', [user_ids]);
  await client.query('INSERT INTO carts SELECT unnest($1::uuid[]) ON CONFLICT DO NOTHING', [
    user_ids,
  ]);
  await client.query(
    `WITH stocked AS MATERIALIZED (
      SELECT product_id, row_number() OVER (ORDER BY random()) - 1 AS number, count(*) OVER () AS total
      FROM product_listing WHERE on_sale AND available_milli >= $2
    ), cart AS (
      SELECT user_id, row_number() OVER () AS number FROM unnest($1::uuid[]) AS given (user_id)
    )
    INSERT INTO cart_items (id, user_id, product_id, quantity_milli, created_at)
    SELECT gen_random_uuid(), cart.user_id, stocked.product_id, $3, now()
    FROM cart CROSS JOIN generate_series(0, $4 - 1) AS line
    JOIN stocked ON stocked.number = (cart.number * $4 + line) % stocked.total`,
    [user_ids, MIN_STOCK_MILLI, ONE_UNIT_MILLI, CART_LINES],
  );
}
