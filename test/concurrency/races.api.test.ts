// Races over stock and money, run many times with a pool of eight: each ends as the domain says, whoever is faster.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../src/lib/ids.ts';
import { MINUTE_MS } from '../../src/lib/time.ts';
import { simulatePayment } from '../../src/modules/dev/simulation.service.ts';
import { expireReservations } from '../../src/modules/orders/deadlines/deadlines.service.ts';
import { createActor, type TestActor } from '../support/actors.ts';
import { createTestApp, type TestApp } from '../support/app.ts';
import { checkAllInvariants } from '../support/invariants.ts';
import {
  type Customer,
  checkOut,
  createCustomer,
  fillCart,
  order,
  type StockedProduct,
  stockOf,
  stockProduct,
} from '../support/market.ts';

const ROUNDS = 15;

let test: TestApp;
let seller: TestActor;

beforeAll(async () => {
  test = await createTestApp({ poolSize: 8 });
  seller = await createActor(test, { role: 'seller' });
});
afterAll(async () => {
  expect(await checkAllInvariants(test.databaseUrl, test.clock.now())).toEqual([]);
  await test.close();
});

function countStatuses(answers: readonly { statusCode: number }[]): Record<number, number> {
  const counts: Record<number, number> = {};
  for (const { statusCode } of answers) counts[statusCode] = (counts[statusCode] ?? 0) + 1;
  return counts;
}
const move = (id: string, order_status: string, reason?: string) =>
  test.call({
    method: 'PATCH',
    path: `/orders/${id}/status`,
    token: seller.token,
    body: { order_status, ...(reason ? { reason } : {}) },
  });
const cancel = (customer: Customer, id: string) =>
  test.call({ method: 'POST', path: `/orders/${id}/cancel`, token: customer.token });
const readOrder = async (customer: Customer, id: string) =>
  (await test.call({ path: `/orders/${id}`, token: customer.token })).json();

describe('stock', () => {
  it('200 customers at once for 50 units: exactly 50 are sold, everybody else gets INSUFFICIENT_STOCK, nobody sees a deadlock', async () => {
    const product = await stockProduct(test, seller.seller_id, {
      unit: 'bundle',
      lots: [
        { quantity_milli: 20_000, days_left: 2 },
        { quantity_milli: 30_000, days_left: 4 },
      ],
    });
    const customers = [];
    for (let i = 0; i < 200; i += 1) customers.push(await createCustomer(test));
    for (const customer of customers) await fillCart(test, customer, { [product.id]: '1' });
    const answers = await Promise.all(customers.map((customer) => checkOut(test, customer)));
    expect(countStatuses(answers)).toEqual({ 201: 50, 409: 150 });
    const refused = answers
      .filter((answer) => answer.statusCode === 409)
      .map((answer) => answer.json().code);
    expect(new Set(refused)).toEqual(new Set(['INSUFFICIENT_STOCK']));
    expect(await stockOf(test, product.id)).toEqual([
      { on_hand_milli: 20_000, reserved_milli: 20_000 },
      { on_hand_milli: 30_000, reserved_milli: 30_000 },
    ]);
  }, 120_000);

  it('carts with the same three products in opposite orders never deadlock visibly', async () => {
    const products: StockedProduct[] = [];
    for (let i = 0; i < 3; i += 1)
      products.push(
        await stockProduct(test, seller.seller_id, {
          lots: [{ quantity_milli: 1_000_000, days_left: 5 }],
        }),
      );
    const orders = await Promise.all(
      Array.from({ length: 20 }, async (_, i) => {
        const customer = await createCustomer(test);
        const lines = i % 2 === 0 ? products : [...products].reverse();
        await fillCart(
          test,
          customer,
          Object.fromEntries(lines.map((product) => [product.id, '1'])),
        );
        return customer;
      }),
    );
    const answers = await Promise.all(orders.map((customer) => checkOut(test, customer)));
    expect(countStatuses(answers)).toEqual({ 201: 20 });
  });

  it('none is falsely refused as sold out: as many customers as there are units all get one', async () => {
    const product = await stockProduct(test, seller.seller_id, {
      lots: Array.from({ length: 10 }, (_, i) => ({ quantity_milli: 2_000, days_left: i + 1 })),
    });
    const customers = await Promise.all(Array.from({ length: 20 }, () => createCustomer(test)));
    for (const customer of customers) await fillCart(test, customer, { [product.id]: '1' });
    expect(
      countStatuses(await Promise.all(customers.map((customer) => checkOut(test, customer)))),
    ).toEqual({
      201: 20,
    });
  });
});

describe('one cart', () => {
  it('50 equal checkouts with one key make one order', async () => {
    const customer = await createCustomer(test);
    const product = await stockProduct(test, seller.seller_id);
    await fillCart(test, customer, { [product.id]: '1' });
    const key = newId();
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => checkOut(test, customer, { key })),
    );
    const made = answers.filter((answer) => answer.statusCode === 201);
    expect(new Set(made.map((answer) => answer.json().order.id)).size).toBe(1);
    const others = answers.filter((answer) => answer.statusCode !== 201);
    expect(others.every((answer) => answer.json().code === 'IDEMPOTENCY_IN_PROGRESS')).toBe(true);
    expect((await checkOut(test, customer, { key })).headers['idempotency-replayed']).toBe('true');
    expect(await stockOf(test, product.id)).toEqual([
      { on_hand_milli: 10_000, reserved_milli: 1_000 },
    ]);
  });

  it('two checkouts of it with two keys make one order; the other finds it empty', async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const customer = await createCustomer(test);
      const product = await stockProduct(test, seller.seller_id);
      await fillCart(test, customer, { [product.id]: '3' });
      const answers = await Promise.all([checkOut(test, customer), checkOut(test, customer)]);
      expect(countStatuses(answers)).toEqual({ 201: 1, 409: 1 });
      expect(answers.find((answer) => answer.statusCode === 409)?.json().code).toBe('EMPTY_CART');
      expect(await stockOf(test, product.id)).toEqual([
        { on_hand_milli: 10_000, reserved_milli: 3_000 },
      ]);
    }
  });
});

describe('money', () => {
  async function walletOrder() {
    const customer = await createCustomer(test);
    const product = await stockProduct(test, seller.seller_id);
    const placed = await order(test, customer, { [product.id]: '2' }, 'GCASH');
    const actor = {
      kind: 'user',
      user_id: customer.user_id,
      session_id: '',
      role: 'customer',
      is_verified: true,
      has_mfa: false,
      proven_at: test.clock.now(),
    } as const;
    const webhook = await simulatePayment({ ...test.system, actor }, placed.payment.id, 'success');
    const pay = () =>
      test.app.inject({
        method: 'POST',
        url: '/api/v1/webhooks/payments/simulator',
        headers: { ...webhook.headers, 'content-type': 'application/json' },
        payload: webhook.rawBody,
      });
    return {
      customer,
      product,
      order_id: placed.order.id as string,
      payment_id: placed.payment.id as string,
      pay,
    };
  }

  it('success against expiry: paid in time the order lives; too late it stays cancelled and the money goes back', async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const { customer, product, order_id, payment_id, pay } = await walletOrder();
      // The row's own clock, so that the signature stays fresh.
      await test.services.db
        .updateTable('payments')
        .set({ expires_at: test.clock.now() })
        .where('id', '=', payment_id)
        .execute();
      await Promise.all([pay(), expireReservations(test.system)]);
      const { order_status, payment_status } = await readOrder(customer, order_id);
      const [lot] = await stockOf(test, product.id);
      if (order_status === 'PENDING')
        expect([payment_status, lot?.on_hand_milli]).toEqual(['COMPLETED', 8_000]);
      else
        expect([order_status, payment_status, lot?.on_hand_milli]).toEqual([
          'CANCELLED',
          'REFUNDED',
          10_000,
        ]);
      expect(lot?.reserved_milli).toBe(0);
    }
  });

  it('cancel against payment: cancelled either way, and whatever was paid goes back', async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const { customer, product, order_id, pay } = await walletOrder();
      const [, cancelled] = await Promise.all([pay(), cancel(customer, order_id)]);
      expect(cancelled.statusCode).toBe(200);
      const { order_status, payment_status } = await readOrder(customer, order_id);
      expect([order_status, payment_status]).toEqual(['CANCELLED', 'REFUNDED']);
      expect(await stockOf(test, product.id)).toEqual([
        { on_hand_milli: 10_000, reserved_milli: 0 },
      ]);
    }
  });

  it('ten deliveries of one webhook at once have one effect', async () => {
    const { customer, product, order_id, pay } = await walletOrder();
    await Promise.all(Array.from({ length: 10 }, pay));
    expect((await readOrder(customer, order_id)).payment_status).toBe('COMPLETED');
    expect(await stockOf(test, product.id)).toEqual([{ on_hand_milli: 8_000, reserved_milli: 0 }]);
  });

  it('delivery against cancel: one of them wins, the other is refused', async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const customer = await createCustomer(test);
      const product = await stockProduct(test, seller.seller_id);
      const { order: placed } = await order(test, customer, { [product.id]: '2' });
      await move(placed.id, 'CONFIRMED');
      await move(placed.id, 'SHIPPED');
      const answers = await Promise.all([
        move(placed.id, 'DELIVERED'),
        move(placed.id, 'CANCELLED', 'DELIVERY_FAILED'),
      ]);
      expect(countStatuses(answers)).toEqual({ 200: 1, 409: 1 });
      expect(await stockOf(test, product.id)).toEqual([
        { on_hand_milli: 8_000, reserved_milli: 0 },
      ]);
    }
  });

  it('the customer’s cancel against the seller’s confirm: never both', async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const customer = await createCustomer(test);
      const product = await stockProduct(test, seller.seller_id);
      const { order: placed } = await order(test, customer, { [product.id]: '2' });
      const [cancelled, confirmed] = await Promise.all([
        cancel(customer, placed.id),
        move(placed.id, 'CONFIRMED'),
      ]);
      expect([cancelled.statusCode, confirmed.statusCode].sort()).toEqual([200, 409]);
    }
  });

  it('two refunds of one seller order at once never exceed what was paid', async () => {
    const admin = await createActor(test, { role: 'admin' });
    const { payment_id, pay } = await walletOrder();
    await pay();
    const refund = () =>
      test.call({
        method: 'POST',
        path: `/payments/${payment_id}/refunds`,
        token: admin.token,
        body: { amount: '150', reason: 'x' },
        headers: { 'idempotency-key': newId() },
      });
    expect(countStatuses(await Promise.all([refund(), refund()]))).toEqual({ 201: 1, 409: 1 });
  });

  it('stock of an expired order can be bought by somebody else at once', async () => {
    const product = await stockProduct(test, seller.seller_id, {
      lots: [{ quantity_milli: 1_000, days_left: 5 }],
    });
    const [slow, fast] = [await createCustomer(test), await createCustomer(test)];
    await order(test, slow, { [product.id]: '1' }, 'MAYA');
    await fillCart(test, fast, { [product.id]: '1' });
    expect((await checkOut(test, fast)).json().code).toBe('INSUFFICIENT_STOCK');
    test.clock.advance(16 * MINUTE_MS);
    await expireReservations(test.system);
    expect((await checkOut(test, fast)).statusCode).toBe(201);
  });
});
