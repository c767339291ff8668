// What sellers see of customers, by the state of their seller order.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createActor, type TestActor } from '../../../../test/support/actors.ts';
import { createTestApp, type TestApp } from '../../../../test/support/app.ts';
import {
  type Customer,
  createCustomer,
  order,
  stockProduct,
} from '../../../../test/support/market.ts';
import { DAY_MS } from '../../../lib/time.ts';
import { type ContactCase, showsCustomer } from './customer-contact.rules.ts';

const now = new Date('2026-03-01T00:00:00Z');
const daysAgo = (days: number) => new Date(now.getTime() - days * DAY_MS);
const COD = { payment_method: 'COD', payment_status: 'PENDING', delivered_at: null } as const;
const PAID = { payment_method: 'GCASH', payment_status: 'COMPLETED', delivered_at: null } as const;

describe('a seller sees how to reach the customer', () => {
  it.each<[string, boolean, ContactCase]>([
    ['not of cash on delivery before it is confirmed', false, { ...COD, order_status: 'PENDING' }],
    ['of cash on delivery that is confirmed', true, { ...COD, order_status: 'CONFIRMED' }],
    ['of what is on its way', true, { ...COD, order_status: 'SHIPPED' }],
    [
      'not of a wallet order that is unpaid',
      false,
      { ...PAID, payment_status: 'PENDING', order_status: 'PENDING' },
    ],
    [
      'not of a wallet order whose payment failed',
      false,
      { ...PAID, payment_status: 'FAILED', order_status: 'PENDING' },
    ],
    ['of a wallet order that is paid', true, { ...PAID, order_status: 'PENDING' }],
    ['not of what was cancelled', false, { ...PAID, order_status: 'CANCELLED' }],
    ['not of what was refunded undelivered', false, { ...PAID, order_status: 'REFUNDED' }],
    [
      'for a month after the delivery',
      true,
      { ...PAID, order_status: 'DELIVERED', delivered_at: daysAgo(29) },
    ],
    ['and no longer', false, { ...PAID, order_status: 'DELIVERED', delivered_at: daysAgo(30) }],
    [
      'nor of what was refunded after that',
      false,
      { ...PAID, order_status: 'REFUNDED', delivered_at: daysAgo(31) },
    ],
  ])('%s', (_what, expected, contactCase) => {
    expect(showsCustomer(contactCase, { now, keep_days: 30 })).toBe(expected);
  });
});

describe('over HTTP', () => {
  let test: TestApp;
  let seller: TestActor;
  let admin: TestActor;
  let customer: Customer;
  beforeAll(async () => {
    test = await createTestApp();
    seller = await createActor(test, { role: 'seller' });
    admin = await createActor(test, { role: 'admin' });
    customer = await createCustomer(test);
  });
  afterAll(() => test.close());

  const CONTACT = ['recipient_name', 'recipient_phone', 'street'] as const;

  /** On each of the ways to an order. */
  async function seenBy(who: TestActor, id: string) {
    const paths = [`/orders/${id}`, `/sellers/${seller.seller_id}/orders`];
    if (who === seller) paths.push('/orders?as=seller');
    const seen = [];
    for (const path of paths) {
      const answer = (await test.call({ path, token: who.token })).json();
      const { shipping_address, notes } =
        answer.results?.find((row: { id: string }) => row.id === id) ?? answer;
      expect(shipping_address.city).not.toBe('');
      const hidden = CONTACT.map((field) => shipping_address[field] === null);
      seen.push([...hidden, notes === null]);
    }
    return seen;
  }

  it('every way to an order hides the same, from sellers alone', async () => {
    const product = await stockProduct(test, seller.seller_id);
    const { id } = (await order(test, customer, { [product.id]: '1' })).order;
    const { db } = test.services;
    await db.updateTable('orders').set({ notes: 'Ring twice' }).where('id', '=', id).execute();
    const hidden = Array(3).fill([true, true, true, true]);
    const shown = Array(3).fill([false, false, false, false]);
    const move = (order_status: string) =>
      test.call({
        method: 'PATCH',
        path: `/orders/${id}/status`,
        token: seller.token,
        body: { order_status },
      });
    expect(await seenBy(seller, id)).toEqual(hidden);
    expect(await seenBy(admin, id)).toEqual(shown.slice(1));
    for (const status of ['CONFIRMED', 'SHIPPED', 'DELIVERED']) {
      expect((await move(status)).statusCode).toBe(200);
      expect(await seenBy(seller, id)).toEqual(shown);
    }
    test.clock.advance(test.services.config.CUSTOMER_CONTACT_DAYS * DAY_MS - DAY_MS);
    const { session_id } = seller;
    const later = new Date(test.clock.now().getTime() + 60 * DAY_MS);
    const session = db.updateTable('sessions').where('id', '=', session_id);
    await session.set({ expires_at: later }).execute();
    expect(await seenBy(seller, id)).toEqual(shown);
    test.clock.advance(DAY_MS);
    expect(await seenBy(seller, id)).toEqual(hidden);
  });
});
