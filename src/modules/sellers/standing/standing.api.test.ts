import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createActor, TEST_BARANGAY, type TestActor } from '../../../../test/support/actors.ts';
import { createTestApp, type TestApp } from '../../../../test/support/app.ts';
import {
  checkOut,
  createCustomer,
  fillCart,
  order,
  stockProduct,
} from '../../../../test/support/market.ts';
import { newId } from '../../../lib/ids.ts';

let test: TestApp;
let admin: TestActor;

beforeAll(async () => {
  test = await createTestApp({ poolSize: 8 });
  admin = await createActor(test, { role: 'admin' });
});
afterAll(() => test.close());

const act = async (id: string, action: string) =>
  (
    await test.call({ method: 'POST', path: `/sellers/${id}/${action}`, token: admin.token })
  ).json();
const remove = (seller: TestActor, by: TestActor = seller) =>
  test.call({ method: 'DELETE', path: `/sellers/${seller.seller_id}`, token: by.token });
const apply = async (by: TestActor) =>
  (
    await test.call({
      method: 'POST',
      path: '/sellers',
      token: by.token,
      body: {
        business_name: `Gulayan ${newId()}`,
        business_phone: '09171234567',
        street: 'Km. 5',
        barangay_code: TEST_BARANGAY,
        terms_accepted: true,
      },
    })
  ).json();
const move = (by: TestActor, id: string, order_status: string) =>
  test.call({
    method: 'PATCH',
    path: `/orders/${id}/status`,
    token: by.token,
    body: { order_status },
  });

describe('removing a profile', () => {
  it.each(['VERIFIED', 'SUSPENDED'] as const)(
    'waits for the open orders of a seller who is %s, and says how many there are',
    async (status) => {
      const seller = await createActor(test, { role: 'seller' });
      const product = await stockProduct(test, seller.seller_id);
      const customer = await createCustomer(test);
      const { order: placed } = await order(test, customer, { [product.id]: '1' });
      await move(seller, placed.id, 'CONFIRMED');
      if (status === 'SUSPENDED') await act(seller.seller_id, 'suspend');
      for (const by of [seller, admin]) {
        const refused = await remove(seller, by);
        expect([refused.statusCode, refused.json().code]).toEqual([409, 'OPEN_ORDERS']);
        expect(refused.json()).toMatchObject({ open_count: 1 });
      }
      await move(seller, placed.id, 'SHIPPED');
      await move(seller, placed.id, 'DELIVERED');
      expect((await remove(seller)).statusCode).toBe(204);
    },
  );

  it('never strands an order that is placed at the same moment', async () => {
    for (let round = 0; round < 8; round += 1) {
      const seller = await createActor(test, { role: 'seller' });
      const product = await stockProduct(test, seller.seller_id);
      const customers = await Promise.all([
        createCustomer(test),
        createCustomer(test),
        createCustomer(test),
      ]);
      for (const customer of customers) await fillCart(test, customer, { [product.id]: '1' });
      const [removal, ...checkouts] = await Promise.all([
        remove(seller),
        ...customers.map((customer) => checkOut(test, customer)),
      ]);
      const placed = checkouts.filter(({ statusCode }) => statusCode === 201).length;
      const other = checkouts.filter(({ statusCode }) => statusCode !== 201);
      expect(other.map((answer) => answer.json().code)).toEqual(
        other.map(() => 'PRODUCT_UNAVAILABLE'),
      );
      if (removal?.statusCode === 204) expect(placed).toBe(0);
      else expect(removal?.json()).toMatchObject({ code: 'OPEN_ORDERS' });
    }
  });
});

describe('a suspension', () => {
  it('ends where it began: a pending seller is pending again, and may prepare but not sell', async () => {
    const pending = await createActor(test, { role: 'seller', sellerStatus: 'PENDING' });
    expect((await act(pending.seller_id, 'suspend')).status).toBe('SUSPENDED');
    expect((await act(pending.seller_id, 'reinstate')).status).toBe('PENDING');
    const verified = await createActor(test, { role: 'seller' });
    await act(verified.seller_id, 'suspend');
    expect((await act(verified.seller_id, 'reinstate')).status).toBe('VERIFIED');
  });

  it('waits for the checkouts under way: once it answers, nothing more is ordered', async () => {
    for (let round = 0; round < 4; round += 1) {
      const seller = await createActor(test, { role: 'seller' });
      const customers = await Promise.all(Array.from({ length: 6 }, () => createCustomer(test)));
      for (const customer of customers) {
        const product = await stockProduct(test, seller.seller_id);
        await fillCart(test, customer, { [product.id]: '1' });
      }
      const countOrders = async () =>
        (
          await test.services.db
            .selectFrom('seller_orders')
            .select('id')
            .where('seller_id', '=', seller.seller_id)
            .execute()
        ).length;
      const checkouts = customers.map((customer) => checkOut(test, customer));
      expect((await act(seller.seller_id, 'suspend')).status).toBe('SUSPENDED');
      const told = await countOrders();
      await Promise.all(checkouts);
      expect(await countOrders()).toBe(told);
    }
  });

  it('outlives the profile, until an admin ends it', async () => {
    const seller = await createActor(test, { role: 'seller' });
    await act(seller.seller_id, 'suspend');
    await remove(seller);
    const second = await apply(seller);
    expect(second.status).toBe('SUSPENDED');
    const write = await test.call({
      method: 'POST',
      path: '/promos',
      token: seller.token,
      body: {
        name: 'Sale',
        discount_type: 'PERCENTAGE',
        discount_value: '10',
        starts_at: '2026-01-01T00:00:00Z',
        ends_at: '2027-01-01T00:00:00Z',
        product_ids: [newId()],
      },
    });
    expect(write.statusCode).toBe(403);
    expect((await act(second.id, 'reinstate')).status).toBe('PENDING');
    await test.call({ method: 'DELETE', path: `/sellers/${second.id}`, token: seller.token });
    expect((await apply(seller)).status).toBe('PENDING');
  });

  it.each(['user_email', 'user_phone'] as const)(
    'outlives the account, and its erasure, where the same %s is confirmed again',
    async (contact) => {
      const { db } = test.services;
      const seller = await createActor(test, { role: 'seller' });
      await act(seller.seller_id, 'suspend');
      const confirmed = { phone_verified_at: test.clock.now() };
      const contacts = await db
        .updateTable('users')
        .set(confirmed)
        .where('id', '=', seller.user_id)
        .returning(['user_email', 'user_phone'])
        .executeTakeFirstOrThrow();
      await remove(seller);
      await test.call({ method: 'DELETE', path: '/users/me', token: seller.token });
      await db
        .updateTable('users')
        .set({ user_email: `${newId()}@erased.invalid`, user_phone: '+630000000000' })
        .where('id', '=', seller.user_id)
        .execute();
      const [again, stranger] = [await createActor(test), await createActor(test)];
      expect((await apply(stranger)).status).toBe('PENDING');
      const value = contact === 'user_email' ? contacts[contact].toUpperCase() : contacts[contact];
      await db
        .updateTable('users')
        .set({ [contact]: value, ...confirmed })
        .where('id', '=', again.user_id)
        .execute();
      expect((await apply(again)).status).toBe('SUSPENDED');
    },
  );

  it('leaves no mark of who removed a profile in good standing', async () => {
    const seller = await createActor(test, { role: 'seller' });
    await remove(seller);
    expect((await apply(seller)).status).toBe('PENDING');
  });
});
