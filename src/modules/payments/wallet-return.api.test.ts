import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createActor, type TestActor } from '../../../test/support/actors.ts';
import { createTestApp, type TestApp } from '../../../test/support/app.ts';
import {
  type Customer,
  checkOut,
  createCustomer,
  fillCart,
  stockProduct,
} from '../../../test/support/market.ts';
import { MINUTE_MS } from '../../lib/time.ts';
import { expireReservations } from '../orders/deadlines/deadlines.service.ts';

const FRONTEND = 'https://market.freshbytes.ph';
const RETURNS = { return_url: `${FRONTEND}/thanks?from=cart`, cancel_url: `${FRONTEND}/cart` };

let test: TestApp;
let seller: TestActor;
let customer: Customer;

beforeAll(async () => {
  test = await createTestApp({ env: { PAYMENT_RETURN_ORIGINS: FRONTEND } });
  seller = await createActor(test, { role: 'seller' });
});
beforeEach(async () => {
  customer = await createCustomer(test);
});
afterAll(() => test.close());

async function placeOrder(body: object, method: 'GCASH' | 'COD' = 'GCASH') {
  const product = await stockProduct(test, seller.seller_id, { price_centavos: 10_000 });
  await fillCart(test, customer, { [product.id]: '1' });
  return checkOut(test, customer, { method, body: { ...body } });
}

/** Opens the checkout address as a browser does. */
const visit = (checkout_url: string) => test.app.inject({ url: new URL(checkout_url).pathname });

/** Presses a button of the wallet's page; the answer that the browser gets. */
async function press(checkout_url: string, button: 'success' | 'failure' | 'expiry') {
  const wallet = new URL(String((await visit(checkout_url)).headers.location)).pathname;
  const page = await test.app.inject({ url: wallet });
  const answer = await test.app.inject({
    method: 'POST',
    url: `${wallet}/${button}`,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  });
  return { page, answer };
}

describe('the wallet’s page', () => {
  it.each([
    ['success', (id: string) => `${FRONTEND}/thanks?from=cart&order_id=${id}`, 'COMPLETED'],
    ['failure', (id: string) => `${FRONTEND}/cart?order_id=${id}`, 'FAILED'],
    ['expiry', (id: string) => `${FRONTEND}/cart?order_id=${id}`, 'FAILED'],
  ] as const)(
    'after %s leads back to the frontend, with the order’s id',
    async (button, to, status) => {
      const { order, payment } = (await placeOrder(RETURNS)).json();
      const { page, answer } = await press(payment.checkout_url, button);
      expect(page.headers['content-security-policy']).toContain(
        `form-action 'self' ${FRONTEND};`.slice(0, -1),
      );
      expect([answer.statusCode, answer.headers.location]).toEqual([303, to(order.id)]);
      const read = await test.call({ path: `/orders/${order.id}`, token: customer.token });
      expect(read.json().payment_status).toBe(status);
      const again = await visit(payment.checkout_url);
      expect([again.statusCode, again.headers.location]).toEqual([303, to(order.id)]);
    },
  );

  it.each([
    ['success', 'Payment received'],
    ['failure', 'Payment closed'],
  ] as const)(
    'after %s leads to our word on it where the frontend named no page',
    async (button, title) => {
      const { payment } = (await placeOrder({})).json();
      const { answer } = await press(payment.checkout_url, button);
      expect(answer.headers.location).toBe(payment.checkout_url);
      const end = await visit(payment.checkout_url);
      expect([end.statusCode, end.headers['content-type']]).toEqual([
        200,
        'text/html; charset=utf-8',
      ]);
      expect(end.body).toContain(`<h1>${title}</h1>`);
    },
  );

  it('is not opened any more once the reservation has run out', async () => {
    const { order, payment } = (await placeOrder(RETURNS)).json();
    test.clock.advance(14 * MINUTE_MS);
    const late = await visit(payment.checkout_url);
    expect(late.headers.location).toBe(`${FRONTEND}/cart?order_id=${order.id}`);
    test.clock.advance(2 * MINUTE_MS);
    await expireReservations(test.system);
    expect((await visit(payment.checkout_url)).headers.location).toBe(late.headers.location);
  });
});

describe('checkout', () => {
  it.each(['return_url', 'cancel_url'])(
    'refuses a %s of another origin, and orders nothing',
    async (member) => {
      for (const address of [
        'https://evil.example/',
        'http://localhost:3000/',
        `${FRONTEND}.evil.example/`,
      ]) {
        const refused = await placeOrder({ ...RETURNS, [member]: address });
        expect([refused.statusCode, refused.json().code]).toEqual([400, 'VALIDATION_ERROR']);
        expect(refused.json().errors[0].pointer).toBe(`/${member}`);
      }
      expect((await test.call({ path: '/orders', token: customer.token })).json().count).toBe(0);
    },
  );

  it('takes them with cash too, which needs none', async () => {
    const placed = await placeOrder(RETURNS, 'COD');
    expect([placed.statusCode, placed.json().payment.checkout_url]).toEqual([201, null]);
  });
});

describe('an order', () => {
  it('names its payment to its customer and admins: where to pay while it is open, and how it stands', async () => {
    const { order, payment } = (await placeOrder({})).json();
    const admin = await createActor(test, { role: 'admin' });
    expect(order.payment).toEqual(payment);
    for (const token of [customer.token, admin.token]) {
      expect((await test.call({ path: `/orders/${order.id}`, token })).json().payment).toEqual(
        payment,
      );
      const [listed] = (await test.call({ path: '/orders', token })).json().results;
      expect(listed.payment).toEqual(payment);
    }
    await press(payment.checkout_url, 'success');
    expect(
      (await test.call({ path: `/orders/${order.id}`, token: customer.token })).json().payment,
    ).toMatchObject({
      id: payment.id,
      payment_status: 'COMPLETED',
      checkout_url: null,
    });
  });

  it('shows its seller no more than status and method', async () => {
    const { order, payment } = (await placeOrder({})).json();
    for (const path of ['/orders?as=seller', `/sellers/${seller.seller_id}/orders`]) {
      const { results } = (await test.call({ path, token: seller.token })).json();
      const seen = results.find((row: { id: string }) => row.id === order.id);
      expect(seen).toMatchObject({
        payment: null,
        payment_status: 'PENDING',
        payment_method: 'GCASH',
      });
    }
    const read = await test.call({ path: `/orders/${order.id}`, token: seller.token });
    expect(read.json().payment).toBeNull();
    expect(read.body).not.toContain(payment.id);
  });

  it('finds its payment by GET /payments?order_id=, for its customer and admins only', async () => {
    const { order, payment } = (await placeOrder({})).json();
    await placeOrder({});
    const admin = await createActor(test, { role: 'admin' });
    const stranger = await createCustomer(test);
    const find = async (token: string) =>
      (await test.call({ path: `/payments?order_id=${order.id}`, token })).json().results;
    expect(await find(customer.token)).toEqual([payment]);
    expect(await find(admin.token)).toEqual([payment]);
    expect(await find(stranger.token)).toEqual([]);
    expect(await find(seller.token)).toEqual([]);
    const malformed = await test.call({ path: '/payments?order_id=x', token: customer.token });
    expect(malformed.statusCode).toBe(400);
  });
});
