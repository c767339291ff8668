import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { makePaidPayment } from '../../../../test/authorization/fixtures.ts';
import { createActor, type TestActor } from '../../../../test/support/actors.ts';
import { createTestApp, type TestApp } from '../../../../test/support/app.ts';
import {
  type Customer,
  createCustomer,
  order,
  stockOf,
  stockProduct,
} from '../../../../test/support/market.ts';
import { HOUR_MS, MINUTE_MS, plusMs, SECOND_MS } from '../../../lib/time.ts';
import { cancelOverdue, remindSellers } from './deadlines.service.ts';

let test: TestApp;
let admin: TestActor;
let seller: TestActor;
let customer: Customer;

beforeAll(async () => {
  test = await createTestApp();
  admin = await createActor(test, { role: 'admin' });
});
beforeEach(async () => {
  seller = await createActor(test, { role: 'seller' });
  customer = await createCustomer(test);
});
afterAll(() => test.close());

const read = async (id: string) =>
  (await test.call({ path: `/orders/${id}`, token: admin.token })).json();
const lastReason = async (id: string) =>
  (await test.call({ path: `/orders/${id}/events`, token: admin.token })).json().results.at(-1)
    .reason;
const confirm = (id: string) =>
  test.call({
    method: 'PATCH',
    path: `/orders/${id}/status`,
    token: seller.token,
    body: { order_status: 'CONFIRMED' },
  });
const placeCod = async () => {
  const product = await stockProduct(test, seller.seller_id);
  const { order: placed } = await order(test, customer, { [product.id]: '4' });
  return { ...placed, product_id: product.id };
};
/** In hours; the clock of tests runs on. */
const dueIn = async (id: string) => {
  const { due_at } = (await read(id)).seller_orders[0];
  return due_at === null
    ? null
    : Math.round((new Date(due_at).getTime() - test.clock.now().getTime()) / HOUR_MS);
};
const reminders = async (order_id: string) =>
  (
    await test.services.db
      .selectFrom('outbox_messages')
      .select('payload')
      .where('topic', '=', 'order.due')
      .execute()
  ).filter(({ payload }) => JSON.stringify(payload).includes(order_id)).length;

describe('the deadline of a seller order', () => {
  it('to confirm runs from a COD checkout, to ship from the confirmation, and then ends', async () => {
    const placed = await placeCod();
    expect(await dueIn(placed.id)).toBe(24);
    test.clock.advance(HOUR_MS);
    await confirm(placed.id);
    expect(await dueIn(placed.id)).toBe(72);
    await test.call({
      method: 'PATCH',
      path: `/orders/${placed.id}/status`,
      token: seller.token,
      body: { order_status: 'SHIPPED' },
    });
    expect(await dueIn(placed.id)).toBeNull();
  });

  it('begins for a wallet with the payment', async () => {
    const product = await stockProduct(test, seller.seller_id);
    const { order: unpaid } = await order(test, customer, { [product.id]: '1' }, 'GCASH');
    expect(await dueIn(unpaid.id)).toBeNull();
    const { id } = await makePaidPayment(test, { customer, seller });
    const { order_id } = (await test.call({ path: `/payments/${id}`, token: admin.token })).json();
    expect(await dueIn(order_id)).toBe(24);
  });

  it('cancels what was confirmed and not shipped: stock back, customer notified, reason given', async () => {
    const placed = await placeCod();
    await confirm(placed.id);
    test.clock.advance(72 * HOUR_MS - 1000);
    await cancelOverdue(test.system);
    expect((await read(placed.id)).order_status).toBe('CONFIRMED');
    test.clock.advance(1000);
    await cancelOverdue(test.system);
    expect((await read(placed.id)).order_status).toBe('CANCELLED');
    expect(await lastReason(placed.id)).toBe('NOT_SHIPPED');
    expect(await stockOf(test, placed.product_id)).toMatchObject([
      { on_hand_milli: 10_000, reserved_milli: 0 },
    ]);
    const told = await test.services.db
      .selectFrom('outbox_messages')
      .select('payload')
      .where('topic', '=', 'order.cancelled')
      .execute();
    expect(JSON.stringify(told)).toContain(placed.id);
  });

  it('cancels what was paid and never confirmed, and gives the money back', async () => {
    const { id } = await makePaidPayment(test, { customer, seller });
    test.clock.advance(24 * HOUR_MS);
    await cancelOverdue(test.system);
    const payment = (await test.call({ path: `/payments/${id}`, token: admin.token })).json();
    expect(payment).toMatchObject({ payment_status: 'REFUNDED' });
    expect(await lastReason(payment.order_id)).toBe('NOT_CONFIRMED');
  });

  it('is met for all others where one order cannot be cancelled', async () => {
    const [broken, fine] = [await placeCod(), await placeCod()];
    const { db } = test.services;
    // What it holds is not there: its stock cannot come back.
    await db
      .updateTable('lots')
      .set({ reserved_milli: 0 })
      .where('product_id', '=', broken.product_id)
      .execute();
    test.clock.advance(24 * HOUR_MS);
    await cancelOverdue(test.system);
    expect((await read(broken.id)).order_status).toBe('PENDING');
    expect((await read(fine.id)).order_status).toBe('CANCELLED');
    await db
      .updateTable('lots')
      .set({ reserved_milli: 4_000 })
      .where('product_id', '=', broken.product_id)
      .execute();
    test.clock.advance(15 * SECOND_MS);
    await cancelOverdue(test.system);
    expect((await read(broken.id)).order_status).toBe('CANCELLED');
  });

  it('that cannot be met is tried once a run, whatever its microseconds, and again later', async () => {
    const { db } = test.services;
    const ids: string[] = [];
    for (let i = 0; i < 3; i += 1) ids.push((await placeCod()).id);
    await sql`CREATE FUNCTION fail_on_purpose() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN RAISE EXCEPTION 'broken' USING ERRCODE = 'XX000'; END $$`.execute(db);
    await sql`CREATE TRIGGER fail_on_purpose BEFORE UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION fail_on_purpose()`.execute(
      db,
    );
    await sql`UPDATE seller_orders SET due_at = date_trunc('milliseconds', due_at) + interval '700 microseconds'
      WHERE order_id = ANY (${ids}::uuid[])`.execute(db);
    test.clock.advance(24 * HOUR_MS);
    await cancelOverdue(test.system);
    const aside = await db
      .selectFrom('set_aside_rows')
      .select(['row_id', 'attempts'])
      .where('job', '=', 'orders.cancel-overdue')
      .execute();
    expect(aside).toEqual(expect.arrayContaining(ids.map((row_id) => ({ row_id, attempts: 1 }))));
    await sql`DROP TRIGGER fail_on_purpose ON orders`.execute(db);
    test.clock.advance(15 * SECOND_MS);
    await cancelOverdue(test.system);
    for (const id of ids) expect((await read(id)).order_status).toBe('CANCELLED');
  });

  it('is shown to admins and sellers who ask for what is due', async () => {
    const placed = await placeCod();
    const list = async (who: TestActor, query: string) =>
      (await test.call({ path: `/orders?${query}`, token: who.token }))
        .json()
        .results.map((row: { id: string }) => row.id);
    const dueBefore = (hours: number) =>
      `due_before=${plusMs(test.clock.now(), hours * HOUR_MS).toISOString()}`;
    for (const [who, as] of [
      [admin, ''],
      [seller, 'as=seller&'],
    ] as const) {
      expect(await list(who, `${as}${dueBefore(25)}`)).toContain(placed.id);
      expect(await list(who, `${as}${dueBefore(23)}`)).not.toContain(placed.id);
    }
  });
});

describe('a reminder', () => {
  it('comes once, four hours before each deadline', async () => {
    const placed = await placeCod();
    test.clock.advance(20 * HOUR_MS - MINUTE_MS);
    await remindSellers(test.system);
    expect(await reminders(placed.id)).toBe(0);
    test.clock.advance(MINUTE_MS);
    for (const _ of [1, 2]) await remindSellers(test.system);
    expect(await reminders(placed.id)).toBe(1);
    await confirm(placed.id);
    test.clock.advance(68 * HOUR_MS);
    for (const _ of [1, 2]) await remindSellers(test.system);
    expect(await reminders(placed.id)).toBe(2);
  });
});
