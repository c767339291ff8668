// What migrations make of rows that were there before them.
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { onServer, withDatabase } from '../../../test/support/database.ts';
import { newId } from '../../lib/ids.ts';
import { MINUTE_MS } from '../../lib/time.ts';
import { migrate } from './migrate.ts';
import { migrateBefore } from './migrations.testkit.ts';

const nothing = async () => {};
const HOUR_S = 3_600;

const name = `test_rows_${randomBytes(6).toString('hex')}`;
const serverUrl = inject('serverUrl');
const url = withDatabase(serverUrl, name);
let client: pg.Client;
let orders: Record<'wallet' | 'session' | 'failed' | 'cash', string[]>;
let sellers: Record<'pending' | 'verified' | 'unknown', string>;

beforeAll(async () => {
  await onServer(serverUrl, `CREATE DATABASE ${name}`);
  await migrateBefore(url, '0014');
  client = new pg.Client({ connectionString: url });
  await client.connect();
  // The rows below stand alone: no users, places or lots behind them.
  await client.query('SET session_replication_role = replica');
  orders = {
    wallet: await insertOrder('GCASH', 'PENDING', 10_000, [
      ['CANCELLED', 1],
      ['PENDING', null],
      ['CANCELLED', 2],
    ]),
    session: await insertOrder('GCASH', 'PENDING', 20_000, [
      ['CANCELLED', 2],
      ['PENDING', null],
      ['CANCELLED', 1],
    ]),
    failed: await insertOrder('MAYA', 'FAILED', 20_000, [
      ['CANCELLED', 3],
      ['CANCELLED', 1],
      ['CANCELLED', 3],
    ]),
    cash: await insertOrder('COD', 'PENDING', 30_000, [
      ['PENDING', null],
      ['CONFIRMED', null],
      ['SHIPPED', null],
    ]),
  };
  sellers = {
    pending: await insertSuspended(['PENDING', 'VERIFIED', 'PENDING']),
    verified: await insertSuspended(['PENDING', 'VERIFIED']),
    unknown: await insertSuspended([]),
  };
  await insertEntries(orders.cash);
  await migrate(url, nothing);
}, 60_000);
afterAll(async () => {
  await client.end();
  await onServer(serverUrl, `DROP DATABASE ${name} WITH (FORCE)`);
});

/**
 * An order placed a week ago, of seller orders of 100.00 each; those that are cancelled say in which minute.
 * @returns ids of its seller orders
 */
async function insertOrder(
  payment_method: string,
  payment_status: string,
  amount_centavos: number,
  sellerOrders: readonly (readonly [order_status: string, minute: number | null])[],
): Promise<string[]> {
  const order_id = newId();
  await client.query(
    `INSERT INTO payments (id, order_id, user_id, payment_method, payment_status, amount_centavos, provider,
      created_at, updated_at, expires_at)
    VALUES ($1, $2, $1, $3, $4, $5, 'wallet', now(), now(), now())`,
    [newId(), order_id, payment_method, payment_status, amount_centavos],
  );
  const ids = [];
  for (const [order_status, minute] of sellerOrders) {
    const id = newId();
    ids.push(id);
    await client.query(
      `INSERT INTO seller_orders (id, order_id, seller_id, order_status, subtotal_centavos, discount_centavos,
        total_centavos, commission_bps, placed_at, updated_at)
      VALUES ($1, $2, $1, $3, 10000, 0, 10000, 500, now() - interval '7 days', now())`,
      [id, order_id, order_status],
    );
    if (minute === null) continue;
    await client.query(
      `INSERT INTO order_events (id, order_id, seller_order_id, actor_role, to_status, created_at)
      VALUES ($1, $2, $3, 'admin', 'CANCELLED', $4)`,
      [newId(), order_id, id, new Date(minute * MINUTE_MS)],
    );
  }
  return ids;
}

/** For the first of these seller orders: a wallet pays, cash is collected, and cash is given back. */
async function insertEntries([seller_order_id]: readonly string[]): Promise<void> {
  for (const [minute, [kind, debit, credit]] of [
    ['PAYMENT_RECEIVED', 'WALLET_CLEARING', 'CUSTOMER_RECEIVABLE'],
    ['PAYMENT_RECEIVED', 'COD_CLEARING', 'CUSTOMER_RECEIVABLE'],
    ['REFUND', 'CUSTOMER_RECEIVABLE', 'COD_CLEARING'],
  ].entries())
    await client.query(
      `WITH entry AS (
        INSERT INTO journal_entries (id, kind, order_id, created_at)
        SELECT gen_random_uuid(), $2, order_id, $3 FROM seller_orders WHERE id = $1 RETURNING id
      )
      INSERT INTO journal_lines (entry_id, line_number, account, debit_centavos, credit_centavos)
      SELECT id, 1, $4, 100, 0 FROM entry UNION ALL SELECT id, 2, $5, 0, 100 FROM entry`,
      [seller_order_id, kind, new Date(minute * MINUTE_MS), debit, credit],
    );
}

/** @param from what the seller was before each suspension, the last of which has not ended */
async function insertSuspended(from: readonly string[]): Promise<string> {
  const id = newId();
  await client.query(
    `INSERT INTO sellers (id, user_id, business_name, business_phone, slug, street, barangay_code, status,
      terms_accepted_at, created_at, updated_at)
    VALUES ($1, $1, $2, '09171234567', $2, 'Km. 5', '0000000000', 'SUSPENDED', now(), now(), now())`,
    [id, `gulayan-${id}`],
  );
  for (const [minute, status] of from.entries()) {
    await client.query(
      `INSERT INTO audit_entries (id, actor_role, action, object_type, object_id, changes, created_at)
      VALUES ($1, 'admin', 'seller.suspend', 'seller', $2, $3, $4)`,
      [newId(), id, { status: [status, 'SUSPENDED'] }, new Date(minute * MINUTE_MS)],
    );
  }
  return id;
}

async function valuesOf(table: string, column: string, ids: readonly string[]) {
  const { rows } = await client.query<{ id: string; value: unknown }>(
    `SELECT id, ${column} AS value FROM ${table} WHERE id = ANY ($1)`,
    [ids],
  );
  const values = new Map(rows.map((row) => [row.id, row.value]));
  return ids.map((id) => values.get(id));
}

it.each([
  ['wallet', [0, 10_000, 0]],
  ['session', [10_000, 10_000, 0]],
  ['failed', [10_000, 0, 10_000]],
  ['cash', [10_000, 10_000, 10_000]],
] as const)('of the order "%s" no more is due than its payment asks for', async (order, due) => {
  expect(await valuesOf('seller_orders', 'due_centavos::int4', orders[order])).toEqual(due);
});

it('deadlines of orders that were there before begin with the migration, in milliseconds', async () => {
  const inSeconds = 'extract(epoch FROM due_at - now())::float8';
  const [confirm, ship, shipped] = await valuesOf('seller_orders', inSeconds, orders.cash);
  expect(shipped).toBeNull();
  for (const [seconds, hours] of [
    [confirm, 24],
    [ship, 72],
  ] as const) {
    expect(seconds).toBeLessThanOrEqual(hours * HOUR_S);
    expect(seconds).toBeGreaterThan((hours - 1) * HOUR_S);
  }
  const isWhole = "due_at = date_trunc('milliseconds', due_at)";
  expect(await valuesOf('seller_orders', isWhole, orders.cash)).toEqual([true, true, null]);
});

it('a suspended seller becomes again what the last suspension found', async () => {
  const { pending, verified, unknown } = sellers;
  expect(await valuesOf('sellers', 'suspended_from', [pending, verified, unknown])).toEqual([
    'PENDING',
    'VERIFIED',
    null,
  ]);
});

it('journal lines say at which provider money is and who holds cash, at the time of their entry', async () => {
  const { rows } = await client.query<object>(
    `SELECT account, subaccount, created_at FROM journal_lines
    WHERE account <> 'CUSTOMER_RECEIVABLE' ORDER BY created_at`,
  );
  expect(rows).toEqual([
    { account: 'WALLET_CLEARING', subaccount: 'wallet', created_at: new Date(0) },
    { account: 'RIDER_CASH', subaccount: null, created_at: new Date(MINUTE_MS) },
    { account: 'BANK', subaccount: null, created_at: new Date(2 * MINUTE_MS) },
  ]);
});
