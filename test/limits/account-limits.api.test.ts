// How much one account may have, also where it asks for more at once.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DAY_MS, plusMs } from '../../src/lib/time.ts';
import { createActor, type TestActor } from '../support/actors.ts';
import { createTestApp, type TestApp } from '../support/app.ts';
import { createCategory, createProduct } from '../support/builders.ts';

const MOST = 3;
let test: TestApp;
let seller: TestActor;

beforeAll(async () => {
  const most = String(MOST);
  test = await createTestApp({
    poolSize: 8,
    env: { SELLER_MAX_PRODUCTS: most, SELLER_MAX_PROMOS: most, PRODUCT_MAX_LOTS: most },
  });
});
beforeEach(async () => {
  seller = await createActor(test, { role: 'seller' });
});
afterAll(() => test.close());

const send = (method: 'POST' | 'PATCH' | 'DELETE', path: string, body?: object) =>
  test.call({ method, path, token: seller.token, ...(body === undefined ? {} : { body }) });
const atOnce = async (count: number, ask: () => ReturnType<typeof send>) =>
  Promise.all(Array.from({ length: count }, ask));
const statuses = (answers: readonly { statusCode: number }[]) =>
  answers.map(({ statusCode }) => statusCode).sort();
const FULL = [201, 201, 201, 409, 409];

describe('products of a seller', () => {
  it('are bounded, also of requests at once; removed ones count for 30 days', async () => {
    const { id: category_id } = await createCategory(test);
    const body = {
      name: 'Kamatis',
      category_id,
      description: 'Native',
      unit: 'kg',
      price: '100',
      shelf_life_days: 7,
    };
    const make = () => send('POST', '/products', body);
    const answers = await atOnce(MOST + 2, make);
    expect(statuses(answers)).toEqual(FULL);
    expect(answers.find(({ statusCode }) => statusCode === 409)?.json()).toMatchObject({
      code: 'LIMIT_REACHED',
      limit: 'SELLER_MAX_PRODUCTS',
      maximum: MOST,
    });
    const { id } = answers.find(({ statusCode }) => statusCode === 201)?.json() ?? {};
    await send('DELETE', `/products/${id}`);
    expect((await make()).statusCode).toBe(409);
    expect((await send('POST', `/products/${id}/restore`)).statusCode).toBe(200);
    await send('DELETE', `/products/${id}`);
    await test.services.db
      .updateTable('products')
      .set({ deleted_at: plusMs(test.clock.now(), -31 * DAY_MS) })
      .where('id', '=', id)
      .execute();
    expect((await make()).statusCode).toBe(201);
    expect((await send('POST', `/products/${id}/restore`)).json().code).toBe('LIMIT_REACHED');
  });
});

describe('lots of a product', () => {
  it('are bounded by those that are not empty, also of requests at once', async () => {
    const { id } = await createProduct(test, seller);
    const path = `/products/${id}/lots`;
    const harvested_at = test.clock.now().toISOString();
    const receive = () => send('POST', path, { quantity: '1', harvested_at });
    const answers = await atOnce(MOST + 2, receive);
    expect(statuses(answers)).toEqual(FULL);
    const lot = answers.find(({ statusCode }) => statusCode === 201)?.json();
    const adjust = (delta: string) =>
      send('POST', `${path}/${lot.id}/adjust`, { delta, reason: 'COUNT' });
    expect((await adjust('1')).statusCode).toBe(200);
    await adjust('-2');
    expect((await receive()).statusCode).toBe(201);
    expect((await adjust('1')).json()).toMatchObject({
      code: 'LIMIT_REACHED',
      limit: 'PRODUCT_MAX_LOTS',
    });
  });
});

describe('promos of a seller', () => {
  it('are bounded by those that have not ended, also of requests at once', async () => {
    const { id } = await createProduct(test, seller);
    const at = (days: number) => plusMs(test.clock.now(), days * DAY_MS).toISOString();
    const promo = (starts_at: string, ends_at: string) => ({
      name: 'Sale',
      discount_type: 'PERCENTAGE',
      discount_value: '10',
      starts_at,
      ends_at,
      product_ids: [id],
    });
    const over = (await send('POST', '/promos', promo(at(-2), at(-1)))).json();
    const answers = await atOnce(MOST + 2, () => send('POST', '/promos', promo(at(0), at(1))));
    expect(statuses(answers)).toEqual(FULL);
    const again = () => send('PATCH', `/promos/${over.id}`, { ends_at: at(1) });
    expect((await again()).json()).toMatchObject({
      code: 'LIMIT_REACHED',
      limit: 'SELLER_MAX_PROMOS',
    });
    const made = answers.find(({ statusCode }) => statusCode === 201)?.json();
    await send('DELETE', `/promos/${made.id}`);
    expect((await again()).statusCode).toBe(200);
  });
});
