import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createActor, type TestActor } from '../../../test/support/actors.ts';
import { createTestApp, type TestApp } from '../../../test/support/app.ts';
import { createCategory, createLot, createProduct } from '../../../test/support/builders.ts';
import { PRODUCTS, productTag } from '../../cache/tags.ts';
import { inTransaction } from '../../db/transaction.ts';
import { newId } from '../../lib/ids.ts';
import { DAY_MS, HOUR_MS, plusMs } from '../../lib/time.ts';
import type { Category } from '../catalog/categories/categories.service.ts';
import { refreshListings } from '../listing/listing.service.ts';

let test: TestApp;
let seller: TestActor;
let other: TestActor;
let roots: Category;
let tubers: Category;
/** Ids by the name that each product has here. */
const ids: Record<string, string> = {};
const names = (rows: { name: string }[]) => rows.map((row) => row.name);

beforeAll(async () => {
  test = await createTestApp();
  seller = await createActor(test, { role: 'seller' });
  other = await createActor(test, { role: 'seller' });
  roots = await createCategory(test, { name: 'Root crops' });
  tubers = await createCategory(test, { name: 'Tubers', parent_id: roots.id });
  const leaves = await createCategory(test, { name: 'Leaves' });
  await make(
    'Carrot',
    { price: '80', category_id: roots.id, shelf_life_days: 20 },
    { quantity: '5' },
  );
  await make(
    'Yam',
    { price: '60', category_id: tubers.id, shelf_life_days: 10 },
    { quantity: '7', age_days: 6 },
  );
  await make('Radish', { price: '40.50', category_id: roots.id });
  await make(
    'Kale',
    { price: '60', category_id: leaves.id, shelf_life_days: 4 },
    { quantity: '1', age_days: 1 },
    other,
  );
  await make('Draft', { is_active: false, category_id: roots.id });
  await rate(ids['Yam'], { rating_sum: 9, review_count: 2, sell_count: 30 });
  await rate(ids['Kale'], { rating_sum: 3, review_count: 1, sell_count: 10 });
});
afterAll(() => test.close());

async function make(
  name: string,
  product: Parameters<typeof createProduct>[2],
  lot?: { quantity: string; age_days?: number },
  owner = seller,
): Promise<void> {
  const { id } = await createProduct(test, owner, { name, ...product });
  ids[name] = id;
  if (lot === undefined) return;
  const harvested_at = plusMs(test.clock.now(), -(lot.age_days ?? 0) * DAY_MS);
  await createLot(test, id, { quantity: lot.quantity, harvested_at });
}

async function rate(product_id: string | undefined, counters: object): Promise<void> {
  if (product_id === undefined) throw new Error('make the product first');
  await test.services.db
    .updateTable('product_counters')
    .set(counters)
    .where('product_id', '=', product_id)
    .execute();
  await inTransaction(test.system, (ctx) => refreshListings(ctx, [product_id]));
}

async function list(query = ''): Promise<string[]> {
  const answer = await test.call({ path: `/products?${query}` });
  expect(answer.statusCode).toBe(200);
  return names(answer.json().results);
}

describe('filters', () => {
  it('without any, everything on sale is listed, newest first', async () => {
    expect(await list()).toEqual(['Kale', 'Radish', 'Yam', 'Carrot']);
  });

  it.each([
    ['category=Root crops', ['Radish', 'Yam', 'Carrot']],
    ['category=root-crops', ['Radish', 'Yam', 'Carrot']],
    ['category=tubers', ['Yam']],
    ['category=nowhere', []],
    ['price_min=60', ['Kale', 'Yam', 'Carrot']],
    ['price_max=60.00', ['Kale', 'Radish', 'Yam']],
    ['price_min=41&price_max=79.99', ['Kale', 'Yam']],
    ['price_min=100&price_max=1', []],
    ['freshness=FRESH', ['Kale', 'Carrot']],
    ['freshness=SLIGHTLY_WITHERED', ['Yam']],
    ['freshness=ROTTEN', []],
    ['min_days_left=3', ['Yam', 'Carrot']],
    ['min_days_left=0', ['Kale', 'Yam', 'Carrot']],
    ['in_stock=true', ['Kale', 'Yam', 'Carrot']],
    ['in_stock=false', ['Radish']],
    ['on_promo=true', []],
    ['on_promo=false', ['Kale', 'Radish', 'Yam', 'Carrot']],
    ['category=root-crops&in_stock=true&price_max=70', ['Yam']],
  ])('%s', async (query, expected) => {
    expect(await list(query)).toEqual(expected);
  });

  it('a category may be named by its id, a seller must be', async () => {
    expect(await list(`category=${roots.id}`)).toEqual(['Radish', 'Yam', 'Carrot']);
    expect(await list(`category=${roots.id.toUpperCase()}`)).toEqual(['Radish', 'Yam', 'Carrot']);
    expect(await list(`seller=${other.seller_id}`)).toEqual(['Kale']);
    expect(await list(`seller=${newId()}`)).toEqual([]);
  });

  it.each([
    'color=red',
    'price_min=cheap',
    'price_min=1.005',
    'freshness=fresh',
    'min_days_left=-1',
    'min_days_left=1.5',
    'in_stock=maybe',
    'ordering=cost',
    'ordering=price,',
    'seller=gulayan',
    'category=',
    'search=%20',
    'price_min=1&price_min=2',
    'page=0',
    'page_size=101',
  ])('%s is refused', async (query) => {
    const answer = await test.call({ path: `/products?${query}` });
    expect(answer.statusCode).toBe(400);
    expect(answer.json()).toMatchObject({ code: 'VALIDATION_ERROR' });
  });
});

describe('ordering', () => {
  it.each([
    ['price', ['Radish', 'Yam', 'Kale', 'Carrot']],
    ['-price', ['Carrot', 'Kale', 'Yam', 'Radish']],
    ['price,-created_at', ['Radish', 'Kale', 'Yam', 'Carrot']],
    ['-price,created_at', ['Carrot', 'Yam', 'Kale', 'Radish']],
    ['created_at', ['Carrot', 'Yam', 'Radish', 'Kale']],
    ['name', ['Carrot', 'Kale', 'Radish', 'Yam']],
    ['-name', ['Yam', 'Radish', 'Kale', 'Carrot']],
    ['-sell_count', ['Yam', 'Kale', 'Radish', 'Carrot']],
    ['sell_count,name', ['Carrot', 'Radish', 'Kale', 'Yam']],
    ['rating', ['Kale', 'Yam', 'Carrot', 'Radish']],
    ['-rating', ['Yam', 'Kale', 'Radish', 'Carrot']],
  ])('%s is the same in pages by number and by cursor', async (ordering, expected) => {
    expect(await list(`ordering=${ordering}`)).toEqual(expected);
    const numbered = [];
    for (const page of [1, 2, 3, 4])
      numbered.push(...(await list(`ordering=${ordering}&page_size=1&page=${page}`)));
    expect(numbered).toEqual(expected);
    expect(await byCursor(`ordering=${ordering}`)).toEqual(expected);
  });

  async function byCursor(query: string): Promise<string[]> {
    const found: string[] = [];
    for (let cursor = ''; ; ) {
      const page = (await test.call({ path: `/api/v2/products?limit=1&${query}${cursor}` })).json();
      found.push(...names(page.data));
      if (!page.has_more) return found;
      cursor = `&cursor=${page.next_cursor}`;
    }
  }
});

describe('pages', () => {
  it('by number carry an exact count and absolute neighbours', async () => {
    const { publicUrl } = test.services.config;
    const answer = (await test.call({ path: '/products?page_size=3&page=2&price_min=1' })).json();
    expect(answer).toMatchObject({ count: 4, next: null, results: [{ name: 'Carrot' }] });
    expect(answer.previous).toContain(`${publicUrl}/api/v1/products?`);
    expect((await test.call({ path: '/products?page=9' })).json()).toMatchObject({
      count: 4,
      results: [],
      next: null,
    });
  });

  it('a cursor of another list is refused', async () => {
    const { next_cursor } = (
      await test.call({ path: '/api/v2/products?limit=1&ordering=price' })
    ).json();
    const answer = await test.call({
      path: `/api/v2/products?limit=1&ordering=name&cursor=${next_cursor}`,
    });
    expect(answer.json()).toMatchObject({ status: 400, errors: [{ pointer: '/cursor' }] });
  });
});

describe('statements', () => {
  it.each([
    ['/products', 1],
    ['/api/v2/products', 1],
    ['/products?page_size=100&price_min=1&in_stock=true&ordering=-rating,price', 1],
    ['/products?category=root-crops&freshness=FRESH', 2],
    ['/products?search=carrot', 2],
    ['/api/v2/products?search=carrot&category=root-crops&ordering=price', 2],
  ])('%s takes %d', async (path, number) => {
    test.services.cache.invalidate([PRODUCTS]);
    test.statements.length = 0;
    expect((await test.call({ path })).statusCode).toBe(200);
    expect(test.statements).toHaveLength(number);
  });

  it('one product takes one', async () => {
    test.services.cache.invalidate([productTag(String(ids['Carrot']))]);
    test.statements.length = 0;
    expect((await test.call({ path: `/products/${ids['Carrot']}` })).statusCode).toBe(200);
    expect(test.statements).toHaveLength(1);
  });
});

describe('one product', () => {
  it('is a 404 where there is none, it is a draft, or the id is malformed', async () => {
    for (const id of [newId(), ids['Draft'], 'tomato', '1']) {
      expect((await test.call({ path: `/products/${id}` })).json()).toMatchObject({
        status: 404,
        code: 'NOT_FOUND',
      });
    }
  });

  it('is exact even before the clock job came around', async () => {
    await make('Basil', { shelf_life_days: 2 }, { quantity: '2' });
    const read = async () => (await test.call({ path: `/products/${ids['Basil']}` })).json();
    expect(await read()).toMatchObject({
      available_quantity: '2.000',
      freshness: 'FRESH',
      days_left: 1,
    });
    test.clock.advance(25 * HOUR_MS);
    expect(await read()).toMatchObject({
      available_quantity: '2.000',
      freshness: 'SLIGHTLY_WITHERED',
      days_left: 0,
    });
    test.clock.advance(23 * HOUR_MS);
    expect(await read()).toMatchObject({
      available_quantity: '0.000',
      freshness: null,
      days_left: null,
      harvested_at: null,
    });
  });

  it('is not sent again to who has it', async () => {
    const path = `/products/${ids['Carrot']}`;
    const first = await test.call({ path });
    expect(first.headers['cache-control']).toBe('public, max-age=0, must-revalidate');
    const again = await test.call({
      path,
      headers: { 'if-none-match': String(first.headers['etag']) },
    });
    expect([again.statusCode, again.body]).toEqual([304, '']);
  });

  it('of a suspended seller is off sale at once', async () => {
    const admin = await createActor(test, { role: 'admin' });
    const suspend = () =>
      test.call({
        method: 'POST',
        path: `/sellers/${other.seller_id}/suspend`,
        token: admin.token,
      });
    expect((await suspend()).statusCode).toBe(200);
    expect((await test.call({ path: `/products/${ids['Kale']}` })).statusCode).toBe(404);
    expect(await list(`seller=${other.seller_id}`)).toEqual([]);
    await test.call({
      method: 'POST',
      path: `/sellers/${other.seller_id}/reinstate`,
      token: admin.token,
    });
    expect((await test.call({ path: `/products/${ids['Kale']}` })).statusCode).toBe(200);
  });
});
