// What a request asks of the database does not grow with what it shows: statements are counted on few rows and on many.
// `BEGIN`, `COMMIT` and the statement that checks the caller are not counted.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../src/lib/ids.ts';
import { nameOf, versionedRoutes } from '../authorization/routes.ts';
import {
  buildMarket,
  findSubjects,
  type MarketSize,
  type Subjects,
} from '../query-plans/market.ts';
import { type Read, readsOf } from '../query-plans/reads.ts';
import { get, type Signed, signInReaders } from '../query-plans/requests.ts';
import { createTestApp, type TestApp } from '../support/app.ts';
import { TEST_START } from '../support/clock.ts';
import { createTestDatabase } from '../support/database.ts';
import { type Customer, checkOut, createCustomer } from '../support/market.ts';

/** Enough for an order of 50 lines, and for a hundred rows in the lists of the busiest. */
const SIZE: MarketSize = { products: 5_000, now: TEST_START };
const MAX_TO_READ = 2;
const MAX_TO_CHECK_OUT = 12;

const named = versionedRoutes
  .filter(({ method }) => method === 'GET')
  .map((route) => [nameOf(route), route] as const);
let test: TestApp;
let subjects: Subjects;
let reads: Readonly<Record<string, readonly Read[]>>;
let signed: Signed;

beforeAll(async () => {
  const database = await createTestDatabase();
  await buildMarket(database.url, SIZE);
  test = await createTestApp({ database, env: { CACHE: 'off' } });
  subjects = await findSubjects(test.services.db);
  reads = readsOf(subjects);
  signed = await signInReaders(test, subjects);
});
afterAll(() => test.close());

/** Of the request alone: views that were counted before may be written down meanwhile. */
async function countStatements(work: () => Promise<unknown>): Promise<number> {
  test.statements.length = 0;
  await work();
  return test.statements.filter((text) => !text.includes('SET view_count')).length;
}

interface Shown {
  readonly results?: readonly unknown[];
  readonly data?: readonly unknown[];
}

describe('a list', () => {
  it.each(named.filter(([, { kind }]) => kind === 'list'))(
    `%s takes at most ${MAX_TO_READ} statements, and no more for a hundred rows than for one`,
    async (name) => {
      expect(reads[name], 'its case in reads.ts').toBeDefined();
      let most = 0;
      for (const read of reads[name] ?? []) {
        for (const [version, size] of [
          ['v1', 'page_size'],
          ['v2', 'limit'],
        ] as const) {
          const path = (rows: number) =>
            `${read.path}?${read.query}&${size}=${rows}`.replace('?&', '?');
          const ask = async (rows: number) => {
            const request = { version, path: path(rows), token: signed[read.as] };
            const { results, data } = await get<Shown>(test, request);
            most = Math.max(most, (results ?? data ?? []).length);
          };
          const one = await countStatements(() => ask(1));
          expect(one, path(1)).toBeLessThanOrEqual(MAX_TO_READ);
          expect(await countStatements(() => ask(100)), path(100)).toBeLessThanOrEqual(one);
        }
      }
      expect(most, 'rows of the fullest page').toBeGreaterThan(10);
    },
  );
});

describe('a detail', () => {
  it.each(named.filter(([, { kind }]) => kind === 'single'))(
    `%s takes at most ${MAX_TO_READ} statements`,
    async (name) => {
      expect(reads[name], 'its case in reads.ts').toBeDefined();
      for (const read of reads[name] ?? []) {
        const path = read.query === '' ? read.path : `${read.path}?${read.query}`;
        const ask = () => get(test, { version: 'v1', path, token: signed[read.as] });
        expect(await countStatements(ask), path).toBeLessThanOrEqual(MAX_TO_READ);
      }
    },
  );

  it('an order of 50 lines takes as many statements as one of a few', async () => {
    const ask = (id: string) => () =>
      get(test, { version: 'v1', path: `/orders/${id}`, token: signed.admin });
    const lines = await test.services.db
      .selectFrom('order_items')
      .select('id')
      .where('order_id', '=', subjects.big_order)
      .execute();
    expect(lines.length).toBeGreaterThanOrEqual(50);
    const small = await countStatements(ask(subjects.order));
    expect(await countStatements(ask(subjects.big_order))).toBe(small);
  });
});

/** Puts the first products that can be bought into a new customer's cart. */
async function customerOf(lines: number): Promise<Customer> {
  const customer = await createCustomer(test);
  const { db } = test.services;
  const products = await db
    .selectFrom('product_listing')
    .select('product_id')
    .where('on_sale', '=', true)
    .where('in_stock', '=', true)
    .orderBy('product_id')
    .limit(lines)
    .execute();
  const { user_id } = customer;
  await db.insertInto('carts').values({ user_id }).execute();
  await db
    .insertInto('cart_items')
    .values(
      products.map(({ product_id }) => ({
        id: newId(),
        user_id,
        product_id,
        quantity_milli: 1_000,
        created_at: test.clock.now(),
      })),
    )
    .execute();
  return customer;
}

describe('what has lines', () => {
  it(`a cart takes at most ${MAX_TO_READ} statements, with a hundred lines as with one`, async () => {
    const counts: number[] = [];
    for (const lines of [1, 20, 100]) {
      const { token } = await customerOf(lines);
      counts.push(
        await countStatements(async () => {
          const cart = await get<{ total_items: number }>(test, {
            version: 'v1',
            path: '/cart',
            token,
          });
          expect(cart.total_items).toBe(lines);
        }),
      );
    }
    expect(new Set(counts).size).toBe(1);
    expect(counts[0]).toBeLessThanOrEqual(MAX_TO_READ);
  });

  it.each(['COD', 'GCASH'] as const)(
    `a checkout by %s takes at most ${MAX_TO_CHECK_OUT} statements, whatever is in the cart`,
    async (method) => {
      const counts: number[] = [];
      for (const lines of [1, 3, 20]) {
        const customer = await customerOf(lines);
        counts.push(
          await countStatements(async () => {
            const answer = await checkOut(test, customer, { method });
            expect(answer.statusCode, answer.body).toBe(201);
          }),
        );
      }
      expect(new Set(counts).size).toBe(1);
      expect(counts[0]).toBeLessThanOrEqual(MAX_TO_CHECK_OUT);
    },
  );

  it('cancelling an order of 20 lines takes as many statements as one of a single line', async () => {
    const counts: number[] = [];
    for (const lines of [1, 20]) {
      const customer = await customerOf(lines);
      const { order } = (await checkOut(test, customer)).json<{ order: { id: string } }>();
      counts.push(
        await countStatements(() =>
          test.call({ method: 'POST', path: `/orders/${order.id}/cancel`, token: customer.token }),
        ),
      );
    }
    expect(new Set(counts).size).toBe(1);
  });
});
