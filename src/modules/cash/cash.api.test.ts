// Cash: who takes it, how it is booked, and riders who hand theirs in.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeDeliveredSale } from '../../../test/authorization/fixtures.ts';
import { makeRiderSale } from '../../../test/authorization/money.fixtures.ts';
import { createActor, type TestActor } from '../../../test/support/actors.ts';
import { createTestApp, type TestApp } from '../../../test/support/app.ts';
import { checkAllInvariants } from '../../../test/support/invariants.ts';
import { balancesOf } from '../../../test/support/market.ts';
import { newId } from '../../lib/ids.ts';

let test: TestApp;
let admin: TestActor;
let seller: TestActor;
let customer: TestActor;
beforeAll(async () => {
  test = await createTestApp({ poolSize: 4 });
  admin = await createActor(test, { role: 'admin' });
  seller = await createActor(test, { role: 'seller' });
  customer = await createActor(test);
});
afterAll(() => test.close());

function send(method: 'POST' | 'PUT', path: string, body: object) {
  const headers = { 'idempotency-key': newId() };
  return test.call({ method, path, token: admin.token, headers, body });
}

async function open(): Promise<string> {
  return (await send('POST', '/admin/cash-sessions', { rider_name: 'Ramon D.' })).json().id;
}

const collect = (session: string, ...seller_order_ids: string[]) =>
  send('POST', `/admin/cash-sessions/${session}/orders`, { seller_order_ids });
const close = (session: string, body: object) =>
  send('POST', `/admin/cash-sessions/${session}/close`, body);

const sell = async () => (await makeRiderSale(test, { customer, seller })).id;

async function dueOf(seller_order_id: string) {
  const row = await test.services.db
    .selectFrom('seller_orders')
    .select(['order_id', 'due_centavos'])
    .where('id', '=', seller_order_id)
    .executeTakeFirstOrThrow();
  return { order_id: row.order_id, due: row.due_centavos, amount: `${row.due_centavos / 100}` };
}

/** Debits less credits of the journal, by account and party. */
async function held(account: 'RIDER_CASH' | 'CASH_DIFFERENCE' | 'BANK', subaccount?: string) {
  let query = test.services.db
    .selectFrom('journal_lines')
    .select(({ fn, eb }) =>
      fn.sum<number>(eb('debit_centavos', '-', eb.ref('credit_centavos'))).as('centavos'),
    )
    .where('account', '=', account);
  if (subaccount !== undefined) query = query.where('subaccount', '=', subaccount);
  return Number((await query.executeTakeFirstOrThrow()).centavos ?? 0);
}

describe('cash of an order', () => {
  it('that its seller takes leaves them owing the commission, and giving it back settles that', async () => {
    const { order, payment } = await makeDeliveredSale(test, { customer, seller });
    expect(await balancesOf(test, order.id)).toMatchObject({ CUSTOMER_RECEIVABLE: 0 });
    const { SELLER_PAYABLE = 0, COMMISSION_REVENUE = 0 } = await balancesOf(test, order.id);
    expect(SELLER_PAYABLE).toBeGreaterThan(0);
    expect(SELLER_PAYABLE + COMMISSION_REVENUE).toBe(0);
    const { amount } = (
      await test.call({ path: `/payments/${payment.id}`, token: admin.token })
    ).json();
    await send('POST', `/payments/${payment.id}/refunds`, { amount, reason: 'bruised' });
    expect(await balancesOf(test, order.id)).toMatchObject({
      SELLER_PAYABLE: 0,
      COMMISSION_REVENUE: 0,
    });
  });

  it('is taken by whom the seller had set when it was placed', async () => {
    const path = `/sellers/${seller.seller_id}/cash-collector`;
    expect((await send('PUT', path, { cash_collector: 'RIDER' })).json().cash_collector).toBe(
      'RIDER',
    );
    const { order } = await makeDeliveredSale(test, { customer, seller });
    expect((await balancesOf(test, order.id))['RIDER_CASH']).toBeGreaterThan(0);
    await send('PUT', path, { cash_collector: 'SELLER' });
    const later = await makeDeliveredSale(test, { customer, seller });
    expect(await balancesOf(test, later.order.id)).not.toHaveProperty('RIDER_CASH');
  });
});

describe('a cash session', () => {
  it('holds what its orders brought in until it is handed in', async () => {
    const [session, sold] = [await open(), await sell()];
    const { due, amount } = await dueOf(sold);
    const collected = await collect(session, sold);
    expect(collected.json()).toMatchObject({ status: 'OPEN', orders: [{ seller_order_id: sold }] });
    expect(await held('RIDER_CASH', session)).toBe(due);
    const bank = await held('BANK');
    expect((await close(session, { counted_amount: amount })).json()).toMatchObject({
      status: 'CLOSED',
      difference: '0.00',
    });
    expect(await held('RIDER_CASH', session)).toBe(0);
    expect(await held('BANK')).toBe(bank + due);
  });

  it('books a difference once it is explained', async () => {
    const [session, sold] = [await open(), await sell()];
    const { due } = await dueOf(sold);
    await collect(session, sold);
    const counted_amount = `${(due - 100) / 100}`;
    expect((await close(session, { counted_amount })).json()).toMatchObject({
      code: 'VALIDATION_ERROR',
      errors: [{ pointer: '/explanation' }],
    });
    const before = await held('CASH_DIFFERENCE');
    const closed = await close(session, { counted_amount, explanation: 'a torn note' });
    expect(closed.json()).toMatchObject({ difference: '-1.00', explanation: 'a torn note' });
    expect(await held('CASH_DIFFERENCE')).toBe(before + 100);
  });

  it('collects an order once, whoever tries at the same time, and all of what is named or none', async () => {
    const [sold, other] = [await sell(), await sell()];
    const sessions = await Promise.all([open(), open(), open()]);
    const answers = await Promise.all(sessions.map((session) => collect(session, sold)));
    expect(answers.map(({ statusCode }) => statusCode).toSorted()).toEqual([200, 409, 409]);
    const session = sessions[0] ?? '';
    expect((await collect(session, other, sold)).json().seller_order_ids).toEqual([sold]);
    const uncollected = await test.call({ path: '/admin/uncollected-cash', token: admin.token });
    const ids = uncollected
      .json()
      .results.map((row: { seller_order_id: string }) => row.seller_order_id);
    expect(ids).toContain(other);
    expect(ids).not.toContain(sold);
  });

  it('takes nothing that a seller was paid, that is not delivered, or once it is closed', async () => {
    const session = await open();
    const { order } = await makeDeliveredSale(test, { customer, seller });
    const { id } = await test.services.db
      .selectFrom('seller_orders')
      .select('id')
      .where('order_id', '=', order.id)
      .executeTakeFirstOrThrow();
    expect((await collect(session, id)).statusCode).toBe(409);
    await close(session, { counted_amount: '0' });
    expect((await collect(session, await sell())).statusCode).toBe(409);
    expect((await close(session, { counted_amount: '0' })).statusCode).toBe(409);
  });

  it('stays booked right whatever is refunded meanwhile', async () => {
    const [session, sold] = [await open(), await sell()];
    await collect(session, sold);
    const { order_id, amount } = await dueOf(sold);
    const { id } = await test.services.db
      .selectFrom('payments')
      .select('id')
      .where('order_id', '=', order_id)
      .executeTakeFirstOrThrow();
    const refund = await send('POST', `/payments/${id}/refunds`, {
      amount: '1',
      reason: 'bruised',
    });
    expect(refund.statusCode).toBe(201);
    expect((await close(session, { counted_amount: amount })).json().difference).toBe('0.00');
    expect(await checkAllInvariants(test.databaseUrl, test.clock.now())).toEqual([]);
  });
});
