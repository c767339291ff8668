import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createActor, type TestActor } from '../../../../test/support/actors.ts';
import { createTestApp, type TestApp } from '../../../../test/support/app.ts';
import { checkAllInvariants } from '../../../../test/support/invariants.ts';
import {
  balancesOf,
  type Customer,
  createCustomer,
  order,
  stockProduct,
} from '../../../../test/support/market.ts';
import { newId } from '../../../lib/ids.ts';

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
afterAll(async () => {
  expect(await checkAllInvariants(test.databaseUrl, test.clock.now())).toEqual([]);
  await test.close();
});

interface PlacedOrder {
  readonly order_id: string;
  readonly payment_id: string;
  /** Ids of the seller orders. */
  readonly own: string;
  readonly others: string;
}

/** 100.00 of the one seller and 50.00 of the other. */
async function orderOfTwo(method: 'COD' | 'GCASH'): Promise<PlacedOrder> {
  const a = await stockProduct(test, seller.seller_id, { price_centavos: 10_000 });
  const b = await stockProduct(test, other.seller_id, { price_centavos: 5_000 });
  const placed = await order(test, customer, { [a.id]: '1', [b.id]: '1' }, method);
  const idOf = (seller_id: string) =>
    placed.order.seller_orders.find((row: { seller_id: string }) => row.seller_id === seller_id).id;
  return {
    order_id: placed.order.id,
    payment_id: placed.payment.id,
    own: idOf(seller.seller_id),
    others: idOf(other.seller_id),
  };
}

const move = (order_id: string, body: object, who = seller) =>
  test.call({ method: 'PATCH', path: `/orders/${order_id}/status`, token: who.token, body });
async function deliver(order_id: string, who = seller): Promise<void> {
  for (const order_status of ['CONFIRMED', 'SHIPPED', 'DELIVERED'])
    expect((await move(order_id, { order_status }, who)).statusCode).toBe(200);
}
const cancel = (order_id: string, who: TestActor) =>
  move(order_id, { order_status: 'CANCELLED' }, who);
const pay = (payment_id: string) =>
  test.call({
    method: 'POST',
    path: `/dev/payments/${payment_id}/simulate`,
    token: customer.token,
    body: { outcome: 'success' },
  });
const refund = (payment_id: string, amount: string, seller_order_id?: string) =>
  test.call({
    method: 'POST',
    path: `/payments/${payment_id}/refunds`,
    token: admin.token,
    body: { amount, reason: 'Bruised', ...(seller_order_id ? { seller_order_id } : {}) },
    headers: { 'idempotency-key': newId() },
  });
const readPayment = async (id: string) =>
  (await test.call({ path: `/payments/${id}`, token: customer.token })).json();
const readOrder = async (id: string) =>
  (await test.call({ path: `/orders/${id}`, token: customer.token })).json();
const auditOf = async (payment_id: string) =>
  test.services.db
    .selectFrom('audit_entries')
    .select(['action', 'changes'])
    .where('object_id', '=', payment_id)
    .orderBy('id')
    .execute();
const topicsOf = async (payment_id: string) =>
  (
    await test.services.db
      .selectFrom('outbox_messages')
      .select(['topic', 'payload'])
      .orderBy('id')
      .execute()
  )
    .filter(({ payload }) => (payload as { payment_id?: string }).payment_id === payment_id)
    .map(({ topic }) => topic);

describe('a cash refund', () => {
  it('is refused for a cancelled seller order that nobody paid, whatever came in for its sibling', async () => {
    const { order_id, payment_id, own, others } = await orderOfTwo('COD');
    await cancel(order_id, other);
    expect((await refund(payment_id, '10', others)).json()).toMatchObject({
      status: 409,
      refundable_amount: '0.00',
    });
    await deliver(order_id);
    expect((await refund(payment_id, '10', others)).json()).toMatchObject({
      status: 409,
      refundable_amount: '0.00',
    });
    expect((await refund(payment_id, '10', own)).statusCode).toBe(201);
  });

  it('is refused before the delivery, which is when cash is paid', async () => {
    const { order_id, payment_id, own } = await orderOfTwo('COD');
    await move(order_id, { order_status: 'CONFIRMED' });
    expect((await refund(payment_id, '10', own)).json().refundable_amount).toBe('0.00');
  });

  it('gives back what was collected while a sibling is open, and the payment ends as its refunds say', async () => {
    const { order_id, payment_id, own } = await orderOfTwo('COD');
    await deliver(order_id);
    expect((await refund(payment_id, '100', own)).json()).toMatchObject({
      payment_status: 'PENDING',
      refunded_amount: '100.00',
    });
    const { seller_orders } = await readOrder(order_id);
    expect(seller_orders.find((row: { id: string }) => row.id === own).order_status).toBe(
      'REFUNDED',
    );
    await deliver(order_id, other);
    expect(await readPayment(payment_id)).toMatchObject({
      payment_status: 'PARTIALLY_REFUNDED',
      amount: '150.00',
    });
    expect(await balancesOf(test, order_id)).toEqual({
      CUSTOMER_RECEIVABLE: 0,
      ORDER_LIABILITY: 0,
      SELLER_PAYABLE: 250,
      COMMISSION_REVENUE: -250,
    });
  });

  it('of all that was delivered leaves the payment REFUNDED when the sibling is cancelled', async () => {
    const { order_id, payment_id, own } = await orderOfTwo('COD');
    await deliver(order_id);
    await refund(payment_id, '100', own);
    await cancel(order_id, other);
    expect((await readPayment(payment_id)).payment_status).toBe('REFUNDED');
    expect((await readOrder(order_id)).order_status).toBe('REFUNDED');
  });
});

describe('a refund of an open seller order', () => {
  it('is refused in full, with the way to do it: that would leave it to be delivered for nothing', async () => {
    const { order_id, payment_id, own } = await orderOfTwo('GCASH');
    await pay(payment_id);
    expect((await refund(payment_id, '60', own)).statusCode).toBe(201);
    const refused = (await refund(payment_id, '40', own)).json();
    expect([refused.status, refused.refundable_amount]).toEqual([409, '39.99']);
    expect(refused.detail).toContain('CANCELLED');
    expect((await cancel(order_id, seller)).statusCode).toBe(200);
    expect((await readPayment(payment_id)).refunded_amount).toBe('100.00');
  });

  it('in part leaves a commission of the rate of what is kept, to the centavo', async () => {
    const product = await stockProduct(test, seller.seller_id, { price_centavos: 2_020 });
    const placed = await order(test, customer, { [product.id]: '1' }, 'GCASH');
    await pay(placed.payment.id);
    expect((await refund(placed.payment.id, '10.10')).statusCode).toBe(201);
    await deliver(placed.order.id);
    expect((await balancesOf(test, placed.order.id))['COMMISSION_REVENUE']).toBe(-51);
    expect((await refund(placed.payment.id, '10.10')).statusCode).toBe(201);
    const balances = await balancesOf(test, placed.order.id);
    expect(Object.values(balances).every((balance) => balance === 0)).toBe(true);
  });
});

describe('a wallet refund', () => {
  it('is bounded by what was paid for the seller order that it names', async () => {
    const { order_id, payment_id, own, others } = await orderOfTwo('GCASH');
    await cancel(order_id, other);
    await pay(payment_id);
    expect(await readPayment(payment_id)).toMatchObject({
      amount: '100.00',
      payment_status: 'COMPLETED',
    });
    expect((await refund(payment_id, '10', others)).json()).toMatchObject({
      status: 409,
      refundable_amount: '0.00',
    });
    expect((await refund(payment_id, '100.01', own)).json().refundable_amount).toBe('100.00');
    expect((await cancel(order_id, seller)).statusCode).toBe(200);
    expect((await readPayment(payment_id)).payment_status).toBe('REFUNDED');
  });

  it('goes to the seller orders that the session covers, not to one that was cancelled before it', async () => {
    const third = await createActor(test, { role: 'seller' });
    const [a, b, c] = [
      await stockProduct(test, seller.seller_id, { price_centavos: 10_000 }),
      await stockProduct(test, other.seller_id, { price_centavos: 5_000 }),
      await stockProduct(test, third.seller_id, { price_centavos: 5_000 }),
    ];
    const placed = await order(test, customer, { [a.id]: '1', [b.id]: '1', [c.id]: '1' }, 'GCASH');
    await cancel(placed.order.id, other);
    await test.app.inject({ url: new URL(placed.payment.checkout_url).pathname });
    await cancel(placed.order.id, third);
    await pay(placed.payment.id);
    const refunds = await test.services.db
      .selectFrom('refunds as r')
      .innerJoin('seller_orders as s', 's.id', 'r.seller_order_id')
      .select(['s.seller_id', 'r.amount_centavos'])
      .where('r.payment_id', '=', placed.payment.id)
      .execute();
    expect(refunds).toEqual([{ seller_id: third.seller_id, amount_centavos: 5_000 }]);
  });
});

describe('each change of a payment’s status', () => {
  it('is audited and published when the last seller order of a cash order is delivered', async () => {
    const { order_id, payment_id } = await orderOfTwo('COD');
    await deliver(order_id);
    await deliver(order_id, other);
    expect(await auditOf(payment_id)).toEqual([
      { action: 'payment.completed', changes: { payment_status: ['PENDING', 'COMPLETED'] } },
    ]);
    expect(await topicsOf(payment_id)).toEqual(['payment.completed']);
  });

  it('is audited and published when the last open one is cancelled after others were delivered', async () => {
    const { order_id, payment_id } = await orderOfTwo('COD');
    await deliver(order_id);
    await cancel(order_id, other);
    expect((await readPayment(payment_id)).payment_status).toBe('COMPLETED');
    expect(await auditOf(payment_id)).toEqual([
      { action: 'payment.completed', changes: { payment_status: ['PENDING', 'COMPLETED'] } },
    ]);
    expect(await topicsOf(payment_id)).toEqual(['payment.completed']);
  });

  it('is audited and published when everything is cancelled unpaid', async () => {
    const { order_id, payment_id } = await orderOfTwo('GCASH');
    await test.call({ method: 'POST', path: `/orders/${order_id}/cancel`, token: customer.token });
    expect(await auditOf(payment_id)).toEqual([
      { action: 'payment.failed', changes: { payment_status: ['PENDING', 'FAILED'] } },
    ]);
    expect(await topicsOf(payment_id)).toEqual(['payment.failed']);
  });
});
