import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createActor, type TestActor } from '../../../../test/support/actors.ts';
import { createTestApp, type TestApp } from '../../../../test/support/app.ts';
import {
  balancesOf,
  type Customer,
  createCustomer,
  order,
  stockOf,
  stockProduct,
} from '../../../../test/support/market.ts';
import { DAY_MS } from '../../../lib/time.ts';
import { cancelOverdue } from '../deadlines/deadlines.service.ts';

let test: TestApp;
let seller: TestActor;
let other: TestActor;
let admin: TestActor;
let customer: Customer;

beforeAll(async () => {
  test = await createTestApp();
  seller = await createActor(test, { role: 'seller' });
  other = await createActor(test, { role: 'seller' });
  admin = await createActor(test, { role: 'admin' });
});
beforeEach(async () => {
  customer = await createCustomer(test);
});
afterAll(() => test.close());

const move = (who: TestActor, id: string, body: object) =>
  test.call({ method: 'PATCH', path: `/orders/${id}/status`, token: who.token, body });
const cancel = (who: TestActor, id: string) =>
  test.call({ method: 'POST', path: `/orders/${id}/cancel`, token: who.token, body: {} });
const read = async (who: TestActor, id: string) =>
  (await test.call({ path: `/orders/${id}`, token: who.token })).json();
const paymentOf = async (order_id: string) =>
  test.services.db
    .selectFrom('payments')
    .selectAll()
    .where('order_id', '=', order_id)
    .executeTakeFirstOrThrow();

/** One order with a seller order of each of the two sellers: 2 × 100.00 and 1 × 50.00. */
async function orderOfTwo() {
  const a = await stockProduct(test, seller.seller_id, { price_centavos: 10_000 });
  const b = await stockProduct(test, other.seller_id, { price_centavos: 5_000 });
  const { order: placed } = await order(test, customer, { [a.id]: '2', [b.id]: '1' });
  return { placed, a, b };
}

describe('a cash order', () => {
  it('is sold, earned and paid when its last seller order is delivered', async () => {
    const { placed, a } = await orderOfTwo();
    for (const order_status of ['CONFIRMED', 'SHIPPED', 'DELIVERED']) {
      expect((await move(seller, placed.id, { order_status })).statusCode).toBe(200);
    }
    expect(await stockOf(test, a.id)).toEqual([{ on_hand_milli: 8_000, reserved_milli: 0 }]);
    expect((await read(customer, placed.id)).order_status).toBe('PENDING');
    expect((await paymentOf(placed.id)).payment_status).toBe('PENDING');
    for (const order_status of ['CONFIRMED', 'SHIPPED', 'DELIVERED'])
      await move(other, placed.id, { order_status });
    expect(await read(customer, placed.id)).toMatchObject({
      order_status: 'DELIVERED',
      payment_status: 'COMPLETED',
    });
    expect(await balancesOf(test, placed.id)).toEqual({
      CUSTOMER_RECEIVABLE: 0,
      ORDER_LIABILITY: 0,
      SELLER_PAYABLE: 1_250,
      COMMISSION_REVENUE: -1_250,
    });
  });

  it('falls in amount with each cancelled seller order, and its stock comes back', async () => {
    const { placed, b } = await orderOfTwo();
    await move(other, placed.id, { order_status: 'CANCELLED', reason: 'Ubos na' });
    expect((await paymentOf(placed.id)).amount_centavos).toBe(20_000);
    expect(await stockOf(test, b.id)).toEqual([{ on_hand_milli: 10_000, reserved_milli: 0 }]);
    expect((await read(customer, placed.id)).order_status).toBe('PENDING');
    await cancel(customer, placed.id);
    expect(await read(customer, placed.id)).toMatchObject({
      order_status: 'CANCELLED',
      payment_status: 'FAILED',
    });
    expect(await balancesOf(test, placed.id)).toEqual({
      CUSTOMER_RECEIVABLE: 0,
      ORDER_LIABILITY: 0,
    });
  });

  it('is cancelled where its seller does not confirm it within a day', async () => {
    const { placed } = await orderOfTwo();
    await move(other, placed.id, { order_status: 'CONFIRMED' });
    test.clock.advance(DAY_MS + 1000);
    await cancelOverdue(test.system);
    const { seller_orders } = await read(customer, placed.id);
    const statuses = Object.fromEntries(
      seller_orders.map((sellerOrder: { seller_id: string; order_status: string }) => [
        sellerOrder.seller_id,
        sellerOrder.order_status,
      ]),
    );
    expect(statuses).toEqual({ [seller.seller_id]: 'CANCELLED', [other.seller_id]: 'CONFIRMED' });
  });

  it('writes off what was on the road when delivery failed', async () => {
    const product = await stockProduct(test, seller.seller_id);
    const { order: placed } = await order(test, customer, { [product.id]: '4' });
    await move(seller, placed.id, { order_status: 'CONFIRMED' });
    await move(seller, placed.id, { order_status: 'SHIPPED' });
    expect((await move(seller, placed.id, { order_status: 'CANCELLED' })).json().code).toBe(
      'INVALID_STATUS_TRANSITION',
    );
    expect(
      (await move(seller, placed.id, { order_status: 'CANCELLED', reason: 'DELIVERY_FAILED' }))
        .statusCode,
    ).toBe(200);
    expect(await stockOf(test, product.id)).toEqual([{ on_hand_milli: 6_000, reserved_milli: 0 }]);
    const movements = await test.services.db
      .selectFrom('stock_movements')
      .select(['reason', 'delta_milli', 'reference'])
      .where('product_id', '=', product.id)
      .orderBy('id')
      .execute();
    expect(movements.at(-1)).toEqual({
      reason: 'SPOILAGE',
      delta_milli: -4_000,
      reference: placed.order_number,
    });
  });
});

describe('who may move what', () => {
  it('a seller moves their own seller order only, and sees nothing of the others', async () => {
    const { placed } = await orderOfTwo();
    const sellerOrder = placed.seller_orders.find(
      (p: { seller_id: string }) => p.seller_id === other.seller_id,
    );
    expect(
      (
        await move(seller, placed.id, {
          order_status: 'CONFIRMED',
          seller_order_id: sellerOrder.id,
        })
      ).statusCode,
    ).toBe(400);
    const seen = (await move(seller, placed.id, { order_status: 'CONFIRMED' })).json();
    expect(seen).toMatchObject({ total_amount: '200.00', order_status: 'CONFIRMED' });
    expect([seen.items.length, seen.seller_orders.length]).toEqual([1, 1]);
    const events = (
      await test.call({ path: `/orders/${placed.id}/events`, token: seller.token })
    ).json();
    expect(events.results.map((e: { to_status: string }) => e.to_status)).toEqual([
      'PENDING',
      'CONFIRMED',
    ]);
    const all = (
      await test.call({ path: `/orders/${placed.id}/events`, token: customer.token })
    ).json();
    expect(all.count).toBe(3);
  });

  it('strangers, other sellers and other customers get the answer of an absent order', async () => {
    const { placed } = await orderOfTwo();
    const stranger = await createCustomer(test);
    const rival = await createActor(test, { role: 'seller' });
    const answers = [
      await test.call({ path: `/orders/${placed.id}`, token: stranger.token }),
      await test.call({ path: `/orders/${placed.order_number}`, token: rival.token }),
      await test.call({ path: `/orders/${placed.id}/events`, token: stranger.token }),
      await cancel(stranger, placed.id),
      await cancel(seller, placed.id),
      await move(rival, placed.id, { order_status: 'CONFIRMED' }),
      await test.call({
        method: 'PATCH',
        path: `/orders/${placed.id}/archive`,
        token: seller.token,
      }),
      await test.call({
        path: `/payments/${(await paymentOf(placed.id)).id}`,
        token: seller.token,
      }),
    ];
    expect(answers.map((answer) => answer.statusCode)).toEqual(answers.map(() => 404));
    expect((await move(customer, placed.id, { order_status: 'CONFIRMED' })).statusCode).toBe(403);
  });

  it('the customer cancels only while every open seller order is pending; an admin until it ships', async () => {
    const { placed } = await orderOfTwo();
    await move(seller, placed.id, { order_status: 'CONFIRMED' });
    expect((await cancel(customer, placed.id)).json().code).toBe('INVALID_STATUS_TRANSITION');
    expect((await cancel(admin, placed.id)).statusCode).toBe(200);
    expect((await cancel(admin, placed.id)).json().code).toBe('INVALID_STATUS_TRANSITION');
  });

  it('an admin moves all open seller orders, or the one named', async () => {
    const { placed } = await orderOfTwo();
    expect((await move(admin, placed.id, { order_status: 'CONFIRMED' })).json().order_status).toBe(
      'CONFIRMED',
    );
    const [first] = placed.seller_orders;
    const answer = await move(admin, placed.id, {
      order_status: 'SHIPPED',
      seller_order_id: first.id,
    });
    const shipped = answer
      .json()
      .seller_orders.filter((p: { order_status: string }) => p.order_status === 'SHIPPED');
    expect(shipped.map((p: { id: string }) => p.id)).toEqual([first.id]);
  });

  it.each(['PENDING', 'SHIPPED', 'DELIVERED', 'REFUNDED'])(
    'a pending seller order cannot become %s',
    async (order_status) => {
      const { placed } = await orderOfTwo();
      const answer = await move(seller, placed.id, { order_status });
      expect([answer.statusCode, answer.json().code]).toEqual([409, 'INVALID_STATUS_TRANSITION']);
    },
  );

  it('a suspended seller may finish open orders', async () => {
    const { placed } = await orderOfTwo();
    await test.services.db
      .updateTable('sellers')
      .set({ status: 'SUSPENDED' })
      .where('id', '=', seller.seller_id)
      .execute();
    const answer = await move(seller, placed.id, { order_status: 'CONFIRMED' });
    await test.services.db
      .updateTable('sellers')
      .set({ status: 'VERIFIED' })
      .where('id', '=', seller.seller_id)
      .execute();
    expect(answer.statusCode).toBe(200);
  });
});

describe('goods that rot while they wait', () => {
  it('are replaced from a sellable lot when the seller order ships', async () => {
    const product = await stockProduct(test, seller.seller_id, {
      lots: [
        { quantity_milli: 5_000, days_left: 1 },
        { quantity_milli: 5_000, days_left: 9 },
      ],
    });
    const { order: placed } = await order(test, customer, { [product.id]: '3' });
    await move(seller, placed.id, { order_status: 'CONFIRMED' });
    test.clock.advance(2 * DAY_MS);
    expect((await move(seller, placed.id, { order_status: 'SHIPPED' })).statusCode).toBe(200);
    expect(await stockOf(test, product.id)).toEqual([
      { on_hand_milli: 5_000, reserved_milli: 0 },
      { on_hand_milli: 5_000, reserved_milli: 3_000 },
    ]);
    expect((await move(seller, placed.id, { order_status: 'DELIVERED' })).statusCode).toBe(200);
    expect((await stockOf(test, product.id)).map((lot) => lot.on_hand_milli)).toEqual([
      5_000, 2_000,
    ]);
  });

  it('leave movements that trace both lots to the order, replaced after they were sold too', async () => {
    const product = await stockProduct(test, seller.seller_id, {
      lots: [
        { quantity_milli: 5_000, days_left: 1 },
        { quantity_milli: 5_000, days_left: 9 },
      ],
    });
    const { order: placed, payment } = await order(test, customer, { [product.id]: '3' }, 'GCASH');
    await test.call({
      method: 'POST',
      path: `/dev/payments/${payment.id}/simulate`,
      token: customer.token,
      body: { outcome: 'success' },
    });
    await move(seller, placed.id, { order_status: 'CONFIRMED' });
    test.clock.advance(2 * DAY_MS);
    expect((await move(seller, placed.id, { order_status: 'SHIPPED' })).statusCode).toBe(200);
    const traced = await test.services.db
      .selectFrom('stock_movements as m')
      .innerJoin('orders as o', 'o.order_number', 'm.reference')
      .select(['o.id as order_id', 'm.lot_id', 'm.reason', 'm.delta_milli'])
      .where('m.product_id', '=', product.id)
      .where('m.reason', '<>', 'HARVEST')
      .orderBy('m.id')
      .execute();
    const [rotten, fresh] = product.lot_ids;
    const order_id = placed.id;
    expect(traced).toEqual([
      { order_id, lot_id: rotten, reason: 'SALE', delta_milli: -3_000 },
      { order_id, lot_id: rotten, reason: 'REALLOCATION', delta_milli: 3_000 },
      { order_id, lot_id: fresh, reason: 'REALLOCATION', delta_milli: -3_000 },
    ]);
    const shown = await test.call({
      path: `/products/${product.id}/movements`,
      token: seller.token,
    });
    expect(shown.json().results[0]).toMatchObject({
      reason: 'REALLOCATION',
      reference: placed.order_number,
    });
  });

  it('block shipping where nothing can replace them, until the seller order is cancelled', async () => {
    const product = await stockProduct(test, seller.seller_id, {
      lots: [{ quantity_milli: 5_000, days_left: 1 }],
    });
    const { order: placed } = await order(test, customer, { [product.id]: '3' });
    await move(seller, placed.id, { order_status: 'CONFIRMED' });
    test.clock.advance(2 * DAY_MS);
    const refused = await move(seller, placed.id, { order_status: 'SHIPPED' });
    expect([refused.statusCode, refused.json().code]).toEqual([409, 'INSUFFICIENT_STOCK']);
    expect((await move(seller, placed.id, { order_status: 'CANCELLED' })).statusCode).toBe(200);
  });
});
