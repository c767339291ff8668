// A seller's standing and name, with more products than a request could rewrite.
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createActor, type TestActor } from '../../../test/support/actors.ts';
import { createTestApp, type TestApp } from '../../../test/support/app.ts';
import { hold } from '../../../test/support/hold.ts';
import { checkAllInvariants } from '../../../test/support/invariants.ts';
import {
  type Customer,
  checkOut,
  createCustomer,
  fillCart,
  order,
  stockProduct,
} from '../../../test/support/market.ts';
import { SECOND_MS } from '../../lib/time.ts';
import { refreshChangedSellers, refreshStaleListings } from '../listing/listing.service.ts';

const PRODUCTS = 20_000;
/** Of an answer whose work does not grow with the number of products, on a machine that does other things too. */
const AT_ONCE_MS = SECOND_MS;
const SETUP_TIMEOUT_MS = 120 * SECOND_MS;
const JOB_TIMEOUT_MS = 240 * SECOND_MS;

let test: TestApp;
let admin: TestActor;
let seller: TestActor;
let customer: Customer;
let product: { id: string };
let category_id: string;

beforeAll(async () => {
  test = await createTestApp({ poolSize: 8 });
  admin = await createActor(test, { role: 'admin' });
  seller = await createActor(test, { role: 'seller' });
  customer = await createCustomer(test);
  product = await stockProduct(test, seller.seller_id, {
    lots: [{ quantity_milli: 100_000, days_left: 20 }],
  });
  ({ category_id } = await test.services.db
    .selectFrom('products')
    .select('category_id')
    .where('id', '=', product.id)
    .executeTakeFirstOrThrow());
  await order(test, customer, { [product.id]: '1' });
  await copyProduct(PRODUCTS - 1);
}, SETUP_TIMEOUT_MS);
afterAll(() => test.close());

/** As many more like the first, on sale, in as few statements. */
async function copyProduct(copies: number): Promise<void> {
  await test.services.db.transaction().execute(async (db) => {
    await sql`SET LOCAL statement_timeout = '100s'`.execute(db);
    await sql`
      INSERT INTO products (id, seller_id, category_id, name, slug, description, unit, price_centavos, shelf_life_days, created_at, updated_at)
      SELECT gen_random_uuid(), seller_id, category_id, 'Kamatis ' || n, 'copy-' || n, description, unit, price_centavos,
        shelf_life_days, created_at, updated_at
      FROM products, generate_series(1, ${copies}::integer) n WHERE id = ${product.id}`.execute(db);
    for (const table of ['product_stock', 'product_counters'])
      await sql`INSERT INTO ${sql.table(table)} (product_id)
        SELECT id FROM products WHERE seller_id = ${seller.seller_id} AND id <> ${product.id}`.execute(
        db,
      );
    await sql`
      SELECT refresh_product_listing(ARRAY(SELECT id FROM products WHERE seller_id = ${seller.seller_id}), ${test.clock.now()})`.execute(
      db,
    );
    await sql`UPDATE sellers SET product_count = ${copies + 1} WHERE id = ${seller.seller_id}`.execute(
      db,
    );
  });
  await sql`ANALYZE product_listing, products, sellers`.execute(test.services.db);
}

const act = (action: 'suspend' | 'reinstate') =>
  test.call({ method: 'POST', path: `/sellers/${seller.seller_id}/${action}`, token: admin.token });

async function timed<T>(work: () => Promise<T>): Promise<{ answer: T; took_ms: number }> {
  const began_ms = performance.now();
  return { answer: await work(), took_ms: performance.now() - began_ms };
}

/** What anybody can find of the seller's products, place by place. */
async function shown(): Promise<Record<string, unknown>> {
  const json = async (path: string, token?: string) => (await test.call({ path, token })).json();
  const [all, ofSeller, ofCategory, byPrice, found, cursors, categories, favorites, cart] =
    await Promise.all([
      json('/products'),
      json(`/products?seller=${seller.seller_id}`),
      json(`/products?category=${category_id}`),
      json('/products?price_min=1'),
      json('/products?search=kamatis'),
      json('/api/v2/products?ordering=price'),
      json(`/categories/${category_id}`),
      json('/favorites', customer.token),
      json('/cart', customer.token),
    ]);
  return {
    all: all.count,
    ofSeller: ofSeller.count,
    ofCategory: ofCategory.count,
    byPrice: Math.min(byPrice.count, 1),
    found: Math.min(found.count, 1),
    cursors: Math.min(cursors.data.length, 1),
    category: categories.product_count,
    favorites: favorites.results.map((row: { is_available: boolean }) => row.is_available),
    cart: cart.items.map((row: { is_available: boolean }) => row.is_available),
    detail: (await test.call({ path: `/products/${product.id}` })).statusCode,
    reviews: (await test.call({ path: `/products/${product.id}/reviews` })).statusCode,
  };
}

const ON_SALE = {
  all: 10_000,
  ofSeller: 10_000,
  ofCategory: 10_000,
  byPrice: 1,
  found: 1,
  cursors: 1,
  category: PRODUCTS,
  favorites: [true],
  cart: [true],
  detail: 200,
  reviews: 200,
};
const OFF_SALE = {
  all: 0,
  ofSeller: 0,
  ofCategory: 0,
  byPrice: 0,
  found: 0,
  cursors: 0,
  category: 0,
  favorites: [false],
  cart: [false],
  detail: 404,
  reviews: 404,
};

describe(`a seller of ${PRODUCTS} products`, () => {
  it('is off the market from the commit of the suspension on, in every list, count and cart', async () => {
    await fillCart(test, customer, { [product.id]: '1' });
    await test.call({ method: 'PUT', path: `/favorites/${product.id}`, token: customer.token });
    // Also fills the caches that the suspension must drop.
    expect(await shown()).toEqual(ON_SALE);
    const { answer, took_ms } = await timed(() => act('suspend'));
    expect(answer.json()).toMatchObject({ status: 'SUSPENDED', product_count: 0 });
    expect(took_ms).toBeLessThan(AT_ONCE_MS);
    expect(await shown()).toEqual(OFF_SALE);
    expect((await checkOut(test, customer)).json().code).toBe('PRODUCT_UNAVAILABLE');
    expect(await checkAllInvariants(test.databaseUrl, test.clock.now())).toEqual([]);
  });

  it('is suspended, reinstated and renamed while somebody holds every one of their listings', async () => {
    const letGo = await hold(test, 'SELECT FROM product_listing WHERE seller_id = $1 FOR UPDATE', [
      seller.seller_id,
    ]);
    for (const action of ['reinstate', 'suspend'] as const) {
      const { answer, took_ms } = await timed(() => act(action));
      expect(answer.statusCode, answer.body).toBe(200);
      expect(took_ms).toBeLessThan(AT_ONCE_MS);
    }
    const { answer, took_ms } = await timed(() =>
      test.call({
        method: 'PATCH',
        path: `/sellers/${seller.seller_id}`,
        token: admin.token,
        body: { business_name: 'Bukid ni Berto' },
      }),
    );
    expect(answer.statusCode, answer.body).toBe(200);
    expect(took_ms).toBeLessThan(AT_ONCE_MS);
    await letGo();
  });

  it(
    'leaves the index of what is on sale in small transactions, and is as much off the market as before',
    async () => {
      await refreshChangedSellers(test.system);
      const { number } = await test.services.db
        .selectFrom('product_listing')
        .select((eb) => eb.fn.countAll<number>().as('number'))
        .where('seller_id', '=', seller.seller_id)
        .where('on_sale', '=', true)
        .executeTakeFirstOrThrow();
      expect(number).toBe(0);
      expect(await shown()).toEqual(OFF_SALE);
      expect(await checkAllInvariants(test.databaseUrl, test.clock.now())).toEqual([]);
    },
    JOB_TIMEOUT_MS,
  );

  it(
    'comes back with the reinstatement and is found by the new name',
    async () => {
      expect((await act('reinstate')).json().status).toBe('VERIFIED');
      await refreshChangedSellers(test.system);
      expect(await shown()).toEqual(ON_SALE);
      const found = (await test.call({ path: '/products?search=berto' })).json();
      expect(found.results[0].seller.business_name).toBe('Bukid ni Berto');
      expect(await checkAllInvariants(test.databaseUrl, test.clock.now())).toEqual([]);
    },
    JOB_TIMEOUT_MS,
  );
});

describe('a product that is put on sale while its seller is being suspended', () => {
  it('is not shown, and its listing follows', async () => {
    const other = await createActor(test, { role: 'seller' });
    const own = await stockProduct(test, other.seller_id);
    const listed = async () =>
      (await test.call({ path: `/products?seller=${other.seller_id}` })).json().count;
    expect(await listed()).toBe(1);
    const [suspended, changed] = await Promise.all([
      test.call({
        method: 'POST',
        path: `/sellers/${other.seller_id}/suspend`,
        token: admin.token,
      }),
      test.call({
        method: 'PATCH',
        path: `/products/${own.id}`,
        token: admin.token,
        body: { price: '7' },
      }),
    ]);
    expect([suspended.statusCode, changed.statusCode]).toEqual([200, 200]);
    expect(await listed()).toBe(0);
    await refreshChangedSellers(test.system);
    await refreshStaleListings(test.system);
    expect(await listed()).toBe(0);
    expect(await checkAllInvariants(test.databaseUrl, test.clock.now())).toEqual([]);
  });
});
