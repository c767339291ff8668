import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createActor } from '../../../test/support/actors.ts';
import { createTestApp, type TestApp } from '../../../test/support/app.ts';
import {
  type Customer,
  createCustomer,
  fillCart,
  stockProduct,
} from '../../../test/support/market.ts';
import { newId } from '../../lib/ids.ts';
import { MAX_CART_LINES } from './carts.service.ts';

let test: TestApp;
let seller_id: string;

beforeAll(async () => {
  test = await createTestApp();
  seller_id = (await createActor(test, { role: 'seller' })).seller_id;
});
afterAll(() => test.close());

const add = (customer: Customer, body: unknown) =>
  test.call({ method: 'POST', path: '/cart/items', token: customer.token, body });
const read = async (customer: Customer) =>
  (await test.call({ path: '/cart', token: customer.token })).json();

describe('the cart', () => {
  it('adds with POST, sets with PUT, and shows today’s price and total', async () => {
    const customer = await createCustomer(test);
    const product = await stockProduct(test, seller_id, { price_centavos: 12_050 });
    await fillCart(test, customer, { [product.id]: '1.5' });
    const added = await add(customer, { product_id: product.id, quantity: '0.5' });
    expect(added.json()).toMatchObject({
      items: [
        {
          product_id: product.id,
          quantity: '2.000',
          unit_price: '120.50',
          line_total: '241.00',
          is_available: true,
          warnings: [],
        },
      ],
      total_items: 1,
      total_amount: '241.00',
    });
    const set = await test.call({
      method: 'PUT',
      path: `/cart/items/${product.id}`,
      token: customer.token,
      body: { quantity: '3' },
    });
    expect(set.json().items[0].quantity).toBe('3.000');
  });

  it('keeps more than is in stock, with a warning that says what is left', async () => {
    const customer = await createCustomer(test);
    const product = await stockProduct(test, seller_id);
    await fillCart(test, customer, { [product.id]: '11' });
    const { items } = await read(customer);
    expect(items[0]).toMatchObject({ is_available: false, available_quantity: '10.000' });
    expect(items[0].warnings).toEqual([
      { code: 'INSUFFICIENT_STOCK', message: 'Only 10.000 kg left.' },
    ]);
  });

  it('marks a product that left the market since', async () => {
    const customer = await createCustomer(test);
    const product = await stockProduct(test, seller_id);
    await fillCart(test, customer, { [product.id]: '1' });
    await test.services.db
      .updateTable('products')
      .set({ is_active: false })
      .where('id', '=', product.id)
      .execute();
    const { items } = await read(customer);
    expect(items[0]).toMatchObject({
      is_available: false,
      warnings: [{ code: 'PRODUCT_UNAVAILABLE' }],
    });
  });

  it('counts in its total only what can be bought', async () => {
    const customer = await createCustomer(test);
    const [sold, short, off] = [
      await stockProduct(test, seller_id, { price_centavos: 1_000 }),
      await stockProduct(test, seller_id, { price_centavos: 10_000 }),
      await stockProduct(test, seller_id, { price_centavos: 10_000 }),
    ];
    await fillCart(test, customer, { [sold.id]: '2', [short.id]: '99999', [off.id]: '1' });
    await test.services.db
      .updateTable('products')
      .set({ is_active: false })
      .where('id', '=', off.id)
      .execute();
    expect(await read(customer)).toMatchObject({ total_items: 3, total_amount: '20.00' });
  });

  it('warns of what is sold out, and leaves it out of its total', async () => {
    const customer = await createCustomer(test);
    const product = await stockProduct(test, seller_id, { lots: [] });
    await fillCart(test, customer, { [product.id]: '99999' });
    expect(await read(customer)).toMatchObject({
      items: [
        {
          is_available: false,
          warnings: [{ code: 'INSUFFICIENT_STOCK', message: 'Sold out at the moment.' }],
        },
      ],
      total_amount: '0.00',
    });
  });

  it('removes one line, and everything', async () => {
    const customer = await createCustomer(test);
    const [a, b] = [await stockProduct(test, seller_id), await stockProduct(test, seller_id)];
    await fillCart(test, customer, { [a.id]: '1', [b.id]: '1' });
    expect(
      (await test.call({ method: 'DELETE', path: `/cart/items/${a.id}`, token: customer.token }))
        .statusCode,
    ).toBe(204);
    expect(
      (await test.call({ method: 'DELETE', path: `/cart/items/${a.id}`, token: customer.token }))
        .statusCode,
    ).toBe(404);
    expect((await read(customer)).total_items).toBe(1);
    expect(
      (await test.call({ method: 'DELETE', path: '/cart', token: customer.token })).statusCode,
    ).toBe(204);
    expect(await read(customer)).toEqual({ items: [], total_items: 0, total_amount: '0.00' });
  });

  it('reads itself in one statement, whatever the number of lines', async () => {
    const customer = await createCustomer(test);
    const products = await Promise.all([1, 2, 3, 4].map(() => stockProduct(test, seller_id)));
    await fillCart(
      test,
      customer,
      Object.fromEntries(products.map((product) => [product.id, '1'])),
    );
    test.statements.length = 0;
    await read(customer);
    expect(test.statements).toHaveLength(1);
  });

  it.each([
    ['a fraction of a piece', { quantity: '1.5' }, 400],
    ['nothing', { quantity: '0' }, 400],
    ['a number instead of a string', { quantity: 2 }, 400],
    ['more than a cart can hold', { quantity: '100000' }, 400],
    ['an unknown member', { quantity: '1', price: '1.00' }, 400],
  ])('refuses %s', async (_what, body, status) => {
    const customer = await createCustomer(test);
    const product = await stockProduct(test, seller_id, { unit: 'piece' });
    const answer = await add(customer, { product_id: product.id, ...body });
    expect(answer.statusCode).toBe(status);
    expect(answer.json().code).toBe('VALIDATION_ERROR');
  });

  it('takes no more of what left the market since', async () => {
    const customer = await createCustomer(test);
    const product = await stockProduct(test, seller_id);
    await fillCart(test, customer, { [product.id]: '1' });
    await test.services.db
      .updateTable('products')
      .set({ is_active: false })
      .where('id', '=', product.id)
      .execute();
    const answer = await add(customer, { product_id: product.id, quantity: '1' });
    expect([answer.statusCode, answer.json().code]).toEqual([409, 'PRODUCT_UNAVAILABLE']);
  });

  it('refuses what does not exist, what is not on sale, and a seller’s own goods', async () => {
    const customer = await createCustomer(test);
    expect((await add(customer, { product_id: newId(), quantity: '1' })).statusCode).toBe(404);
    const pending = await createActor(test, { role: 'seller', sellerStatus: 'PENDING' });
    const hidden = await stockProduct(test, pending.seller_id);
    expect((await add(customer, { product_id: hidden.id, quantity: '1' })).statusCode).toBe(404);
    const seller = await createActor(test, { role: 'seller' });
    const own = await stockProduct(test, seller.seller_id);
    const answer = await test.call({
      method: 'POST',
      path: '/cart/items',
      token: seller.token,
      body: { product_id: own.id, quantity: '1' },
    });
    expect(answer.json().code).toBe('FORBIDDEN');
  });

  it('refuses what adds up to more than a line can hold, and keeps what was there', async () => {
    const customer = await createCustomer(test);
    const product = await stockProduct(test, seller_id);
    await fillCart(test, customer, { [product.id]: '99999.999' });
    const answer = await add(customer, { product_id: product.id, quantity: '0.001' });
    expect([answer.statusCode, answer.json().errors[0]]).toEqual([
      400,
      { pointer: '/quantity', message: 'must be at most 99999.999', code: 'invalid' },
    ]);
    expect((await read(customer)).items[0].quantity).toBe('99999.999');
  });

  it('holds a hundred products, of each of them more, and no other', async () => {
    const customer = await createCustomer(test);
    const [first, another] = [
      await stockProduct(test, seller_id),
      await stockProduct(test, seller_id),
    ];
    await fillCart(test, customer, { [first.id]: '1' });
    for (let lines = 1; lines < MAX_CART_LINES; lines += 1) {
      const { id } = await stockProduct(test, seller_id, { lots: [] });
      await test.services.db
        .insertInto('cart_items')
        .values({
          id: newId(),
          user_id: customer.user_id,
          product_id: id,
          quantity_milli: 1_000,
          created_at: test.clock.now(),
        })
        .execute();
    }
    const refused = await add(customer, { product_id: another.id, quantity: '1' });
    expect([refused.statusCode, refused.json().errors[0]]).toMatchObject([
      400,
      {
        pointer: '/product_id',
        message: 'must be one of the 100 products that a cart can hold',
      },
    ]);
    const more = await add(customer, { product_id: first.id, quantity: '1' });
    expect(more.json().total_items).toBe(MAX_CART_LINES);
  });

  it('is for verified customers only', async () => {
    const unverified = await createActor(test, { verified: false });
    const admin = await createActor(test, { role: 'admin' });
    expect((await test.call({ path: '/cart' })).statusCode).toBe(401);
    expect((await test.call({ path: '/cart', token: unverified.token })).json().code).toBe(
      'VERIFICATION_REQUIRED',
    );
    expect((await test.call({ path: '/cart', token: admin.token })).json().code).toBe('FORBIDDEN');
  });
});
