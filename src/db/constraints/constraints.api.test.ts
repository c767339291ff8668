// Rules about stock and money that the database keeps by itself, and attempts to break them with plain SQL.
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  ENTRY,
  entry,
  LOT,
  line,
  movement,
  NEW,
  openWorld,
  order,
  PART,
  PAYMENT,
  PRODUCT,
  values,
  type World,
} from './constraints.testkit.ts';

let world: World;

beforeAll(async () => {
  world = await openWorld();
});
beforeEach(() => world.begin());
afterEach(() => world.forget());
afterAll(() => world.close());

async function expectRefusal(statements: string, by: string): Promise<void> {
  expect((await world.attempt(statements)).by).toBe(by);
}

async function onHand(): Promise<number> {
  const { rows } = await world.client.query<{ on_hand: number }>(
    'SELECT on_hand_milli AS on_hand FROM lots WHERE id = $1',
    [LOT],
  );
  return Number(rows[0]?.on_hand);
}

describe('stock', () => {
  it.each([
    ['on hand below zero', movement(-10_001), 'lots_on_hand_not_negative'],
    ['reserved below zero', `UPDATE lots SET reserved_milli = -1`, 'lots_reserved_not_negative'],
    [
      'more reserved than on hand',
      `UPDATE lots SET reserved_milli = 10001`,
      'lots_reserved_on_hand',
    ],
    [
      'less on hand than reserved',
      `UPDATE lots SET reserved_milli = 9000; ${movement(-1_001)}`,
      'lots_reserved_on_hand',
    ],
    [
      'a lot that expires before its harvest',
      `UPDATE lots SET expires_at = harvested_at`,
      'lots_expire_after_harvest',
    ],
    ['a movement of nothing', movement(0), 'stock_movements_delta_milli_check'],
    ['the end of a lot that has movements', `DELETE FROM lots`, 'stock_movements_lot_id_fkey'],
  ])('refuses %s', (_what, statements, by) => expectRefusal(statements, by));

  it.each([
    ['set by hand', `UPDATE lots SET on_hand_milli = 20000`],
    ['lowered by hand', `UPDATE lots SET on_hand_milli = on_hand_milli - 1`],
    [
      'brought along by a new lot',
      `INSERT INTO lots SELECT '${NEW}', product_id, harvested_at, expires_at, 5, 0, created_at FROM lots`,
    ],
  ])('refuses stock on hand that is %s, without a movement', async (_what, statements) => {
    expect(await world.attempt(statements)).toMatchObject({
      state: '23001',
      message: 'stock on hand changes through stock_movements only',
    });
  });

  it('on hand is the sum of all movements, however many one statement writes', async () => {
    const deltas = fc.array(
      fc.integer({ min: -5_000, max: 5_000 }).filter((delta) => delta !== 0),
      { minLength: 1, maxLength: 8 },
    );
    await fc.assert(
      fc.asyncProperty(deltas, async (deltas) => {
        const before = await onHand();
        const sum = deltas.reduce((a, b) => a + b);
        await world.client.query('SAVEPOINT before');
        const insert = `INSERT INTO stock_movements (id, lot_id, product_id, delta_milli, reason, created_at)
          SELECT gen_random_uuid(), $1, $2, delta, 'COUNT', now() FROM unnest($3::bigint[]) AS delta`;
        const taken = await world.client.query(insert, [LOT, PRODUCT, deltas]).then(
          () => true,
          () => false,
        );
        if (!taken) await world.client.query('ROLLBACK TO before');
        expect(taken).toBe(before + sum >= 0);
        expect(await onHand()).toBe(taken ? before + sum : before);
      }),
      { numRuns: 40 },
    );
    const { rows } = await world.client.query(
      'SELECT sum(delta_milli)::integer AS sum FROM stock_movements WHERE lot_id = $1',
      [LOT],
    );
    expect(await onHand()).toBe(rows[0].sum);
  });
});

describe.each([
  'stock_movements',
  'audit_entries',
  'order_events',
  'journal_entries',
  'journal_lines',
])('%s', (table) => {
  it.each([
    [
      'changed',
      `UPDATE ${table} SET created_at = created_at`,
      `UPDATE ${table} SET line_number = line_number`,
    ],
    ['deleted', `DELETE FROM ${table}`, `DELETE FROM ${table}`],
    ['emptied at once', `TRUNCATE ${table} CASCADE`, `TRUNCATE ${table} CASCADE`],
  ])('is never %s', async (_how, statement, ofLines) => {
    const { state, message } = await world.attempt(table === 'journal_lines' ? ofLines : statement);
    expect([state, message]).toEqual(['23001', expect.stringMatching(/^\w+ is append-only$/)]);
  });
});

describe('payments and orders', () => {
  it.each([
    [
      'refunds above the payment',
      `UPDATE payments SET refunded_centavos = 101`,
      'payments_refunded',
    ],
    [
      'a payment lowered below its refunds',
      `UPDATE payments SET refunded_centavos = 60; UPDATE payments SET amount_centavos = 59`,
      'payments_refunded',
    ],
    ['refunds below zero', `UPDATE payments SET refunded_centavos = -1`, 'payments_refunded'],
    [
      'refunds above the seller order',
      `UPDATE seller_orders SET refunded_centavos = 101`,
      'seller_orders_refunded',
    ],
    [
      'refunds above what was due',
      `UPDATE seller_orders SET due_centavos = 60, refunded_centavos = 61`,
      'seller_orders_refunded',
    ],
    [
      'more due than a seller order costs',
      `UPDATE seller_orders SET due_centavos = 101`,
      'seller_orders_due',
    ],
    [
      'a refund of nothing',
      `INSERT INTO refunds VALUES (${values(NEW, PAYMENT, PART, 0, '-', 'PENDING', null, null, 'now', 'now')})`,
      'refunds_amount_centavos_check',
    ],
    [
      'a wallet payment without an end',
      `UPDATE payments SET payment_method = 'GCASH'`,
      'payments_wallet_expires',
    ],
    [
      'a second payment of one order',
      `INSERT INTO payments SELECT '${NEW}', order_id, user_id, payment_method, payment_status, amount_centavos, 0, currency, provider, NULL, NULL, created_at, updated_at FROM payments`,
      'payments_order_id_key',
    ],
    ['an order number twice', order(NEW, 'OID-2026-000001'), 'orders_order_number_key'],
    ['an order number of another form', order(NEW, 'OID-26-1'), 'orders_order_number_check'],
    ['a total that does not add up', order(NEW, 'OID-2026-000002', [100, 10, 100]), 'orders_total'],
    [
      'a seller order’s total that does not add up',
      `UPDATE seller_orders SET discount_centavos = 1`,
      'seller_orders_total',
    ],
    [
      'two seller orders of one seller',
      `INSERT INTO seller_orders SELECT '${NEW}', order_id, seller_id, order_status, 1, 0, 1, 0, 0, placed_at, updated_at, NULL, 0 FROM seller_orders`,
      'seller_orders_order_id_seller_id_key',
    ],
  ])('refuse %s', (_what, statements, by) => expectRefusal(statements, by));

  it('take a refund of all that was paid', () =>
    world.take('UPDATE payments SET refunded_centavos = 100'));
});

describe('the journal', () => {
  it.each([
    [
      'debits above credits',
      `${entry(NEW)}; ${line(NEW, 1, { debit: 5 })}; ${line(NEW, 2, { credit: 4 })}`,
    ],
    ['one side alone', `${entry(NEW)}; ${line(NEW, 1, { credit: 5 })}`],
    ['an entry without lines', entry(NEW)],
    ['a line slipped into an old entry', line(ENTRY, 3, { debit: 1 })],
  ])('refuses %s when the transaction ends', async (_what, statements) => {
    await world.client.query(statements);
    expect(await world.attempt('SELECT')).toMatchObject({
      state: '23514',
      message: expect.stringContaining('out of balance'),
    });
  });

  it('takes an entry whose sides are equal, line by line', () =>
    world.take(
      `${entry(NEW)}; ${line(NEW, 1, { debit: 5 })}; ${line(NEW, 2, { credit: 2 })}; ${line(NEW, 3, { credit: 3 })}`,
    ));

  it.each([
    ['a line on both sides', line(ENTRY, 3, { debit: 1, credit: 1 }), 'journal_lines_one_side'],
    ['a line on no side', line(ENTRY, 3, {}), 'journal_lines_one_side'],
    ['a negative debit', line(ENTRY, 3, { debit: -1 }), 'journal_lines_debit_centavos_check'],
    [
      'an account that does not exist',
      line(ENTRY, 3, { debit: 1, account: 'POCKET' }),
      'journal_lines_account',
    ],
    [
      'a payable without its seller',
      line(ENTRY, 3, { debit: 1, account: 'SELLER_PAYABLE' }),
      'journal_lines_seller',
    ],
    [
      "a wallet's money without its provider",
      line(ENTRY, 3, { debit: 1, account: 'WALLET_CLEARING' }),
      'journal_lines_subaccount',
    ],
    [
      'a party where the account is kept by none',
      line(ENTRY, 3, { debit: 1, account: 'BANK', subaccount: 'simulator' }),
      'journal_lines_subaccount',
    ],
  ])('refuses %s', (_what, statements, by) => expectRefusal(statements, by));
});

describe('a line of text', () => {
  it.each([
    ['a line break', 'products', 'name', 'Kamatis\nhttps://example.com', 120],
    ['a control character', 'categories', 'name', 'Gulay\u0007', 80],
    ['a C1 control character', 'promos', 'name', 'Sale\u0085', 120],
    ['a line separator', 'users', 'last_name', 'San\u2028tos', 100],
    ['a direction override', 'sellers', 'business_name', 'Gu\u202elayan', 120],
    ['spaces around it', 'users', 'first_name', ' Maria', 100],
    ['more characters than its limit', 'addresses', 'recipient_name', '😀'.repeat(121), 120],
  ])('refuses %s', async (_what, table, column, value, max) => {
    const check = `SELECT is_line('${value}', ${max}) AS is_line`;
    expect((await world.client.query(check)).rows).toEqual([{ is_line: false }]);
    const constraint = await world.client.query<{ definition: string }>(
      'SELECT pg_get_constraintdef(oid) AS definition FROM pg_constraint WHERE conname = $1',
      [`${table}_${column}_line`],
    );
    expect(constraint.rows).toEqual([{ definition: `CHECK (is_line(${column}, ${max}))` }]);
  });

  it('refuses a name that would end paging for everybody', () =>
    expectRefusal('UPDATE products SET name = repeat(chr(1), 120)', 'products_name_line'));

  it('takes letters of every script up to its limit', () =>
    world.take(`UPDATE products SET name = '${'😀'.repeat(120)}'`));
});
