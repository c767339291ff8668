import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { makeDeliveredSale } from '../../../../test/authorization/fixtures.ts';
import { createActor, type TestActor } from '../../../../test/support/actors.ts';
import { createTestApp, type TestApp } from '../../../../test/support/app.ts';
import {
  type Customer,
  checkOut,
  createCustomer,
  fillCart,
  order,
  stockOf,
  stockProduct,
} from '../../../../test/support/market.ts';

const PESOS = 100;
let test: TestApp;
let seller: TestActor;
let customer: Customer;

beforeAll(async () => {
  test = await createTestApp({
    poolSize: 8,
    env: {
      UNPAID_ORDERS_MAX: '2',
      UNPAID_TOTAL_MAX: '1000',
      UNPAID_STOCK_SHARE: '50',
      UNPAID_STOCK_FREE: '100',
    },
  });
});
beforeEach(async () => {
  seller = await createActor(test, { role: 'seller' });
  customer = await createCustomer(test);
});
afterAll(() => test.close());

/** A product of 100 kg in stock. */
const product = async (price_pesos: number, options: { unit?: 'piece'; kilos?: number } = {}) =>
  stockProduct(test, seller.seller_id, {
    price_centavos: price_pesos * PESOS,
    ...(options.unit === undefined ? {} : { unit: options.unit }),
    lots: [{ quantity_milli: (options.kilos ?? 100) * 1000, days_left: 5 }],
  });
const tryOrder = async (
  who: Customer,
  lines: Record<string, string>,
  method: 'COD' | 'GCASH' = 'COD',
) => {
  await fillCart(test, who, lines);
  return checkOut(test, who, { method });
};

describe('open unpaid orders of a customer', () => {
  it.each(['COD', 'GCASH'] as const)(
    'by %s are bounded in number; a cancelled one makes room',
    async (method) => {
      const { id } = await product(10);
      const { order: first } = await order(test, customer, { [id]: '1' }, method);
      await order(test, customer, { [id]: '1' }, 'COD');
      const refused = await tryOrder(customer, { [id]: '1' });
      expect([refused.statusCode, refused.json().code]).toEqual([409, 'UNPAID_LIMIT']);
      expect(refused.json()).toMatchObject({ limit: 'orders', maximum: 2 });
      expect((await checkOut(test, await createCustomer(test))).json().code).toBe('EMPTY_CART');
      await test.call({
        method: 'POST',
        path: `/orders/${first.id}/cancel`,
        token: customer.token,
        body: {},
      });
      expect((await checkOut(test, customer)).statusCode).toBe(201);
    },
  );

  it('are bounded in what they come to', async () => {
    const { id } = await product(100);
    await order(test, customer, { [id]: '6' });
    const refused = await tryOrder(customer, { [id]: '5' });
    expect(refused.json()).toMatchObject({
      code: 'UNPAID_LIMIT',
      limit: 'total',
      maximum_amount: '1000.00',
    });
    await test.call({ method: 'DELETE', path: '/cart', token: customer.token });
    expect((await tryOrder(customer, { [id]: '4' })).statusCode).toBe(201);
  });

  it('may be three times as many once three orders were delivered', async () => {
    for (let i = 0; i < 3; i += 1) await makeDeliveredSale(test, { customer, seller });
    const { id } = await product(10);
    for (let i = 0; i < 6; i += 1) await order(test, customer, { [id]: '1' });
    expect((await tryOrder(customer, { [id]: '1' })).json()).toMatchObject({ maximum: 6 });
  });

  it('never pass the bound together, however many checkouts run at once', async () => {
    const products = await Promise.all([product(10), product(10), product(10), product(10)]);
    for (const { id } of products) await fillCart(test, customer, { [id]: '1' });
    const { items } = (await test.call({ path: '/cart', token: customer.token })).json();
    const answers = await Promise.all(
      items.map((item: { id: string }) =>
        checkOut(test, customer, { body: { cart_item_ids: [item.id] } }),
      ),
    );
    expect(answers.map(({ statusCode }) => statusCode).sort()).toEqual([201, 201, 409, 409]);
  });
});

describe("the share of a product's stock that a customer's unpaid orders hold", () => {
  it('is bounded over all of them, and the refusal says what is left for this customer', async () => {
    const { id } = await product(10);
    await order(test, customer, { [id]: '40' });
    const refused = await tryOrder(customer, { [id]: '11' });
    expect(refused.json()).toMatchObject({
      code: 'UNPAID_LIMIT',
      limit: 'stock',
      products: [{ product_id: id, available_quantity: '10.000' }],
    });
    expect(await stockOf(test, id)).toMatchObject([{ reserved_milli: 40_000 }]);
    await test.call({ method: 'DELETE', path: '/cart', token: customer.token });
    expect((await tryOrder(customer, { [id]: '10' })).statusCode).toBe(201);
    // Others have theirs.
    expect((await tryOrder(await createCustomer(test), { [id]: '25' })).statusCode).toBe(201);
  });

  it('does not bind a household that wants the last of little', async () => {
    const { id } = await product(10, { kilos: 10 });
    expect((await tryOrder(customer, { [id]: '10' })).statusCode).toBe(201);
  });

  it('of what cannot be split is a whole number', async () => {
    const { id } = await product(90, { unit: 'piece', kilos: 5 });
    expect((await tryOrder(customer, { [id]: '3' })).json()).toMatchObject({
      products: [{ available_quantity: '2.000' }],
    });
  });
});

describe('a line', () => {
  it('comes to at least ₱1.00 before promos, or to one unit of what costs less', async () => {
    const cheap = await product(1);
    const put = (product_id: string, quantity: string) =>
      test.call({
        method: 'POST',
        path: '/cart/items',
        token: customer.token,
        body: { product_id, quantity },
      });
    const crumb = await put(cheap.id, '0.001');
    expect([crumb.statusCode, crumb.json().errors[0].pointer]).toEqual([400, '/quantity']);
    expect((await put(cheap.id, '1')).statusCode).toBe(201);
    const candy = await stockProduct(test, seller.seller_id, { price_centavos: 25, unit: 'piece' });
    expect((await put(candy.id, '1')).statusCode).toBe(201);
  });

  it('that became too small is refused at checkout too', async () => {
    const { id } = await product(100);
    await fillCart(test, customer, { [id]: '0.01' });
    await test.services.db
      .updateTable('products')
      .set({ price_centavos: 200 })
      .where('id', '=', id)
      .execute();
    const refused = await checkOut(test, customer);
    expect(refused.json()).toMatchObject({
      code: 'LINE_TOO_SMALL',
      products: [{ product_id: id }],
    });
  });
});
