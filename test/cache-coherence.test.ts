// What the cache gives is what the database says: after every deed that changes a public answer, a process with a cache
// and one without answer alike, and a third one follows within a second.
import sharp from 'sharp';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { apiRoutes } from '../src/app.ts';
import { DAY_MS, plusMs } from '../src/lib/time.ts';
import { makeImageSizes } from '../src/modules/catalog/image-files.service.ts';
import { multipart } from '../src/modules/catalog/images.testkit.ts';
import { refreshStaleListings } from '../src/modules/listing/listing.service.ts';
import { forgetErasedReviewers } from '../src/modules/reviews/reviews.service.ts';
import { createActor, TEST_BARANGAY, type TestActor } from './actors.ts';
import { type Call, createTestApp, type TestApp } from './app.ts';
import { type Buyer, createBuyer, order, stockProduct } from './shop.ts';

/** The contract's bound for other processes. */
const WITHIN_MS = 1_000;

let test: TestApp;
let another: TestApp;
let uncached: TestApp;
let admin: TestActor;
let seller: TestActor;
let buyer: Buyer;
let product_id: string;
const made: Record<string, string> = {};

beforeAll(async () => {
  test = await createTestApp({ poolSize: 2 });
  const sameMarket = {
    database: { url: test.databaseUrl, drop: async () => {} },
    clock: test.clock,
  };
  another = await createTestApp(sameMarket);
  uncached = await createTestApp({ ...sameMarket, env: { CACHE: 'off' } });
  admin = await createActor(test, { role: 'admin' });
  seller = await createActor(test, { role: 'seller' });
  buyer = await createBuyer(test);
  product_id = (await stockProduct(test, seller.seller_id)).id;
});
afterAll(async () => {
  await uncached.close();
  await another.close();
  await test.close();
});

/** Every public answer that shows any of it. */
function publicPaths(): string[] {
  const paths = [
    '/products',
    '/products?in_stock=true&ordering=-rating',
    '/products?search=kamatis',
    `/products?seller=${seller.seller_id}`,
    '/products?on_promo=true',
    `/products/${product_id}`,
    `/products/${product_id}/reviews`,
    '/categories',
    '/sellers',
    `/sellers/${seller.seller_id}`,
    '/promos',
    '/places',
    ...(made['category'] ? [`/categories/${made['category']}`] : []),
    ...(made['promo'] ? [`/promos/${made['promo']}`] : []),
  ];
  return [...paths, ...paths.map((path) => `/api/v2${path}`)];
}

/** Status and body by path, as nobody in particular sees them. */
async function readAll(app: TestApp): Promise<Record<string, unknown>> {
  const answers: Record<string, unknown> = {};
  for (const path of publicPaths()) {
    const { statusCode, body } = await app.call({ path });
    const { request_id: _id, timestamp: _at, ...shown } = JSON.parse(body);
    answers[path] = { statusCode, ...shown };
  }
  return answers;
}

async function send(call: Call): Promise<Record<string, string>> {
  const { statusCode, body } = await test.call(call);
  if (statusCode >= 300) throw new Error(`${call.method} ${call.path}: ${statusCode} ${body}`);
  return body === '' ? {} : JSON.parse(body);
}
const post = (actor: TestActor, path: string, body: unknown = {}) =>
  send({ method: 'POST', path, token: actor.token, body });
const patch = (actor: TestActor, path: string, body: unknown) =>
  send({ method: 'PATCH', path, token: actor.token, body });
const put = (actor: TestActor, path: string) => send({ method: 'PUT', path, token: actor.token });
const remove = (actor: TestActor, path: string) =>
  send({ method: 'DELETE', path, token: actor.token });
const idOf = async (answer: Promise<Record<string, string>>) => String((await answer)['id']);

async function beginPromo(): Promise<void> {
  const promo = {
    name: 'Anihan',
    discount_type: 'PERCENTAGE',
    discount_value: '10',
    starts_at: plusMs(test.clock.now(), -DAY_MS).toISOString(),
    ends_at: plusMs(test.clock.now(), DAY_MS).toISOString(),
    product_ids: [product_id],
  };
  made['promo'] = await idOf(post(seller, '/promos', promo));
}

const drawPixel = () =>
  sharp({ create: { width: 1, height: 1, channels: 3, background: 'tomato' } })
    .jpeg()
    .toBuffer();

const DEEDS: readonly (readonly [string, () => Promise<unknown>])[] = [
  [
    'a category is added',
    async () => {
      made['category'] = await idOf(post(admin, '/categories', { name: 'Gulay sa bukid' }));
    },
  ],
  [
    'a category is renamed',
    () => patch(admin, `/categories/${made['category']}`, { name: 'Gulay sa burol' }),
  ],
  [
    'a product moves to another category',
    () => patch(seller, `/products/${product_id}`, { category_id: made['category'] }),
  ],
  [
    'the category of products is renamed',
    () => patch(admin, `/categories/${made['category']}`, { name: 'Gulay sa lambak' }),
  ],
  ['a price changes', () => patch(seller, `/products/${product_id}`, { price: '99.50' })],
  [
    'a product becomes a draft',
    () => patch(seller, `/products/${product_id}`, { is_active: false }),
  ],
  ['a product comes back', () => patch(seller, `/products/${product_id}`, { is_active: true })],
  [
    'a lot is received',
    async () => {
      const harvested_at = plusMs(test.clock.now(), -DAY_MS).toISOString();
      const lots = `/products/${product_id}/lots`;
      made['lot'] = await idOf(post(seller, lots, { quantity: '7.500', harvested_at }));
    },
  ],
  ['a promo begins', beginPromo],
  ['a promo is renamed', () => patch(seller, `/promos/${made['promo']}`, { name: 'Tag-ani' })],
  [
    'an image is added',
    async () => {
      const { payload, headers } = multipart([{ content: await drawPixel() }]);
      const path = `/products/${product_id}/images`;
      const call = { method: 'POST', path, token: seller.token, headers, body: payload } as const;
      made['image'] = await idOf(send(call));
    },
  ],
  ['the sizes of an image are made', () => makeImageSizes(test.system, String(made['image']))],
  ['an image is removed', () => remove(seller, `/products/${product_id}/images/${made['image']}`)],
  [
    "a seller's new name is approved",
    async () => {
      await patch(seller, `/sellers/${seller.seller_id}`, { business_name: 'Bagong Ani' });
      return post(admin, `/sellers/${seller.seller_id}/name/approve`);
    },
  ],
  ['a seller is followed', () => put(buyer, `/sellers/${seller.seller_id}/follow`)],
  ['a seller is no longer followed', () => remove(buyer, `/sellers/${seller.seller_id}/follow`)],
  [
    'an order reserves stock',
    async () => {
      made['order'] = (await order(test, buyer, { [product_id]: '3' })).order.id;
    },
  ],
  ['an order is cancelled', () => post(buyer, `/orders/${made['order']}/cancel`)],
  [
    'an order is delivered',
    async () => {
      const placed = (await order(test, buyer, { [product_id]: '2' })).order.id;
      for (const order_status of ['CONFIRMED', 'SHIPPED', 'DELIVERED'])
        await patch(seller, `/orders/${placed}/status`, { order_status });
    },
  ],
  [
    'a review is written',
    async () => {
      const review = { product_id, rating: 4, comment: 'Sariwa' };
      made['review'] = await idOf(post(buyer, '/reviews', review));
    },
  ],
  ['a review is changed', () => patch(buyer, `/reviews/${made['review']}`, { rating: 5 })],
  [
    'a seller replies',
    () => post(seller, `/reviews/${made['review']}/reply`, { reply: 'Salamat' }),
  ],
  [
    'a reviewer is forgotten',
    async () => {
      await test.services.db
        .updateTable('users')
        .set({ erased_at: test.clock.now() })
        .where('id', '=', buyer.user_id)
        .execute();
      await forgetErasedReviewers(test.system);
    },
  ],
  ['a review is removed', () => remove(admin, `/reviews/${made['review']}`)],
  [
    'a promo ends by the clock',
    async () => {
      test.clock.advance(DAY_MS);
      await refreshStaleListings(test.system);
    },
  ],
  ['another promo begins', beginPromo],
  ['a promo is removed', () => remove(seller, `/promos/${made['promo']}`)],
  ['a seller is suspended', () => post(admin, `/sellers/${seller.seller_id}/suspend`)],
  ['a seller is reinstated', () => post(admin, `/sellers/${seller.seller_id}/reinstate`)],
  ['a product is removed', () => remove(seller, `/products/${product_id}`)],
  ['a product is restored', () => post(seller, `/products/${product_id}/restore`)],
  ['a seller leaves', () => remove(seller, `/sellers/${seller.seller_id}`)],
];

it.each(DEEDS)('%s, and every process shows it', async (_deed, perform) => {
  // Twice, so that what is kept is there and used.
  const before = await readAll(test);
  await readAll(another);
  expect(await readAll(test)).toEqual(before);
  await perform();
  const done_ms = performance.now();
  const after = await readAll(uncached);
  expect(after).not.toEqual(before);
  expect(await readAll(test)).toEqual(after);
  await vi.waitFor(async () => expect(await readAll(another)).toEqual(after), {
    timeout: WITHIN_MS + 500,
  });
  expect(performance.now() - done_ms).toBeLessThan(WITHIN_MS + 1_000);
});

it('a seller applies and is verified, a barangay away from being shown', async () => {
  const farmer = await createActor(test);
  const before = await readAll(test);
  const application = await post(farmer, '/sellers', {
    business_name: 'Bukid ni Aling Nena',
    business_phone: '09171234567',
    street: 'Km. 7',
    barangay_code: TEST_BARANGAY,
    terms_accepted: true,
  });
  expect(await readAll(test)).toEqual(before);
  await post(admin, `/sellers/${application['id']}/verify`);
  const after = await readAll(uncached);
  expect(after).not.toEqual(before);
  expect(await readAll(test)).toEqual(after);
});

it('every public route is among them', () => {
  const patterns = apiRoutes(test.tokens)
    .filter(({ cache }) => cache === 'public')
    .map(({ path }) => new RegExp(`^${path.replace(/:\w+/g, '[\\w-]+')}(\\?|$)`));
  const paths = publicPaths();
  expect(patterns.filter((pattern) => !paths.some((path) => pattern.test(path)))).toEqual([]);
});

it('the cache answered most of it', async () => {
  const scrape = await test.metrics.render();
  expect(scrape).toMatch(/cache_requests_total\{result="hit"\} \d{2,}/);
});
