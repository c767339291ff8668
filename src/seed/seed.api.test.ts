import { verify } from '@node-rs/argon2';
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase } from '../../test/support/database.ts';
import { checkAllInvariants } from '../../test/support/invariants.ts';
import { type Db, openDatabase } from '../db/database.ts';
import { DEMO_PASSWORD } from '../lib/demo-market.ts';
import { findBroken, PROMISES } from './promises.testkit.ts';
import { isSeeded, type SeedOptions, seedDatabase } from './seed.ts';

const NOW = new Date('2026-03-02T02:00:00.000Z');
const clock = { now: () => NOW };
const SMALL: SeedOptions = { size: 'small', seed: 7 };

interface Scratch {
  readonly url: string;
  readonly db: Db;
  close(): Promise<void>;
}

async function openScratch(): Promise<Scratch> {
  const { url, drop } = await createTestDatabase();
  const { db } = openDatabase({ url, poolSize: 1, onError: () => {} });
  return {
    url,
    db,
    close: async () => {
      await db.destroy();
      await drop();
    },
  };
}

/** One number for the content of each table. */
async function checksums(db: Db): Promise<Record<string, string>> {
  const tables = await sql<{ name: string }>`
    SELECT table_name AS name FROM information_schema.tables
    WHERE table_schema = 'public' AND table_name NOT IN ('schema_migrations', 'reference_data', 'places')
    ORDER BY name`.execute(db);
  const sums: Record<string, string> = {};
  for (const { name } of tables.rows) {
    const { rows } = await sql<{ sum: string }>`
      SELECT md5(string_agg(t::text, '|' ORDER BY t::text)) AS sum FROM ${sql.table(name)} t`.execute(
      db,
    );
    sums[name] = rows[0]?.sum ?? '';
  }
  return sums;
}

describe('a small market', () => {
  let scratch: Scratch;
  let db: Db;

  beforeAll(async () => {
    scratch = await openScratch();
    db = scratch.db;
    await seedDatabase({ db, clock }, SMALL);
  });
  afterAll(() => scratch.close());

  const count = async (query: { execute(db: Db): Promise<{ rows: { count: number }[] }> }) =>
    (await query.execute(db)).rows[0]?.count;

  it('keeps every invariant', async () => {
    expect(await checkAllInvariants(scratch.url, NOW)).toEqual([]);
  });

  it.each(Object.keys(PROMISES))('promises: %s', async (name) => {
    expect(await findBroken(db, name, NOW)).toEqual([]);
  });

  it('has exactly 200 products, all on sale', async () => {
    expect(await count(sql`SELECT count(*) FROM products`)).toBe(200);
    expect(await count(sql`SELECT count(*) FROM product_listing WHERE on_sale`)).toBe(200);
  });

  it('has fresh, slightly withered and rotten lots', async () => {
    const { rows } = await sql<{ fresh: number; withered: number; rotten: number }>`
      SELECT count(*) FILTER (WHERE lot_half_life(harvested_at, expires_at) >= ${NOW}) AS fresh,
        count(*) FILTER (WHERE lot_half_life(harvested_at, expires_at) < ${NOW} AND expires_at > ${NOW}) AS withered,
        count(*) FILTER (WHERE expires_at <= ${NOW}) AS rotten
      FROM lots WHERE on_hand_milli > 0`.execute(db);
    expect(rows[0]?.fresh).toBeGreaterThan(60);
    expect(rows[0]?.withered).toBeGreaterThan(15);
    expect(rows[0]?.rotten).toBeGreaterThan(5);
  });

  it.each(['admin', 'seller', 'customer'])(
    'lets the demo %s in with the demo password',
    async (role) => {
      const user = await db
        .selectFrom('users')
        .selectAll()
        .where('user_email', '=', `${role}@freshbytes.test`)
        .executeTakeFirstOrThrow();
      expect(user).toMatchObject({ user_name: role, role, is_active: true });
      expect(user.email_verified_at).not.toBeNull();
      expect(await verify(user.password_hash, DEMO_PASSWORD)).toBe(true);
    },
  );

  it('lets nobody else in', async () => {
    const others = await db
      .selectFrom('users')
      .select('password_hash')
      .distinct()
      .where('user_email', 'like', '%@example.com')
      .execute();
    expect(others).toHaveLength(1);
    for (const { password_hash } of others) {
      expect(await verify(password_hash, DEMO_PASSWORD)).toBe(false);
      expect(await verify(password_hash, '')).toBe(false);
    }
  });

  it('gives the demo seller 20 products, fresh tomatoes in plenty, a running promo and orders in every state', async () => {
    const { rows: products } = await sql<{
      name: string;
      available_milli: number;
      is_fresh: boolean;
      is_promoted: boolean;
    }>`
      SELECT l.name, l.available_milli, l.next_lot_half_life_at > ${NOW} AS is_fresh, l.promo_id IS NOT NULL AS is_promoted
      FROM product_listing l JOIN sellers s ON s.id = l.seller_id JOIN users u ON u.id = s.user_id
      WHERE u.user_name = 'seller' AND s.status = 'VERIFIED' ORDER BY l.created_at DESC`.execute(
      db,
    );
    expect(products).toHaveLength(20);
    expect(products[0]).toMatchObject({ name: 'Kamatis (Native Tomato)', is_fresh: true });
    expect(products[0]?.available_milli).toBeGreaterThanOrEqual(50_000);
    expect(products.filter((product) => product.is_promoted)).not.toHaveLength(0);

    const { rows: states } = await sql<{ order_status: string }>`
      SELECT DISTINCT o.order_status FROM seller_orders o JOIN sellers s ON s.id = o.seller_id
      JOIN users u ON u.id = s.user_id WHERE u.user_name = 'seller' ORDER BY 1`.execute(db);
    expect(states.map((row) => row.order_status)).toEqual([
      'CANCELLED',
      'CONFIRMED',
      'DELIVERED',
      'PENDING',
      'REFUNDED',
      'SHIPPED',
    ]);
  });

  it('gives the demo customer two addresses with one default, past orders and favourites', async () => {
    const mine = sql`(SELECT id FROM users WHERE user_name = 'customer')`;
    expect(await count(sql`SELECT count(*) FROM addresses WHERE user_id = ${mine}`)).toBe(2);
    expect(
      await count(sql`SELECT count(*) FROM addresses WHERE user_id = ${mine} AND is_default`),
    ).toBe(1);
    expect(
      await count(
        sql`SELECT count(*) FROM orders WHERE user_id = ${mine} AND order_status = 'DELIVERED'`,
      ),
    ).toBeGreaterThan(3);
    expect(await count(sql`SELECT count(*) FROM favorites WHERE user_id = ${mine}`)).toBe(6);
  });

  it('leaves the next order number free', async () => {
    const orders = await count(sql`SELECT count(*) FROM orders`);
    const next = await count(sql`SELECT nextval('order_number_seq') AS count`);
    expect(next).toBe((orders ?? 0) + 1);
    const taken = `%-${String(next).padStart(6, '0')}`;
    expect(await count(sql`SELECT count(*) FROM orders WHERE order_number LIKE ${taken}`)).toBe(0);
  });

  it('is not seeded a second time', async () => {
    const before = await checksums(db);
    await expect(seedDatabase({ db, clock }, SMALL)).rejects.toThrow(
      'only an empty one can be seeded',
    );
    expect(await checksums(db)).toEqual(before);
  });
});

describe('a market that is written in bulk', () => {
  const size = { products: 5_000, sellers: 200, customers: 800, orders: 2_500 };
  let scratch: Scratch;
  let schemaBefore: unknown;

  /** Indexes, constraints and triggers, as they are defined and switched. */
  const readSchema = async (db: Db) => {
    const { rows } = await sql`
      SELECT indexdef AS definition FROM pg_indexes WHERE schemaname = 'public'
      UNION ALL
      SELECT format('%s %s %s %s', conrelid::regclass, conname, pg_get_constraintdef(oid), convalidated) FROM pg_constraint
      WHERE connamespace = 'public'::regnamespace
      UNION ALL SELECT format('%s %s', pg_get_triggerdef(oid), tgenabled) FROM pg_trigger WHERE NOT tgisinternal
      UNION ALL SELECT nspname FROM pg_namespace WHERE nspname NOT LIKE 'pg_%'
      ORDER BY definition`.execute(db);
    return rows;
  };

  beforeAll(async () => {
    scratch = await openScratch();
    schemaBefore = await readSchema(scratch.db);
    await seedDatabase({ db: scratch.db, clock }, { size, seed: 7 });
  }, 60_000);
  afterAll(() => scratch.close());

  it('keeps every invariant', async () => {
    expect(await checkAllInvariants(scratch.url, NOW)).toEqual([]);
  });

  it.each(Object.keys(PROMISES))('promises: %s', async (name) => {
    expect(await findBroken(scratch.db, name, NOW)).toEqual([]);
  });

  it('leaves every index, constraint and trigger as it was', async () => {
    expect(await readSchema(scratch.db)).toEqual(schemaBefore);
  });
});

describe('seedDatabase', () => {
  const open: Scratch[] = [];
  const scratchDb = async () => {
    const scratch = await openScratch();
    open.push(scratch);
    return scratch.db;
  };
  afterEach(async () => {
    for (const scratch of open.splice(0)) await scratch.close();
  });

  it('makes the same market from the same seed and moment, whatever the clock says', async () => {
    const [first, second] = [await scratchDb(), await scratchDb()];
    const later = { now: () => new Date('2027-01-01T00:00:00.000Z') };
    const summary = await seedDatabase({ db: first, clock }, SMALL);
    expect(await seedDatabase({ db: second, clock: later, now: NOW }, SMALL)).toEqual(summary);
    expect(await checksums(second)).toEqual(await checksums(first));
  });

  it('makes another market from another seed', async () => {
    const [first, second] = [await scratchDb(), await scratchDb()];
    await seedDatabase({ db: first, clock }, SMALL);
    await seedDatabase({ db: second, clock }, { ...SMALL, seed: 8 });
    expect((await checksums(second))['products']).not.toBe((await checksums(first))['products']);
  });

  it('leaves nothing behind when it is broken off', async () => {
    const db = await scratchDb();
    const before = await checksums(db);
    const breakOff = (step: { name: string }) => {
      if (step.name === 'listings') throw new Error('broken off');
    };
    await expect(seedDatabase({ db, clock }, { ...SMALL, onProgress: breakOff })).rejects.toThrow(
      'broken off',
    );
    expect(await isSeeded(db)).toBe(false);
    expect(await checksums(db)).toEqual(before);
  });

  it('reports each step up to its end', async () => {
    const db = await scratchDb();
    const ended = new Set<string>();
    await seedDatabase(
      { db, clock },
      { ...SMALL, onProgress: ({ name, done, total }) => done === total && ended.add(name) },
    );
    expect([...ended]).toEqual(['people', 'products', 'orders', 'listings']);
    expect(await isSeeded(db)).toBe(true);
  });
});
