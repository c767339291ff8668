import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createActor, type TestActor } from '../../../../test/support/actors.ts';
import { createTestApp, type TestApp } from '../../../../test/support/app.ts';
import {
  type Customer,
  createCustomer,
  order,
  stockProduct,
} from '../../../../test/support/market.ts';

let test: TestApp;
let seller: TestActor;
let other: TestActor;
let admin: TestActor;
let customer: Customer;

beforeAll(async () => {
  test = await createTestApp();
  admin = await createActor(test, { role: 'admin' });
});
beforeEach(async () => {
  seller = await createActor(test, { role: 'seller' });
  other = await createActor(test, { role: 'seller' });
  customer = await createCustomer(test);
});
afterAll(() => test.close());

/** One order with a share of each of the two sellers: 2 × 100.00 and 1 × 50.00. */
async function orderOfTwo() {
  const a = await stockProduct(test, seller.seller_id, { price_centavos: 10_000 });
  const b = await stockProduct(test, other.seller_id, { price_centavos: 5_000 });
  return (await order(test, customer, { [a.id]: '2', [b.id]: '1' })).order;
}

const list = (who: TestActor, query = '') =>
  test.call({ path: `/orders${query}`, token: who.token });
const idsOf = async (who: TestActor, query: string) =>
  (await list(who, query)).json().results.map((row: { id: string }) => row.id);
const confirm = (who: TestActor, order_id: string) =>
  test.call({
    method: 'PATCH',
    path: `/orders/${order_id}/status`,
    token: who.token,
    body: { order_status: 'CONFIRMED' },
  });
const archive = (order_id: string) =>
  test.call({ method: 'PATCH', path: `/orders/${order_id}/archive`, token: customer.token });

describe('the list of orders', () => {
  it('shows customers their own, and sellers those with a share of theirs', async () => {
    const first = await orderOfTwo();
    const second = await orderOfTwo();
    expect(await idsOf(customer, '')).toEqual([second.id, first.id]);
    const sold = (await list(seller, '?as=seller&page_size=2')).json();
    expect(sold.results[0]).toMatchObject({ id: second.id, total_amount: '200.00' });
    expect((await list(customer, '?as=seller')).statusCode).toBe(403);
  });

  it('takes at most two statements, whatever the number of orders', async () => {
    for (let i = 0; i < 3; i += 1) await orderOfTwo();
    test.statements.length = 0;
    await list(customer);
    expect(test.statements.length).toBeLessThanOrEqual(2);
  });

  it('is filtered by the status that it shows: a seller’s share, or the whole order', async () => {
    const moved = await orderOfTwo();
    const waiting = await orderOfTwo();
    await confirm(seller, moved.id);
    expect(await idsOf(seller, '?as=seller&order_status=CONFIRMED')).toEqual([moved.id]);
    expect(await idsOf(seller, '?as=seller&order_status=PENDING')).toEqual([waiting.id]);
    expect(await idsOf(other, '?as=seller&order_status=CONFIRMED')).toEqual([]);
    expect(await idsOf(customer, '?order_status=PENDING')).toEqual([waiting.id, moved.id]);
    for (const [who, query] of [
      [seller, '?as=seller&order_status=CONFIRMED'],
      [other, '?as=seller&order_status=PENDING'],
      [customer, '?order_status=PENDING'],
      [admin, '?order_status=PENDING'],
    ] as const) {
      const status = new URLSearchParams(query).get('order_status');
      for (const shown of (await list(who, query)).json().results)
        expect(shown.order_status).toBe(status);
    }
  });
});

describe('archived', () => {
  it('leaves archived orders out of the customer’s list, and shows only them when asked', async () => {
    const [put_away, kept] = [await orderOfTwo(), await orderOfTwo()];
    await archive(put_away.id);
    expect(await idsOf(customer, '')).toEqual([kept.id]);
    expect(await idsOf(customer, '?archived=false')).toEqual([kept.id]);
    expect(await idsOf(customer, '?archived=true')).toEqual([put_away.id]);
  });

  it('filters what admins see, who see both without it', async () => {
    const [put_away, kept] = [await orderOfTwo(), await orderOfTwo()];
    await archive(put_away.id);
    const mine = (ids: string[]) => ids.filter((id) => [put_away.id, kept.id].includes(id));
    expect(mine(await idsOf(admin, '?page_size=100'))).toEqual([kept.id, put_away.id]);
    expect(mine(await idsOf(admin, '?page_size=100&archived=true'))).toEqual([put_away.id]);
    expect(mine(await idsOf(admin, '?page_size=100&archived=false'))).toEqual([kept.id]);
  });

  it('is refused to sellers, who neither file nor see what a customer filed', async () => {
    const put_away = await orderOfTwo();
    await archive(put_away.id);
    for (const archived of [true, false]) {
      const refused = await list(seller, `?as=seller&archived=${archived}`);
      expect([refused.statusCode, refused.json().errors[0].pointer]).toEqual([400, '/archived']);
    }
    const [shown] = (await list(seller, '?as=seller')).json().results;
    expect([shown.id, shown.archived_at]).toEqual([put_away.id, null]);
    const read = await test.call({ path: `/orders/${put_away.id}`, token: seller.token });
    expect(read.json().archived_at).toBeNull();
  });
});
