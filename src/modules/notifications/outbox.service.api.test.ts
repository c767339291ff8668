import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createActor, type TestActor } from '../../../test/support/actors.ts';
import { createTestApp, type TestApp } from '../../../test/support/app.ts';
import { inTransaction } from '../../db/transaction.ts';
import { newId } from '../../lib/ids.ts';
import { DAY_MS, MINUTE_MS } from '../../lib/time.ts';
import { detachTrace, newTrace, type TraceContext } from '../../telemetry/traces/trace-context.ts';
import { sendMessageJob } from './notifications.jobs.ts';
import { type DomainEvent, publishEvents, sendMessage } from './notifications.service.ts';
import { dispatchEvents, forgetDispatchedEvents } from './outbox.service.ts';

let test: TestApp;
let customer: TestActor;
let seller: TestActor;
let order_id: string;

beforeAll(async () => {
  test = await createTestApp();
  customer = await createActor(test);
  seller = await createActor(test, { role: 'seller' });
  order_id = await placeOrder();
});
afterAll(() => test.close());

beforeEach(async () => {
  await test.services.db.deleteFrom('outbox_messages').execute();
  await sql`DELETE FROM pgboss.job WHERE name = ${sendMessageJob.name}`.execute(test.services.db);
  await test.services.db.updateTable('users').set({ language: 'en' }).execute();
});

async function placeOrder(): Promise<string> {
  const { db } = test.services;
  const id = newId();
  const now = test.clock.now();
  const money = { subtotal_centavos: 100, discount_centavos: 0, total_centavos: 100 };
  const times = { placed_at: now, updated_at: now };
  await db
    .insertInto('orders')
    .values({
      id,
      order_number: 'OID-2026-000123',
      user_id: customer.user_id,
      order_status: 'PENDING',
      shipping_address: '{}',
      ...money,
      ...times,
    })
    .execute();
  await db
    .insertInto('seller_orders')
    .values({
      id: newId(),
      order_id: id,
      seller_id: seller.seller_id,
      order_status: 'PENDING',
      commission_bps: 500,
      due_centavos: money.total_centavos,
      ...money,
      ...times,
    })
    .execute();
  return id;
}

const publish = (...events: DomainEvent[]) =>
  inTransaction(test.system, (ctx) => publishEvents(ctx, events));

async function queuedMessages(): Promise<
  { to: string; channel: string; subject: string; text: string }[]
> {
  const { rows } = await sql<{
    data: { to: string; channel: string; subject: string; text: string };
  }>`
    SELECT data FROM pgboss.job WHERE name = ${sendMessageJob.name} ORDER BY data ->> 'to'`.execute(
    test.services.db,
  );
  return rows.map((row) => row.data);
}

describe('dispatchEvents', () => {
  it('notifies customer and seller of a new order once, however often it runs', async () => {
    await publish({ topic: 'order.placed', payload: { order_id } });
    expect(await dispatchEvents(test.system)).toBe(1);
    expect(await dispatchEvents(test.system)).toBe(0);
    expect(
      (await queuedMessages()).map(({ to, channel, subject }) => [to, channel, subject]),
    ).toEqual([
      [
        `customer-${customer.user_id}@example.com`,
        'email',
        'We received your order OID-2026-000123',
      ],
      [`seller-${seller.user_id}@example.com`, 'email', 'New order OID-2026-000123'],
    ]);
  });

  it('sends each message in the trace of the request that published its event', async () => {
    const [placed, shipped] = [newTrace(), newTrace()];
    const publishIn = (trace: TraceContext | undefined, event: DomainEvent) =>
      inTransaction({ ...test.system, trace }, (ctx) => publishEvents(ctx, [event]));
    await publishIn(placed, { topic: 'order.placed', payload: { order_id } });
    await publishIn(shipped, { topic: 'order.shipped', payload: { order_id } });
    await publishIn(undefined, { topic: 'order.delivered', payload: { order_id } });
    await dispatchEvents({ ...test.system, trace: newTrace() });
    const queued = (await queuedMessages()).map((data) => detachTrace(data));
    const traces = new Set(queued.map(({ trace }) => trace?.traceId));
    expect(traces).toEqual(new Set([placed.traceId, shipped.traceId, undefined]));
  });

  it("speaks each reader's language", async () => {
    await test.services.db
      .updateTable('users')
      .set({ language: 'fil' })
      .where('id', '=', customer.user_id)
      .execute();
    await publish({ topic: 'order.shipped', payload: { order_id } });
    await dispatchEvents(test.system);
    expect((await queuedMessages()).map(({ subject }) => subject)).toEqual([
      'Papunta na ang order OID-2026-000123',
    ]);
  });

  it('notifies a seller of being verified', async () => {
    await publish({ topic: 'seller.verified', payload: { seller_id: seller.seller_id } });
    await dispatchEvents(test.system);
    expect((await queuedMessages()).map(({ to }) => to)).toEqual([
      `seller-${seller.user_id}@example.com`,
    ]);
  });

  it('writes by SMS where only the number is confirmed, and not at all to those who left', async () => {
    const unreachable = await createActor(test, { role: 'seller', verified: false });
    const { db } = test.services;
    const now = test.clock.now();
    const texted = await createActor(test, { role: 'seller' });
    await db
      .updateTable('users')
      .set({ email_verified_at: null, phone_verified_at: now })
      .where('id', '=', texted.user_id)
      .execute();
    const gone = await createActor(test, { role: 'seller' });
    await db
      .updateTable('users')
      .set({ deleted_at: now, is_active: false })
      .where('id', '=', gone.user_id)
      .execute();
    await publish(
      ...[unreachable, texted, gone].map(({ seller_id }) => ({
        topic: 'seller.suspended',
        payload: { seller_id },
      })),
    );
    expect(await dispatchEvents(test.system)).toBe(3);
    expect((await queuedMessages()).map(({ channel }) => channel)).toEqual(['sms']);
  });

  it('only marks events without messages', async () => {
    await publish(
      { topic: 'product.created', payload: { product_id: newId() } },
      { topic: 'order.placed', payload: {} },
    );
    expect(await dispatchEvents(test.system)).toBe(2);
    expect(await queuedMessages()).toEqual([]);
    const waiting = await test.services.db
      .selectFrom('outbox_messages')
      .select('id')
      .where('dispatched_at', 'is', null)
      .execute();
    expect(waiting).toEqual([]);
  });

  it('empties the outbox however full it is', async () => {
    await publish(
      ...Array.from({ length: 450 }, () => ({
        topic: 'seller.verified',
        payload: { seller_id: seller.seller_id },
      })),
    );
    expect(await dispatchEvents(test.system)).toBe(450);
    expect(await dispatchEvents(test.system)).toBe(0);
  });

  it('leaves no event half dispatched: a message that cannot be queued keeps its event waiting', async () => {
    await publish({ topic: 'seller.verified', payload: { seller_id: seller.seller_id } });
    const failing = {
      ...test.system,
      jobs: { ...test.services.jobs, enqueueAll: () => Promise.reject(new Error('queue is down')) },
    };
    expect(await dispatchEvents(failing)).toBe(0);
    expect(await queuedMessages()).toHaveLength(0);
    test.clock.advance(MINUTE_MS);
    expect(await dispatchEvents(test.system)).toBe(1);
    expect(await queuedMessages()).toHaveLength(1);
  });

  it('dispatches the others though one of them fails, and that one later', async () => {
    const { db } = test.services;
    await sql`CREATE FUNCTION fail_on_purpose() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN RAISE EXCEPTION 'broken'; END $$`.execute(db);
    await sql`CREATE TRIGGER fail_on_purpose BEFORE UPDATE ON outbox_messages FOR EACH ROW
      WHEN (OLD.topic = 'seller.suspended') EXECUTE FUNCTION fail_on_purpose()`.execute(db);
    await publish({ topic: 'seller.suspended', payload: { seller_id: seller.seller_id } });
    await publish({ topic: 'seller.verified', payload: { seller_id: seller.seller_id } });
    expect(await dispatchEvents(test.system)).toBe(1);
    expect(await dispatchEvents(test.system)).toBe(0);
    await sql`DROP TRIGGER fail_on_purpose ON outbox_messages`.execute(db);
    test.clock.advance(MINUTE_MS);
    expect(await dispatchEvents(test.system)).toBe(1);
    expect(await queuedMessages()).toHaveLength(2);
  });
});

describe('forgetDispatchedEvents', () => {
  it('drops what was dispatched more than a week ago and nothing that waits', async () => {
    await publish({ topic: 'a.old', payload: {} });
    await dispatchEvents(test.system);
    test.clock.advance(4 * DAY_MS);
    await publish({ topic: 'b.recent', payload: {} });
    await dispatchEvents(test.system);
    test.clock.advance(4 * DAY_MS);
    await publish({ topic: 'c.waiting', payload: {} });
    await forgetDispatchedEvents(test.system);
    const left = await test.services.db
      .selectFrom('outbox_messages')
      .select('topic')
      .orderBy('topic')
      .execute();
    expect(left.map(({ topic }) => topic)).toEqual(['b.recent', 'c.waiting']);
  });
});

describe('sendMessage', () => {
  it('is taken back with its transaction', async () => {
    const message = {
      channel: 'email',
      to: 'ana@example.com',
      subject: 'Hi',
      text: 'Hello',
    } as const;
    const work = inTransaction(test.system, async (ctx) => {
      await sendMessage(ctx, message);
      throw new Error('changed my mind');
    });
    await expect(work).rejects.toThrow('changed my mind');
    expect(await queuedMessages()).toEqual([]);
  });

  it('hands mail and SMS to their gateways', async () => {
    const mail = { subject: 'Order', text: 'Confirmed.' };
    await sendMessageJob.run(test.system, { channel: 'email', to: 'ana@example.com', ...mail });
    await sendMessageJob.run(test.system, {
      channel: 'sms',
      to: '+639171234567',
      subject: 'Order',
      text: 'Shipped.',
    });
    const response = await test.call({ path: '/dev/messages' });
    const results = response.json().results as { channel: string; to: string; text: string }[];
    expect(results.map(({ channel, to, text }) => [channel, to, text])).toEqual([
      ['sms', '+639171234567', 'Shipped.'],
      ['email', 'ana@example.com', 'Confirmed.'],
    ]);
  });
});
