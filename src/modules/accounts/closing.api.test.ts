import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { makePaidPayment, makeShippedSale } from '../../../test/authorization/fixtures.ts';
import { createActor, type TestActor } from '../../../test/support/actors.ts';
import { createTestApp, type TestApp } from '../../../test/support/app.ts';
import { hold } from '../../../test/support/hold.ts';
import {
  type Customer,
  checkOut,
  createCustomer,
  fillCart,
  order,
  stockOf,
  stockProduct,
} from '../../../test/support/market.ts';
import { newId } from '../../lib/ids.ts';

let test: TestApp;
let admin: TestActor;
let seller: TestActor;
let customer: Customer;

beforeAll(async () => {
  test = await createTestApp({ poolSize: 8 });
  admin = await createActor(test, { role: 'admin' });
});
beforeEach(async () => {
  seller = await createActor(test, { role: 'seller' });
  customer = await createCustomer(test);
});
afterAll(() => test.close());

const leave = (who: TestActor) =>
  test.call({ method: 'DELETE', path: '/users/me', token: who.token });
const setActive = (who: TestActor, is_active: boolean) =>
  test.call({
    method: 'PATCH',
    path: `/users/${who.user_id}`,
    token: admin.token,
    body: { is_active },
  });
const statusOf = async (id: string) =>
  (await test.call({ path: `/orders/${id}`, token: admin.token })).json().order_status;
const productCount = async (seller_id: string) =>
  (await test.call({ path: `/products?seller=${seller_id}` })).json().count;

const LOCKS_SELLER = /from "sellers".* for update/is;

describe('deleting an account', () => {
  it.each(['COD', 'GCASH'] as const)(
    'cancels open orders by %s that are not paid, and their stock is free again',
    async (method) => {
      const product = await stockProduct(test, seller.seller_id);
      const { order: placed } = await order(test, customer, { [product.id]: '4' }, method);
      expect((await leave(customer)).statusCode).toBe(204);
      expect(await statusOf(placed.id)).toBe('CANCELLED');
      expect(await stockOf(test, product.id)).toMatchObject([{ reserved_milli: 0 }]);
      const { results } = (
        await test.call({ path: `/orders/${placed.id}/events`, token: admin.token })
      ).json();
      expect(results.at(-1).reason).toBe('ACCOUNT_CLOSED');
    },
  );

  it('is refused while an order is paid, by its owner and by an admin, naming the order', async () => {
    const { id } = await makePaidPayment(test, { customer, seller });
    const { order_id } = (
      await test.call({ path: `/payments/${id}`, token: customer.token })
    ).json();
    const { order_number } = (
      await test.call({ path: `/orders/${order_id}`, token: customer.token })
    ).json();
    const byAdmin = {
      method: 'DELETE',
      path: `/users/${customer.user_id}`,
      token: admin.token,
    } as const;
    for (const refused of [await leave(customer), await test.call(byAdmin)]) {
      expect([refused.statusCode, refused.json().code]).toEqual([409, 'OPEN_ORDERS']);
      expect(refused.json().order_numbers).toEqual([order_number]);
    }
    await test.call({
      method: 'POST',
      path: `/orders/${order_id}/cancel`,
      token: customer.token,
      body: {},
    });
    expect((await leave(customer)).statusCode).toBe(204);
  });

  it('is refused while goods are on their way, and then cancels nothing', async () => {
    await makeShippedSale(test, { customer, seller });
    const product = await stockProduct(test, seller.seller_id);
    const { order: unpaid } = await order(test, customer, { [product.id]: '1' });
    expect((await leave(customer)).json().code).toBe('OPEN_ORDERS');
    expect(await statusOf(unpaid.id)).toBe('PENDING');
  });

  it('leaves no order behind that is placed at the same moment', async () => {
    for (let round = 0; round < 8; round += 1) {
      const person = await createCustomer(test);
      const product = await stockProduct(test, seller.seller_id);
      await fillCart(test, person, { [product.id]: '1' });
      const [gone] = await Promise.all([leave(person), checkOut(test, person)]);
      expect(gone?.statusCode).toBe(204);
      expect(await stockOf(test, product.id)).toMatchObject([{ reserved_milli: 0 }]);
    }
  });

  it('of nobody is not found', async () => {
    const path = `/users/${newId()}`;
    expect((await test.call({ method: 'DELETE', path, token: admin.token })).statusCode).toBe(404);
    expect(
      (await test.call({ method: 'PATCH', path, token: admin.token, body: { is_active: false } }))
        .statusCode,
    ).toBe(404);
  });
});

describe('deactivating an account', () => {
  it('takes its products as a seller off sale at once, and answers the admin how many orders are left to finish', async () => {
    const product = await stockProduct(test, seller.seller_id);
    const { order: placed } = await order(test, customer, { [product.id]: '1' });
    expect(await productCount(seller.seller_id)).toBe(1);
    await fillCart(test, customer, { [product.id]: '1' });
    const answer = await setActive(seller, false);
    expect(answer.json()).toMatchObject({ is_active: false, open_seller_orders: 1 });
    expect(await productCount(seller.seller_id)).toBe(0);
    expect((await checkOut(test, customer)).json().code).toBe('PRODUCT_UNAVAILABLE');
    for (const order_status of ['CONFIRMED', 'SHIPPED', 'DELIVERED']) {
      const moved = await test.call({
        method: 'PATCH',
        path: `/orders/${placed.id}/status`,
        token: admin.token,
        body: { order_status },
      });
      expect(moved.statusCode).toBe(200);
    }
  });

  it('is not undone for the seller by activating the account again', async () => {
    await stockProduct(test, seller.seller_id);
    await setActive(seller, false);
    expect((await setActive(seller, true)).json()).toMatchObject({
      is_active: true,
      open_seller_orders: null,
    });
    expect(await productCount(seller.seller_id)).toBe(0);
    await test.call({
      method: 'POST',
      path: `/sellers/${seller.seller_id}/reinstate`,
      token: admin.token,
    });
    expect(await productCount(seller.seller_id)).toBe(1);
  });

  it('cancels what its person has ordered and not paid, and leaves the rest', async () => {
    const product = await stockProduct(test, seller.seller_id);
    const { order: unpaid } = await order(test, customer, { [product.id]: '1' });
    const shipped = await makeShippedSale(test, { customer, seller });
    expect((await setActive(customer, false)).json().open_seller_orders).toBeNull();
    expect(await statusOf(unpaid.id)).toBe('CANCELLED');
    expect(await statusOf(shipped.order.id)).toBe('SHIPPED');
  });

  it('leaves no order behind that is placed at the same moment, whatever else is open', async () => {
    for (let round = 0; round < 8; round += 1) {
      const person = await createCustomer(test);
      const products = [
        await stockProduct(test, seller.seller_id),
        await stockProduct(test, seller.seller_id),
      ];
      for (const { id } of products) await order(test, person, { [id]: '1' });
      await fillCart(test, person, Object.fromEntries(products.map(({ id }) => [id, '1'])));
      const [, gone] = await Promise.all([checkOut(test, person), setActive(person, false)]);
      expect(gone.statusCode).toBe(200);
      for (const { id } of products)
        expect(await stockOf(test, id)).toMatchObject([{ reserved_milli: 0 }]);
    }
  });

  it('waits for the checkouts under way with that seller', async () => {
    const checkOutEnds = await hold(test, 'SELECT FROM sellers WHERE id = $1 FOR KEY SHARE', [
      seller.seller_id,
    ]);
    test.statements.length = 0;
    let isDone = false;
    const change = setActive(seller, false).finally(() => {
      isDone = true;
    });
    // Tried again after a lock that was not free in time.
    const tries = () => test.statements.filter((text) => LOCKS_SELLER.test(text)).length;
    await expect.poll(tries, { timeout: 10_000 }).toBeGreaterThan(1);
    expect(isDone).toBe(false);
    await checkOutEnds();
    expect((await change).statusCode).toBe(200);
  });
});
