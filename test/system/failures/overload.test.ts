// A real server with more to do than it can: browsing is sent away, checkout goes through, and nothing is lost.
import { setImmediate as turnOfTheLoop } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { newId } from '../../../src/lib/ids.ts';
import { createActor } from '../../support/actors.ts';
import { checkAllInvariants } from '../../support/invariants.ts';
import { type Customer, createCustomer, fillCart, stockProduct } from '../../support/market.ts';
import {
  createProcessBench,
  type ProcessBench,
  type ServerProcess,
} from '../../support/processes/processes.ts';

const TEST_TIMEOUT_MS = 120_000;
const VISITORS = 20;
const CUSTOMERS = 12;
/** Two connections for twenty visitors; they wait in line, and six in line are too many. */
const TIGHT = {
  DATABASE_POOL_SIZE: '2',
  SHED_POOL_WAITING: '6',
  SHED_REQUESTS_IN_FLIGHT: '10000',
  SHED_LOOP_DELAY_MS: '60000',
  CACHE: 'off',
  WORKER: 'off',
};

let bench: ProcessBench;
let server: ServerProcess;

beforeAll(async () => {
  bench = await createProcessBench();
  server = await bench.start(TIGHT);
});
afterAll(() => bench.close());

interface Answer {
  readonly status: number;
  readonly retryAfter: string | null;
}

async function browse(): Promise<Answer> {
  const answer = await fetch(`${server.url}/api/v1/products`);
  await answer.arrayBuffer();
  return { status: answer.status, retryAfter: answer.headers.get('retry-after') };
}

async function checkOut({ token, address_id }: Customer) {
  const answer = await fetch(`${server.url}/api/v1/orders/checkout`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      'idempotency-key': newId(),
    },
    body: JSON.stringify({ address_id, payment_method: 'COD' }),
  });
  const { order } = (await answer.json()) as { order?: { id: string } };
  return { status: answer.status, order_id: order?.id };
}

it('with the pool exhausted, visitors are refused and customers are not', {
  timeout: TEST_TIMEOUT_MS,
}, async () => {
  const seller = await createActor(bench.test, { role: 'seller' });
  const product = await stockProduct(bench.test, seller.seller_id, {
    lots: [{ quantity_milli: 1_000_000, days_left: 5 }],
  });
  const customers: Customer[] = [];
  for (let i = 0; i < CUSTOMERS; i += 1) {
    const customer = await createCustomer(bench.test);
    await fillCart(bench.test, customer, { [product.id]: '1' });
    customers.push(customer);
  }

  const answers: Answer[] = [];
  let isOver = false;
  const visits = Array.from({ length: VISITORS }, async () => {
    while (!isOver) {
      answers.push(await browse());
      await turnOfTheLoop();
    }
  });
  await vi.waitUntil(() => answers.some(({ status }) => status === 503), { timeout: 30_000 });

  const orders: { status: number; order_id: string | undefined }[] = [];
  for (const customer of customers) {
    orders.push(await checkOut(customer));
    expect((await fetch(`${server.url}/health/live`)).status).toBe(200);
  }
  isOver = true;
  await Promise.all(visits);

  expect(orders.map(({ status }) => status)).toEqual(Array(CUSTOMERS).fill(201));
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 503]));
  const refused = answers.filter(({ status }) => status === 503);
  for (const { retryAfter } of refused) expect(retryAfter).toMatch(/^[2-5]$/);

  const metrics = await (await fetch(`${server.url}/metrics`)).text();
  expect(metrics).toMatch(/requests_shed_total\{priority="browse"\} [1-9]/);
  expect(metrics).not.toContain('requests_shed_total{priority="critical"}');

  await vi.waitFor(async () => expect((await browse()).status).toBe(200), { timeout: 5_000 });
  const kept = await bench.test.services.db.selectFrom('orders').select('id').execute();
  expect(kept.map(({ id }) => id).sort()).toEqual(orders.map(({ order_id }) => order_id).sort());
  expect(await checkAllInvariants(bench.test.databaseUrl)).toEqual([]);
});
