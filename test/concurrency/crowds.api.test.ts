// Crowds at one product, and locks that somebody keeps, over real sockets: those who want something else notice nothing.
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TURN_TIMEOUT_MS } from '../../src/db/lanes.ts';
import { newId } from '../../src/lib/ids.ts';
import { createActor, type TestActor } from '../support/actors.ts';
import { createTestApp, type TestApp } from '../support/app.ts';
import { hold } from '../support/hold.ts';
import { checkAllInvariants } from '../support/invariants.ts';
import {
  type Customer,
  createCustomer,
  type StockedProduct,
  stockProduct,
} from '../support/market.ts';

const CROWD = 128;
const TEST_TIMEOUT_MS = 180_000;
/** For each size of crowd. */
const OBSERVED_MS = 2_000;
const ROUNDS = 3;
/** Everybody connects at once first, which no crowd does. */
const ARRIVAL_MS = 1_000;
/** Between two requests of somebody who wants something else. */
const PAUSE_MS = 10;
/** Of an answer that comes at once, on a machine that does other things too. */
const UNNOTICED_MS = 50;
/** Of an order that had to wait for one that was held up, at most once. */
const SHORT_MS = 600;
const HELD_MS = 3_000;

let test: TestApp;
let aside: pg.Pool;
let url: string;
let hot: StockedProduct;
let cold: StockedProduct;
let customers: Customer[];
let somebody: TestActor;

beforeAll(async () => {
  test = await createTestApp({ poolSize: 8 });
  const seller = await createActor(test, { role: 'seller' });
  const other = await createActor(test, { role: 'seller' });
  const lots = [{ quantity_milli: 90_000_000, days_left: 30 }];
  hot = await stockProduct(test, seller.seller_id, { lots });
  cold = await stockProduct(test, other.seller_id, { lots });
  somebody = await createActor(test);
  customers = await Promise.all(Array.from({ length: CROWD }, () => createCustomer(test)));
  aside = new pg.Pool({ connectionString: test.databaseUrl, max: 2 });
  url = await test.app.listen({ host: '127.0.0.1', port: 0 });
}, TEST_TIMEOUT_MS);
afterAll(async () => {
  await aside.end();
  await test.close();
});

interface Answer {
  readonly status: number;
  readonly at_ms: number;
  readonly took_ms: number;
}

async function send(token: string, path: string, body?: object): Promise<Answer> {
  const began_ms = performance.now();
  const answer = await fetch(`${url}/api/v1${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      ...(body && { 'content-type': 'application/json', 'idempotency-key': newId() }),
    },
    ...(body && { body: JSON.stringify(body) }),
  });
  await answer.arrayBuffer();
  const at_ms = performance.now();
  return { status: answer.status, at_ms, took_ms: at_ms - began_ms };
}

/** Fills the cart past the API and its pool, so that what is observed are checkouts. */
async function buy({ user_id, token, address_id }: Customer, product_id: string): Promise<Answer> {
  await aside.query(
    `WITH cart AS (INSERT INTO carts (user_id) VALUES ($2) ON CONFLICT DO NOTHING)
    INSERT INTO cart_items (id, user_id, product_id, quantity_milli, created_at) VALUES ($1, $2, $3, 1000, $4)
    ON CONFLICT DO NOTHING`,
    [newId(), user_id, product_id, test.clock.now()],
  );
  return send(token, '/orders/checkout', { address_id, payment_method: 'COD' });
}

/** What nine of ten answers keep to: of few answers on a machine that does other things too, the slowest tell nothing. */
const slow = (answers: readonly Answer[]): number => q(answers, 0.9);
const q = (answers: readonly Answer[], share: number): number => {
  const sorted = answers.map(({ took_ms }) => took_ms).sort((a, b) => a - b);
  return sorted[Math.ceil(sorted.length * share) - 1] ?? 0;
};

interface Observed {
  readonly orders: readonly Answer[];
  readonly visits: readonly Answer[];
}

/** So many customers of one product, each ordering again and again, while somebody looks at their own profile. */
async function crowdOf(size: number): Promise<Observed> {
  const begins_at_ms = performance.now() + ARRIVAL_MS;
  const ends_at_ms = begins_at_ms + OBSERVED_MS;
  const orders: Answer[] = [];
  const visits: Answer[] = [];
  const isOver = () => performance.now() > ends_at_ms;
  await Promise.all([
    ...customers.slice(0, size).map(async (customer) => {
      while (!isOver()) orders.push(await buy(customer, hot.id));
    }),
    (async () => {
      while (!isOver()) {
        visits.push(await send(somebody.token, '/users/me'));
        await pause(PAUSE_MS);
      }
    })(),
  ]);
  const observed = (answers: readonly Answer[]) =>
    answers.filter(({ at_ms }) => at_ms >= begins_at_ms && at_ms <= ends_at_ms);
  return { orders: observed(orders), visits: observed(visits) };
}

/** While `isOver` is false: what somebody waits for, one request after the other. */
async function watch(isOver: () => boolean, ask: () => Promise<Answer>): Promise<Answer[]> {
  const answers: Answer[] = [];
  while (!isOver()) {
    answers.push(await ask());
    await pause(PAUSE_MS);
  }
  return answers;
}

const statuses = (answers: readonly Answer[]) => [...new Set(answers.map(({ status }) => status))];

describe('a crowd at one product', () => {
  it(
    'buys as fast as a few do, is never refused, and nobody else notices it',
    async () => {
      for (const size of [64, CROWD]) {
        const few: Observed[] = [];
        const crowd: Observed[] = [];
        // By turns, because the machine is not always as busy with other things.
        for (let round = 0; round < ROUNDS; round += 1) {
          few.push(await crowdOf(4));
          crowd.push(await crowdOf(size));
        }
        const [fewOrders, orders] = [few, crowd].map((list) => list.flatMap((one) => one.orders));
        const [fewVisits, visits] = [few, crowd].map((list) => list.flatMap((one) => one.visits));
        expect(statuses(orders ?? [])).toEqual([201]);
        expect(statuses(visits ?? [])).toEqual([200]);
        expect(orders?.length).toBeGreaterThanOrEqual(0.8 * (fewOrders?.length ?? 0));
        expect(slow(visits ?? [])).toBeLessThan(Math.max(2 * slow(fewVisits ?? []), UNNOTICED_MS));
      }
      expect(await checkAllInvariants(test.databaseUrl, test.clock.now())).toEqual([]);
    },
    TEST_TIMEOUT_MS,
  );
});

describe('locks that somebody keeps', () => {
  it(
    'hold up those who want the same, and nobody else',
    async () => {
      const customer = customers.at(-1);
      if (customer === undefined) throw new Error('there is no customer');
      const observe = async (isOver: () => boolean) => {
        const [visits, orders] = await Promise.all([
          watch(isOver, () => send(somebody.token, '/users/me')),
          watch(isOver, () => buy(customer, cold.id)),
        ]);
        return { visits, orders };
      };
      const within = (duration_ms: number) => {
        const ends_at_ms = performance.now() + duration_ms;
        return () => performance.now() > ends_at_ms;
      };
      const before = await observe(within(HELD_MS));
      const letGo = await hold(
        test,
        `SELECT FROM product_stock JOIN product_listing USING (product_id) WHERE product_id = $1 FOR UPDATE`,
        [hot.id],
      );
      const waiting = customers.slice(0, 64).map((customer) => buy(customer, hot.id));
      const during = await observe(within(HELD_MS));
      await letGo();
      expect(statuses(during.visits)).toEqual([200]);
      expect(statuses(during.orders)).toEqual([201]);
      expect(slow(during.visits)).toBeLessThan(Math.max(2 * slow(before.visits), UNNOTICED_MS));
      expect(slow(during.orders)).toBeLessThan(Math.max(2 * slow(before.orders), SHORT_MS));
      expect(statuses(await Promise.all(waiting))).toEqual([201]);
      expect(await checkAllInvariants(test.databaseUrl, test.clock.now())).toEqual([]);
    },
    TEST_TIMEOUT_MS,
  );

  it(
    'refuse those who want the same with 503 and Retry-After once they have waited long enough',
    async () => {
      const [customer] = customers;
      const letGo = await hold(test, 'SELECT FROM product_stock WHERE product_id = $1 FOR UPDATE', [
        hot.id,
      ]);
      const answer = await buy(customer ?? failed(), hot.id);
      await letGo();
      expect(answer).toMatchObject({ status: 503 });
      expect(answer.took_ms).toBeGreaterThan(TURN_TIMEOUT_MS - 1_000);
    },
    TEST_TIMEOUT_MS,
  );
});

function failed(): never {
  throw new Error('there is no customer');
}
