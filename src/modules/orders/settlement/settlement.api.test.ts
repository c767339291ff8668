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
import { newId } from '../../../lib/ids.ts';
import { MINUTE_MS } from '../../../lib/time.ts';
import { type SimulatedOutcome, simulatePayment } from '../../dev/simulation.service.ts';
import { carryOutRefund } from '../../payments/payments.service.ts';
import { expireReservations } from '../deadlines/deadlines.service.ts';
import { reconcilePayments } from './settlement.service.ts';

let test: TestApp;
let seller: TestActor;
let admin: TestActor;
let customer: Customer;

beforeAll(async () => {
  test = await createTestApp();
  seller = await createActor(test, { role: 'seller' });
  admin = await createActor(test, { role: 'admin' });
});
beforeEach(async () => {
  customer = await createCustomer(test);
});
afterAll(() => test.close());

/** Two kilos at 100.00 for GCash; ten are in stock. */
async function walletOrder() {
  const product = await stockProduct(test, seller.seller_id, { price_centavos: 10_000 });
  const placed = await order(test, customer, { [product.id]: '2' }, 'GCASH');
  return {
    product,
    order_id: placed.order.id as string,
    payment_id: placed.payment.id as string,
    payment: placed.payment,
  };
}

const simulate = (payment_id: string, body: object, token = customer.token) =>
  test.call({ method: 'POST', path: `/dev/payments/${payment_id}/simulate`, token, body });
const read = async (path: string) => (await test.call({ path, token: customer.token })).json();
const readOrder = (id: string) => read(`/orders/${id}`);
const readPayment = (id: string) => read(`/payments/${id}`);
const move = (id: string, order_status: string) =>
  test.call({
    method: 'PATCH',
    path: `/orders/${id}/status`,
    token: seller.token,
    body: { order_status },
  });
const refund = (payment_id: string, body: object, token = admin.token) =>
  test.call({
    method: 'POST',
    path: `/payments/${payment_id}/refunds`,
    token,
    body,
    headers: { 'idempotency-key': newId() },
  });

/** The webhook that the wallet would send, signed but not yet delivered. */
async function webhookOf(payment_id: string, outcome: SimulatedOutcome) {
  const ctx = {
    ...test.system,
    actor: {
      kind: 'user',
      user_id: customer.user_id,
      session_id: '',
      role: 'customer',
      is_verified: true,
      has_mfa: false,
      proven_at: test.clock.now(),
    } as const,
  };
  return simulatePayment(ctx, payment_id, outcome);
}
const deliver = (
  webhook: { rawBody: string; headers: Readonly<Record<string, string>> },
  provider = 'simulator',
) =>
  test.app.inject({
    method: 'POST',
    url: `/api/v1/webhooks/payments/${provider}`,
    headers: { ...webhook.headers, 'content-type': 'application/json' },
    payload: webhook.rawBody,
  });

/** Runs every queued refund, as the worker would. */
async function runRefunds(): Promise<void> {
  const waiting = await test.services.db
    .selectFrom('refunds')
    .select('id')
    .where('status', '=', 'PENDING')
    .execute();
  for (const { id } of waiting) await carryOutRefund(test.system, id);
}

describe('paying by wallet', () => {
  it('holds the stock until it is paid, then sells it', async () => {
    const { product, order_id, payment_id, payment } = await walletOrder();
    expect(payment).toMatchObject({
      payment_status: 'PENDING',
      amount: '200.00',
      payment_method: 'GCASH',
    });
    expect(new Date(payment.expires_at).getTime() - test.clock.now().getTime()).toBeGreaterThan(
      14 * MINUTE_MS,
    );
    expect(await stockOf(test, product.id)).toEqual([
      { on_hand_milli: 10_000, reserved_milli: 2_000 },
    ]);
    expect((await simulate(payment_id, { outcome: 'success' })).statusCode).toBe(202);
    expect(await stockOf(test, product.id)).toEqual([{ on_hand_milli: 8_000, reserved_milli: 0 }]);
    expect(await readOrder(order_id)).toMatchObject({
      order_status: 'PENDING',
      payment_status: 'COMPLETED',
    });
    expect((await readPayment(payment_id)).checkout_url).toBeNull();
  });

  it('starts the wallet session when the checkout address is first opened, and finds the same one again', async () => {
    const { payment } = await walletOrder();
    const path = new URL(payment.checkout_url).pathname;
    const first = await test.app.inject({ url: path });
    const second = await test.app.inject({ url: path });
    expect(first.statusCode).toBe(303);
    expect(second.headers.location).toBe(first.headers.location);
    expect(
      (await test.app.inject({ url: `${path.slice(0, -1)}${path.endsWith('A') ? 'B' : 'A'}` }))
        .statusCode,
    ).toBe(404);
  });

  it('leads the browser to a wallet page whose buttons pay', async () => {
    const { order_id, payment } = await walletOrder();
    const opened = await test.app.inject({ url: new URL(payment.checkout_url).pathname });
    const wallet = new URL(String(opened.headers.location)).pathname;
    const page = await test.app.inject({ url: wallet });
    expect(page.body).toContain('PHP 200.00 to FreshBytes: OPEN');
    const action = /action="(wallet\/success)"/.exec(page.body)?.[1] ?? '';
    const paid = await test.app.inject({
      method: 'POST',
      url: new URL(action, `http://localhost${wallet}`).pathname,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
    expect(paid.statusCode).toBe(303);
    expect((await test.app.inject({ url: wallet })).body).toContain('PAID');
    expect((await readOrder(order_id)).payment_status).toBe('COMPLETED');
    expect((await test.app.inject({ url: '/dev/payments/x/wallet' })).statusCode).toBe(404);
    expect((await test.app.inject({ method: 'POST', url: `${wallet}/steal` })).statusCode).toBe(
      404,
    );
  });

  it('lets no seller order leave PENDING before it is paid, except by being cancelled', async () => {
    const { order_id, payment_id } = await walletOrder();
    expect((await move(order_id, 'CONFIRMED')).json().code).toBe('PAYMENT_REQUIRED');
    await simulate(payment_id, { outcome: 'success' });
    expect((await move(order_id, 'CONFIRMED')).statusCode).toBe(200);
  });

  it.each(['failure', 'expiry'] as const)(
    '%s cancels the order at once and the stock is back',
    async (outcome) => {
      const { product, order_id, payment_id } = await walletOrder();
      await simulate(payment_id, { outcome });
      expect(await readOrder(order_id)).toMatchObject({
        order_status: 'CANCELLED',
        payment_status: 'FAILED',
      });
      expect(await stockOf(test, product.id)).toEqual([
        { on_hand_milli: 10_000, reserved_milli: 0 },
      ]);
    },
  );

  it('gives up the reservation when its time has run out', async () => {
    const { product, order_id } = await walletOrder();
    test.clock.advance(14 * MINUTE_MS);
    await expireReservations(test.system);
    expect((await readOrder(order_id)).order_status).toBe('PENDING');
    test.clock.advance(2 * MINUTE_MS);
    await expireReservations(test.system);
    expect((await readOrder(order_id)).order_status).toBe('CANCELLED');
    expect(await stockOf(test, product.id)).toEqual([{ on_hand_milli: 10_000, reserved_milli: 0 }]);
    const { results } = (
      await test.call({ path: `/orders/${order_id}/events`, token: customer.token })
    ).json();
    expect(results.at(-1)).toMatchObject({
      actor_role: 'system',
      from_status: 'PENDING',
      to_status: 'CANCELLED',
      reason: 'PAYMENT_EXPIRED',
    });
  });

  it('records a success that comes after expiry, leaves the order cancelled, and gives the money back', async () => {
    const { product, order_id, payment_id } = await walletOrder();
    const late = await webhookOf(payment_id, 'success');
    test.clock.advance(16 * MINUTE_MS);
    await expireReservations(test.system);
    const fresh = await webhookOf(payment_id, 'success');
    expect((await deliver(late)).statusCode).toBe(403);
    expect((await deliver(fresh)).statusCode).toBe(204);
    expect(await readOrder(order_id)).toMatchObject({
      order_status: 'CANCELLED',
      payment_status: 'REFUNDED',
    });
    await runRefunds();
    expect(await walletOf(payment_id)).toMatchObject({
      amount_centavos: 20_000,
      refunded_centavos: 20_000,
    });
    expect(await stockOf(test, product.id)).toEqual([{ on_hand_milli: 10_000, reserved_milli: 0 }]);
  });

  it('queries the provider where no webhook came', async () => {
    const { order_id, payment_id } = await walletOrder();
    await simulate(payment_id, { outcome: 'success', deliver: 'never' });
    expect((await readOrder(order_id)).payment_status).toBe('PENDING');
    await reconcilePayments(test.system);
    expect((await readOrder(order_id)).payment_status).toBe('COMPLETED');
  });
});

describe('webhooks', () => {
  it('have one effect however often they come', async () => {
    const { product, payment_id } = await walletOrder();
    await simulate(payment_id, { outcome: 'success', deliver: 'twice' });
    const again = await webhookOf(payment_id, 'success');
    for (let i = 0; i < 3; i += 1) expect((await deliver(again)).statusCode).toBe(204);
    expect(await stockOf(test, product.id)).toEqual([{ on_hand_milli: 8_000, reserved_milli: 0 }]);
    expect((await readPayment(payment_id)).payment_status).toBe('COMPLETED');
  });

  it('may come in any order: a failure after a success changes nothing', async () => {
    const { order_id, payment_id } = await walletOrder();
    const failure = await webhookOf(payment_id, 'failure');
    const success = await webhookOf(payment_id, 'success');
    await deliver(success);
    await deliver(failure);
    expect(await readOrder(order_id)).toMatchObject({
      order_status: 'PENDING',
      payment_status: 'COMPLETED',
    });
  });

  it('are refused when forged, altered or stale, and by an unknown provider', async () => {
    const { order_id, payment_id } = await walletOrder();
    const webhook = await webhookOf(payment_id, 'success');
    const altered = { ...webhook, rawBody: webhook.rawBody.replace(/"id":"./, '"id":"x') };
    expect((await deliver({ ...webhook, headers: {} })).statusCode).toBe(403);
    expect((await deliver({ ...altered, rawBody: `${webhook.rawBody} ` })).statusCode).toBe(403);
    expect((await deliver(webhook, 'nobody')).statusCode).toBe(404);
    test.clock.advance(10 * MINUTE_MS);
    expect((await deliver(webhook)).statusCode).toBe(403);
    expect((await readOrder(order_id)).payment_status).toBe('PENDING');
  });
});

describe('cancelling and refunding what was paid', () => {
  it('cancelling a paid seller order refunds it by itself and restocks it', async () => {
    const { product, order_id, payment_id } = await walletOrder();
    await simulate(payment_id, { outcome: 'success' });
    const cancelled = await test.call({
      method: 'POST',
      path: `/orders/${order_id}/cancel`,
      token: customer.token,
    });
    expect(cancelled.json()).toMatchObject({
      order_status: 'CANCELLED',
      payment_status: 'REFUNDED',
    });
    expect(await stockOf(test, product.id)).toEqual([{ on_hand_milli: 10_000, reserved_milli: 0 }]);
    await runRefunds();
    expect((await walletOf(payment_id)).refunded_centavos).toBe(20_000);
    expect(await balancesOf(test, order_id)).toEqual({
      CUSTOMER_RECEIVABLE: 0,
      ORDER_LIABILITY: 0,
      WALLET_CLEARING: 0,
    });
  });

  it('refunds a delivered seller order bit by bit, never more than was paid, and the order ends REFUNDED', async () => {
    const { product, order_id, payment_id } = await walletOrder();
    await simulate(payment_id, { outcome: 'success' });
    for (const status of ['CONFIRMED', 'SHIPPED', 'DELIVERED']) await move(order_id, status);
    const partial = await refund(payment_id, { amount: '50', reason: 'Two were bruised' });
    expect([partial.statusCode, partial.json()]).toMatchObject([
      201,
      { payment_status: 'PARTIALLY_REFUNDED', refunded_amount: '50.00' },
    ]);
    const tooMuch = await refund(payment_id, { amount: '150.01', reason: 'x' });
    expect([tooMuch.statusCode, tooMuch.json().refundable_amount]).toEqual([409, '150.00']);
    expect(
      (await refund(payment_id, { amount: '150.00', reason: 'Spoiled' })).json().payment_status,
    ).toBe('REFUNDED');
    expect((await readOrder(order_id)).order_status).toBe('REFUNDED');
    expect(await stockOf(test, product.id)).toEqual([{ on_hand_milli: 8_000, reserved_milli: 0 }]);
    expect(Object.values(await balancesOf(test, order_id)).every((balance) => balance === 0)).toBe(
      true,
    );
  });

  it('requires the seller order where the order has several, and refuses one of another order', async () => {
    const other = await createActor(test, { role: 'seller' });
    const a = await stockProduct(test, seller.seller_id, { price_centavos: 10_000 });
    const b = await stockProduct(test, other.seller_id, { price_centavos: 5_000 });
    const placed = await order(test, customer, { [a.id]: '1', [b.id]: '1' }, 'MAYA');
    const { id } = placed.payment;
    await simulate(id, { outcome: 'success' });
    expect((await refund(id, { amount: '10', reason: 'x' })).json().errors[0].pointer).toBe(
      '/seller_order_id',
    );
    expect(
      (await refund(id, { amount: '10', reason: 'x', seller_order_id: newId() })).statusCode,
    ).toBe(400);
    const [sellerOrder] = placed.order.seller_orders;
    expect(
      (await refund(id, { amount: '10', reason: 'x', seller_order_id: sellerOrder.id })).statusCode,
    ).toBe(201);
  });

  it('refuses what was not paid, and everybody but admins', async () => {
    const { payment_id } = await walletOrder();
    expect((await refund(payment_id, { amount: '1', reason: 'x' })).statusCode).toBe(409);
    expect(
      (await refund(payment_id, { amount: '1', reason: 'x' }, customer.token)).statusCode,
    ).toBe(403);
    expect((await refund(newId(), { amount: '1', reason: 'x' })).statusCode).toBe(404);
  });

  it('a seller order cancelled while the wallet was open is refunded when the rest is paid', async () => {
    const other = await createActor(test, { role: 'seller' });
    const a = await stockProduct(test, seller.seller_id, { price_centavos: 10_000 });
    const b = await stockProduct(test, other.seller_id, { price_centavos: 5_000 });
    const placed = await order(test, customer, { [a.id]: '1', [b.id]: '1' }, 'GCASH');
    const success = await webhookOf(placed.payment.id, 'success');
    const cancelled = await test.call({
      method: 'PATCH',
      path: `/orders/${placed.order.id}/status`,
      token: other.token,
      body: { order_status: 'CANCELLED' },
    });
    expect(cancelled.statusCode).toBe(200);
    await deliver(success);
    expect(await readPayment(placed.payment.id)).toMatchObject({
      amount: '150.00',
      refunded_amount: '50.00',
      payment_status: 'PARTIALLY_REFUNDED',
    });
    expect(await balancesOf(test, placed.order.id)).toMatchObject({
      CUSTOMER_RECEIVABLE: 0,
      WALLET_CLEARING: 10_000,
    });
  });
});

it('the simulator’s switch is the owner’s alone', async () => {
  const { payment_id } = await walletOrder();
  const stranger = await createCustomer(test);
  expect((await simulate(payment_id, { outcome: 'success' }, stranger.token)).statusCode).toBe(404);
});

function walletOf(payment_id: string) {
  return test.services.db
    .selectFrom('simulator_wallet')
    .selectAll()
    .where('payment_id', '=', payment_id)
    .executeTakeFirstOrThrow();
}
