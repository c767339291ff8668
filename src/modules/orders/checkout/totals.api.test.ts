import { afterAll, beforeAll, expect, it } from 'vitest';
import { createActor, type TestActor } from '../../../../test/support/actors.ts';
import { createTestApp, type TestApp } from '../../../../test/support/app.ts';
import {
  type Customer,
  checkOut,
  createCustomer,
  fillCart,
  type StockedProduct,
  stockProduct,
} from '../../../../test/support/market.ts';
import { newId } from '../../../lib/ids.ts';
import {
  MAX_PRICE_CENTAVOS,
  MAX_TOTAL_CENTAVOS,
  multiplyPrice,
  parseMoney,
} from '../../../lib/money.ts';
import { MAX_QUANTITY_MILLI } from '../../../lib/quantity.ts';
import { DAY_MS, plusMs } from '../../../lib/time.ts';
import { MAX_CART_LINES } from '../../carts/carts.service.ts';

let test: TestApp;
let seller: TestActor;
let customer: Customer;

beforeAll(async () => {
  test = await createTestApp();
  seller = await createActor(test, { role: 'seller' });
  customer = await createCustomer(test);
});
afterAll(() => test.close());

it('a total’s bound holds the fullest cart of the dearest goods', () => {
  const dearest = MAX_CART_LINES * multiplyPrice(MAX_PRICE_CENTAVOS, MAX_QUANTITY_MILLI);
  expect(dearest).toBeLessThanOrEqual(MAX_TOTAL_CENTAVOS);
  expect(MAX_TOTAL_CENTAVOS).toBeLessThanOrEqual(Number.MAX_SAFE_INTEGER);
});

it('a cart that a promo makes free is ordered at the total that was seen', async () => {
  const product = await stockProduct(test, seller.seller_id);
  const now = test.clock.now();
  const promo = await test.call({
    method: 'POST',
    path: '/promos',
    token: seller.token,
    body: {
      name: 'Free taste',
      discount_type: 'PERCENTAGE',
      discount_value: '100',
      starts_at: plusMs(now, -DAY_MS).toISOString(),
      ends_at: plusMs(now, DAY_MS).toISOString(),
      product_ids: [product.id],
    },
  });
  expect(promo.statusCode).toBe(201);
  await fillCart(test, customer, { [product.id]: '1' });
  const cart = (await test.call({ path: '/cart', token: customer.token })).json();
  expect(cart.total_amount).toBe('0.00');
  const body = { expected_total: cart.total_amount };
  expect((await checkOut(test, customer, { body })).statusCode).toBe(201);
});

/** Hundreds of tons of gold, at 999,999.99 a kilo. */
async function stockGold(): Promise<StockedProduct> {
  return stockProduct(test, seller.seller_id, {
    price_centavos: MAX_PRICE_CENTAVOS,
    lots: [{ quantity_milli: MAX_QUANTITY_MILLI, days_left: 5 }],
  });
}

it('a total above any price is ordered at what was seen, and given back in one refund', async () => {
  const gold = await stockGold();
  await fillCart(test, customer, { [gold.id]: '99999.999' });
  const { total_amount } = (await test.call({ path: '/cart', token: customer.token })).json();
  expect(parseMoney(total_amount)).toBe(multiplyPrice(MAX_PRICE_CENTAVOS, MAX_QUANTITY_MILLI));
  const placed = await checkOut(test, customer, {
    method: 'GCASH',
    body: { expected_total: total_amount },
  });
  expect(placed.statusCode).toBe(201);
  const { order, payment } = placed.json();
  await test.call({
    method: 'POST',
    path: `/dev/payments/${payment.id}/simulate`,
    token: customer.token,
    body: { outcome: 'success' },
  });
  for (const order_status of ['CONFIRMED', 'SHIPPED', 'DELIVERED'])
    await test.call({
      method: 'PATCH',
      path: `/orders/${order.id}/status`,
      token: seller.token,
      body: { order_status },
    });
  const admin = await createActor(test, { role: 'admin' });
  const refunded = await test.call({
    method: 'POST',
    path: `/payments/${payment.id}/refunds`,
    token: admin.token,
    headers: { 'idempotency-key': newId() },
    body: { amount: total_amount, reason: 'Fool’s gold' },
  });
  expect([refunded.statusCode, refunded.json()]).toMatchObject([
    201,
    { payment_status: 'REFUNDED', refunded_amount: total_amount },
  ]);
});

it.each(['-0.01', '0.001', '10000000000000', '1e3', '', ' 1'])(
  'an expected total of "%s" is none',
  async (expected_total) => {
    const refused = await checkOut(test, customer, { body: { expected_total } });
    expect([refused.statusCode, refused.json().errors[0].pointer]).toEqual([
      400,
      '/expected_total',
    ]);
  },
);
