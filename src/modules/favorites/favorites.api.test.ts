import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createActor, type TestActor } from '../../../test/support/actors.ts';
import { createTestApp, type TestApp } from '../../../test/support/app.ts';
import { stockProduct } from '../../../test/support/market.ts';
import { inTransaction } from '../../db/transaction.ts';
import { newId } from '../../lib/ids.ts';
import { SECOND_MS } from '../../lib/time.ts';
import { refreshListings } from '../listing/listing.service.ts';

let test: TestApp;
let seller: TestActor;
let customer: TestActor;

beforeAll(async () => {
  test = await createTestApp();
  seller = await createActor(test, { role: 'seller' });
});
afterAll(() => test.close());
beforeEach(async () => {
  customer = await createActor(test, { verified: false });
});

const put = (product_id: string, token?: string) =>
  test.call({ method: 'PUT', path: `/favorites/${product_id}`, token });
const remove = (product_id: string, token?: string) =>
  test.call({ method: 'DELETE', path: `/favorites/${product_id}`, token });
const list = async (token: string, query = '') =>
  (await test.call({ path: `/favorites${query}`, token })).json();

async function changeProduct(
  id: string,
  changes: { is_active?: boolean; deleted_at?: Date },
): Promise<void> {
  await test.services.db.updateTable('products').set(changes).where('id', '=', id).execute();
  await inTransaction(test.system, (ctx) => refreshListings(ctx, [id]));
}

describe('favorites', () => {
  it('are listed with name, price and availability, last added first', async () => {
    const tomatoes = (await stockProduct(test, seller.seller_id, { price_centavos: 12_050 })).id;
    const soldOut = (await stockProduct(test, seller.seller_id, { lots: [] })).id;
    expect((await put(tomatoes, customer.token)).statusCode).toBe(204);
    test.clock.advance(SECOND_MS);
    expect((await put(soldOut, customer.token)).statusCode).toBe(204);
    const { count, results } = await list(customer.token);
    expect(count).toBe(2);
    expect(
      results.map((item: { product_id: string; is_available: boolean }) => [
        item.product_id,
        item.is_available,
      ]),
    ).toEqual([
      [soldOut, false],
      [tomatoes, true],
    ]);
    expect(results[1]).toMatchObject({
      product_name: expect.stringMatching(/^Kamatis/),
      unit: 'kg',
      price: '120.50',
      current_price: '120.50',
    });
  });

  it('can be added and removed twice without harm', async () => {
    const { id } = await stockProduct(test, seller.seller_id);
    expect([
      (await put(id, customer.token)).statusCode,
      (await put(id, customer.token)).statusCode,
    ]).toEqual([204, 204]);
    expect((await list(customer.token)).count).toBe(1);
    expect([
      (await remove(id, customer.token)).statusCode,
      (await remove(id, customer.token)).statusCode,
    ]).toEqual([204, 204]);
    expect((await list(customer.token)).count).toBe(0);
  });

  it('keep a product that went off sale as unavailable, and drop one that was deleted', async () => {
    const paused = (await stockProduct(test, seller.seller_id)).id;
    const deleted = (await stockProduct(test, seller.seller_id)).id;
    await put(paused, customer.token);
    await put(deleted, customer.token);
    await changeProduct(paused, { is_active: false });
    await changeProduct(deleted, { deleted_at: test.clock.now() });
    const { results } = await list(customer.token);
    expect(results.map((item: object) => ({ ...item }))).toEqual([
      expect.objectContaining({ product_id: paused, is_available: false }),
    ]);
    expect((await put(paused, customer.token)).statusCode).toBe(404);
    expect((await remove(paused, customer.token)).statusCode).toBe(204);
  });

  it('can only be products on sale', async () => {
    const newcomer = await createActor(test, { role: 'seller', sellerStatus: 'PENDING' });
    const { id } = await stockProduct(test, newcomer.seller_id);
    for (const product_id of [id, newId(), 'nonsense'])
      expect((await put(product_id, customer.token)).statusCode).toBe(404);
  });

  it('are their owner’s alone, and not for admins or nobody', async () => {
    const { id } = await stockProduct(test, seller.seller_id);
    await put(id, customer.token);
    const admin = await createActor(test, { role: 'admin' });
    expect((await list(seller.token)).count).toBe(0);
    expect((await test.call({ path: '/favorites' })).statusCode).toBe(401);
    expect((await put(id)).statusCode).toBe(401);
    expect((await put(id, admin.token)).statusCode).toBe(403);
    expect((await remove(id, seller.token)).statusCode).toBe(204);
    expect((await list(customer.token)).count).toBe(1);
  });

  it('are never cached, and take two statements at most', async () => {
    for (let i = 0; i < 2; i += 1)
      await put((await stockProduct(test, seller.seller_id)).id, customer.token);
    test.statements.length = 0;
    const response = await test.call({ path: '/favorites?page_size=1', token: customer.token });
    expect(response.headers['cache-control']).toBe('no-store');
    expect(test.statements.length).toBeLessThanOrEqual(2);
  });

  it('page by cursor in v2 without losing or repeating one', async () => {
    const ids: string[] = [];
    for (let i = 0; i < 3; i += 1) ids.unshift((await stockProduct(test, seller.seller_id)).id);
    for (const id of ids.toReversed()) await put(id, customer.token);
    const seen: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const path: string = `/api/v2/favorites?limit=1${cursor === '' ? '' : `&cursor=${cursor}`}`;
      const page = (await test.call({ path, token: customer.token })).json();
      seen.push(...page.data.map((item: { product_id: string }) => item.product_id));
      cursor = page.next_cursor;
    }
    expect(seen).toEqual(ids);
  });
});
