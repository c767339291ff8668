// Checkout against the end of its process: killed at named points and at random, stopped politely, its answers lost.
// Clients repeat what was not answered with the same key, as the contract tells them to.
import { sql } from 'kysely';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { withDeadline } from '../../../src/lib/flow/deadline.ts';
import { newId } from '../../../src/lib/ids.ts';
import { createActor, type TestActor } from '../../support/actors.ts';
import { checkAllInvariants } from '../../support/invariants.ts';
import {
  type Customer,
  createCustomer,
  fillCart,
  type StockedProduct,
  stockOf,
  stockProduct,
} from '../../support/market.ts';
import {
  createProcessBench,
  type ProcessBench,
  type ServerProcess,
} from '../../support/processes/processes.ts';

const TEST_TIMEOUT_MS = 120_000;
const WAIT = { timeout: 30_000, interval: 20 } as const;
const STOCK_MILLI = 1_000_000;
/** Long before a connection that is kept alive would time out. */
const STOP_TIMEOUT_MS = 10_000;
const WITHOUT_WORKER = { WORKER: 'off', DRAIN_MS: '300' } as const;

let bench: ProcessBench;
let seller: TestActor;
/** The one that runs; whoever ends it starts the next. */
let server: ServerProcess;
let product: StockedProduct;

beforeAll(async () => {
  bench = await createProcessBench();
  seller = await createActor(bench.test, { role: 'seller' });
  server = await bench.start(WITHOUT_WORKER);
});
afterAll(() => bench.close());

beforeEach(async () => {
  const lots = [{ quantity_milli: STOCK_MILLI, days_left: 5 }];
  product = await stockProduct(bench.test, seller.seller_id, { lots });
});

/** A customer with a cart of one kilo. */
async function createReadyCustomer(): Promise<Customer> {
  const customer = await createCustomer(bench.test);
  await fillCart(bench.test, customer, { [product.id]: '1' });
  return customer;
}

interface Order {
  readonly customer: Customer;
  readonly key: string;
}

interface Answer {
  /** Absent where the connection broke. */
  readonly status?: number;
  readonly order_id?: string;
  readonly code?: string;
  readonly isReplay?: boolean;
}

async function checkOut(
  { url }: ServerProcess,
  { customer, key }: Order,
  signal?: AbortSignal,
): Promise<Answer> {
  const request = fetch(`${url}/api/v1/orders/checkout`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${customer.token}`,
      'content-type': 'application/json',
      'idempotency-key': key,
    },
    body: JSON.stringify({ address_id: customer.address_id, payment_method: 'COD' }),
    ...(signal === undefined ? {} : { signal }),
  });
  try {
    const response = await request;
    const { code, order } = (await response.json()) as { code?: string; order?: { id: string } };
    const isReplay = response.headers.get('idempotency-replayed') === 'true';
    return {
      status: response.status,
      isReplay,
      ...(code && { code }),
      ...(order && { order_id: order.id }),
    };
  } catch {
    // What the killed server owed; whoever calls decides what that means.
    return {};
  }
}

/** Repeats until there is an answer that counts; a broken connection, 503 and a first request still running do not. */
async function checkOutUntilAnswered(
  server: () => Promise<ServerProcess>,
  order: Order,
): Promise<Answer> {
  for (;;) {
    const answer = await checkOut(await server(), order);
    const isOpen =
      answer.status === undefined ||
      answer.status === 503 ||
      answer.code === 'IDEMPOTENCY_IN_PROGRESS';
    if (!isOpen) return answer;
  }
}

/** Holds what `statement` locks until the release. */
async function hold(
  statement: string,
  values: readonly string[] = [],
): Promise<{ release(): Promise<void> }> {
  const client = new pg.Client({ connectionString: bench.test.databaseUrl });
  await client.connect();
  await client.query('BEGIN');
  await client.query(statement, [...values]);
  return { release: () => client.end() };
}

/** Waits until at least so many connections wait for a lock. */
async function whenBlocked(count: number): Promise<void> {
  await vi.waitUntil(async () => {
    const { rows } = await sql<{ waiting: number }>`
      SELECT count(*)::integer AS waiting FROM pg_stat_activity
      WHERE datname = current_database() AND wait_event_type = 'Lock'`.execute(
      bench.test.services.db,
    );
    return (rows[0]?.waiting ?? 0) >= count;
  }, WAIT);
}

async function ordersOf(customers: readonly Customer[]): Promise<string[]> {
  const ids = customers.map((customer) => customer.user_id);
  const rows = await bench.test.services.db
    .selectFrom('orders')
    .select('id')
    .where('user_id', 'in', ids)
    .execute();
  return rows.map((row) => row.id).sort();
}

async function expectReserved(reserved_milli: number): Promise<void> {
  expect(await stockOf(bench.test, product.id)).toEqual([
    { on_hand_milli: STOCK_MILLI, reserved_milli },
  ]);
  expect(await checkAllInvariants(bench.test.databaseUrl)).toEqual([]);
}

const unique = (answers: readonly Answer[]) => [
  ...new Set(answers.map((answer) => answer.order_id)),
];

describe('50 equal checkouts with one key, the server killed among them and each repeated, make one order:', () => {
  it.each([
    ['the cart is read', 'SELECT FROM carts WHERE user_id = $1 FOR UPDATE', 'customer'],
    ['stock is reserved', 'SELECT FROM product_stock WHERE product_id = $1 FOR UPDATE', 'product'],
    ['the order is written', 'LOCK TABLE orders IN SHARE MODE', undefined],
    ['the answer is kept', 'LOCK TABLE idempotency_keys IN SHARE MODE', undefined],
  ] as const)('before %s', { timeout: TEST_TIMEOUT_MS }, async (_point, statement, of) => {
    const customer = await createReadyCustomer();
    const order = { customer, key: newId() };
    const values = { customer: [customer.user_id], product: [product.id] };
    const gate = await hold(statement, of && values[of]);
    const lost = Array.from({ length: 50 }, () => checkOut(server, order));
    await whenBlocked(1);
    expect(await server.end('SIGKILL')).toBeNull();
    expect((await Promise.all(lost)).filter((answer) => answer.status === 201)).toEqual([]);
    await gate.release();
    server = await bench.start(WITHOUT_WORKER);
    const repeated = Array.from({ length: 50 }, () =>
      checkOutUntilAnswered(async () => server, order),
    );
    const answers = await Promise.all(repeated);
    expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([201]));
    expect(answers.filter((answer) => !answer.isReplay)).toHaveLength(1);
    expect(await ordersOf([customer])).toEqual(unique(answers));
    await expectReserved(1_000);
  });
});

it('an answer that got lost on its way is given again', { timeout: TEST_TIMEOUT_MS }, async () => {
  const order = { customer: await createReadyCustomer(), key: newId() };
  const gate = await hold('SELECT FROM product_stock WHERE product_id = $1 FOR UPDATE', [
    product.id,
  ]);
  const gone = new AbortController();
  const lost = checkOut(server, order, gone.signal);
  await whenBlocked(1);
  gone.abort();
  expect(await lost).toEqual({});
  await gate.release();
  await vi.waitUntil(async () => (await ordersOf([order.customer])).length === 1, WAIT);
  const answer = await checkOutUntilAnswered(async () => server, order);
  expect(answer).toMatchObject({ status: 201, isReplay: true });
  expect(await ordersOf([order.customer])).toEqual([answer.order_id]);
  await expectReserved(1_000);
});

it('killed at random under load: no acknowledged order is lost, none is doubled', {
  timeout: TEST_TIMEOUT_MS,
}, async () => {
  const customers: Customer[] = [];
  for (let i = 0; i < 40; i += 1) customers.push(await createReadyCustomer());
  let running = Promise.resolve(server);
  let killsLeft = [4, 16, 28];
  const acknowledged: Answer[] = [];
  const waiting = customers.map((customer) => ({ customer, key: newId() }));
  const orderInTurn = async () => {
    for (let order = waiting.pop(); order !== undefined; order = waiting.pop()) {
      acknowledged.push(await checkOutUntilAnswered(() => running, order));
      const [next, ...later] = killsLeft;
      if (next === undefined || acknowledged.length < next) continue;
      killsLeft = later;
      const killed = await running;
      running = killed.end('SIGKILL').then(() => bench.start({ WORKER: 'on', DRAIN_MS: '300' }));
    }
  };
  await Promise.all(Array.from({ length: 8 }, orderInTurn));
  server = await running;
  expect(killsLeft).toEqual([]);
  expect(new Set(acknowledged.map((answer) => answer.status))).toEqual(new Set([201]));
  expect(unique(acknowledged).sort()).toEqual(await ordersOf(customers));
  await expectReserved(customers.length * 1_000);
});

it('a stop signal under load: it reports not ready, finishes what is in flight, and ends with 0', {
  timeout: TEST_TIMEOUT_MS,
}, async () => {
  const customers = [
    await createReadyCustomer(),
    await createReadyCustomer(),
    await createReadyCustomer(),
  ];
  const gate = await hold('SELECT FROM product_stock WHERE product_id = $1 FOR UPDATE', [
    product.id,
  ]);
  const inFlight = customers.map((customer) => checkOut(server, { customer, key: newId() }));
  // Of a crowd at one product some wait at the lock and the rest in memory.
  await whenBlocked(1);
  const ended = server.end('SIGTERM');
  const isReady = () => fetch(`${server.url}/health/ready`).then((answer) => answer.ok);
  await vi.waitUntil(async () => !(await isReady()), WAIT);
  expect((await fetch(`${server.url}/api/v1/products`)).status).toBe(200);
  const isGone = () =>
    isReady().then(
      () => false,
      () => true,
    );
  await vi.waitUntil(isGone, WAIT);
  await gate.release();
  const answers = await Promise.all(inFlight);
  expect(await withDeadline(ended, STOP_TIMEOUT_MS, 'still running')).toBe(0);
  expect(answers.map((answer) => answer.status)).toEqual([201, 201, 201]);
  expect(unique(answers).sort()).toEqual(await ordersOf(customers));
  await expectReserved(customers.length * 1_000);
});
