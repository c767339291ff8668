import { readFile } from 'node:fs/promises';
import { CompiledQuery, sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createActor, type TestActor } from '../../../../test/support/actors.ts';
import { createTestApp, type TestApp } from '../../../../test/support/app.ts';
import {
  type Customer,
  createCustomer,
  order,
  stockProduct,
} from '../../../../test/support/market.ts';
import { MIGRATIONS_DIR } from '../../../db/migrations/migrate.ts';
import { inTransaction } from '../../../db/transaction.ts';
import { seedDatabase } from '../../../seed/seed.ts';
import { addViews } from '../../storefront/view-counts/view-counter.queries.ts';
import { foldBusinessCounts, readBusinessNumbers } from '../operations.queries.ts';

interface Totals {
  readonly orders_created: number;
  readonly revenue_centavos: number;
  readonly products_viewed: number;
}

let test: TestApp;
let seller: TestActor;
let customer: Customer;

beforeAll(async () => {
  // As many connections as some write, add up and read at once.
  test = await createTestApp({ poolSize: 4 });
  seller = await createActor(test, { role: 'seller' });
  customer = await createCustomer(test);
});
afterAll(() => test.close());

/** The totals as the metrics have them. */
async function counted(db = test.services.db): Promise<Totals> {
  const { active_users: _, ...totals } = await readBusinessNumbers(db, test.clock.now());
  return totals;
}

/** The same counted anew, row by row. */
async function actual(db = test.services.db): Promise<Totals> {
  const { rows } = await sql<Totals>`
    SELECT (SELECT count(*) FROM orders) AS orders_created,
      (SELECT coalesce(sum(debit_centavos), 0)::bigint FROM journal_lines JOIN journal_entries entry ON entry.id = entry_id
        WHERE entry.kind = 'PAYMENT_RECEIVED') AS revenue_centavos,
      (SELECT coalesce(sum(view_count), 0)::bigint FROM product_counters) AS products_viewed`.execute(
    db,
  );
  const [totals] = rows;
  if (totals === undefined) throw new Error('no totals');
  return totals;
}

async function partsOf(): Promise<number> {
  const rows = await test.services.db.selectFrom('business_counts').selectAll().execute();
  return rows.length;
}

/** Delivers an order for cash: two kilos at 120.00, and 1.5 more of another product. */
async function sell(): Promise<string> {
  const first = await stockProduct(test, seller.seller_id);
  const second = await stockProduct(test, seller.seller_id);
  const placed = await order(test, customer, { [first.id]: '2', [second.id]: '1.5' });
  for (const order_status of ['CONFIRMED', 'SHIPPED', 'DELIVERED']) {
    const answer = await test.call({
      method: 'PATCH',
      path: `/orders/${placed.order.id}/status`,
      token: seller.token,
      body: { order_status },
    });
    expect(answer.statusCode).toBe(200);
  }
  return placed.payment.id;
}

describe('the totals of the business', () => {
  it('begin at nothing in an empty database', async () => {
    expect(await counted()).toEqual({
      orders_created: 0,
      revenue_centavos: 0,
      products_viewed: 0,
    });
  });

  it('count an order when it is placed and its money when that is received', async () => {
    const before = await counted();
    await sell();
    const { id } = await stockProduct(test, seller.seller_id);
    await order(test, customer, { [id]: '1' });
    const after = await counted();
    expect(after.orders_created - before.orders_created).toBe(2);
    expect(after.revenue_centavos - before.revenue_centavos).toBe(42_000);
    expect(after).toEqual(await actual());
  });

  it('do not fall when money is given back', async () => {
    const payment_id = await sell();
    const admin = await createActor(test, { role: 'admin' });
    const before = await counted();
    const refund = await test.call({
      method: 'POST',
      path: `/payments/${payment_id}/refunds`,
      token: admin.token,
      headers: { 'idempotency-key': payment_id },
      body: { amount: '100', reason: 'bruised' },
    });
    expect(refund.statusCode).toBe(201);
    expect(await counted()).toEqual(before);
  });

  it('count every view once, however many products a flush writes', async () => {
    const before = await counted();
    const products = await Promise.all([1, 2].map(() => stockProduct(test, seller.seller_id)));
    await addViews(test.services.db, new Map(products.map(({ id }, index) => [id, 5 + index])));
    const after = await counted();
    expect(after.products_viewed - before.products_viewed).toBe(11);
    expect(after).toEqual(await actual());
  });

  it('forget what is rolled back', async () => {
    const before = await counted();
    const { id } = await stockProduct(test, seller.seller_id);
    const rolledBack = inTransaction(test.system, async (ctx) => {
      await addViews(ctx.db, new Map([[id, 7]]));
      throw new Error('changed its mind');
    });
    await expect(rolledBack).rejects.toThrow('changed its mind');
    expect(await counted()).toEqual(before);
  });

  it('are the same before and after they are added up into one row', async () => {
    await sell();
    expect(await partsOf()).toBeGreaterThan(1);
    const before = await counted();
    await foldBusinessCounts(test.services.db, 10_000);
    expect(await partsOf()).toBe(1);
    expect(await counted()).toEqual(before);
  });

  it('never show another sum to readers while some count and others add up', async () => {
    const { db } = test.services;
    const { id } = await stockProduct(test, seller.seller_id);
    const before = await counted();
    const seen: number[] = [];
    const VIEWS = 100;
    const view = async () => {
      for (let n = 0; n < VIEWS; n += 1) await addViews(db, new Map([[id, 1]]));
    };
    const fold = async () => {
      for (let n = 0; n < VIEWS; n += 1) await foldBusinessCounts(db, 10_000);
    };
    const read = async () => {
      for (let n = 0; n < VIEWS; n += 1) seen.push((await counted()).products_viewed);
    };
    await Promise.all([view(), fold(), fold(), read()]);
    expect((await counted()).products_viewed - before.products_viewed).toBe(VIEWS);
    expect(seen).toEqual(seen.toSorted((a, b) => a - b));
    expect(seen[0]).toBeGreaterThanOrEqual(before.products_viewed);
  });

  it('do not add up an empty table to nothing', async () => {
    await inTransaction(test.system, async ({ db }) => {
      await sql`DELETE FROM business_counts`.execute(db);
      await foldBusinessCounts(db, 10_000);
      expect(await counted(db)).toEqual({
        orders_created: 0,
        revenue_centavos: 0,
        products_viewed: 0,
      });
      throw new Error('undone');
    }).catch((error: Error) => expect(error.message).toBe('undone'));
  });
});

describe('a market that is there already', () => {
  it('is counted by what writes many rows at once, and by the migration that begins to count', async () => {
    const market = await createTestApp();
    const { db, clock } = market.services;
    await seedDatabase({ db, clock }, { size: 'small', seed: 3 });
    const totals = await actual(db);
    expect(Math.min(...Object.values(totals))).toBeGreaterThan(0);
    expect(await counted(db)).toEqual(totals);

    const migration = await readFile(`${MIGRATIONS_DIR}/0011_operations.sql`, 'utf8');
    const functions = [...migration.matchAll(/CREATE FUNCTION (\w+\(\))/g)].map(([, name]) => name);
    const tables = [...migration.matchAll(/CREATE TABLE (\w+)/g)].map(([, name]) => name);
    const undo = `DROP FUNCTION ${functions.join(', ')} CASCADE; DROP TABLE ${tables.join(', ')}`;
    await db.executeQuery(CompiledQuery.raw(undo));
    // A later migration gives cash other accounts, and counts it whatever they are.
    const counting = migration.replaceAll(/ AND line\.account IN \([^)]*\)/g, '');
    await db.executeQuery(CompiledQuery.raw(counting));
    expect(await counted(db)).toEqual(totals);
    await market.close();
  });
});
