// Every change of a public answer, and every public answer that shows one: whoever serves the latter from elsewhere
// than the database is held against it after each of the former.
import sharp from 'sharp';
import { DAY_MS, plusMs } from '../../src/lib/time.ts';
import { makeImageSizes } from '../../src/modules/catalog/images/image-files.service.ts';
import { multipart } from '../../src/modules/catalog/images/images.testkit.ts';
import { refreshStaleListings } from '../../src/modules/listing/listing.service.ts';
import { forgetErasedReviewers } from '../../src/modules/reviews/reviews.service.ts';
import { createActor, type TestActor } from './actors.ts';
import type { Call, TestApp } from './app.ts';
import { type Customer, createCustomer, order, stockProduct } from './market.ts';

type Answer = Promise<Record<string, string>>;

/** Who acts, and on what. */
export interface PublicMarket {
  readonly test: TestApp;
  readonly admin: TestActor;
  readonly seller: TestActor;
  readonly customer: Customer;
  readonly product_id: string;
  /** Ids of what the changes have created. */
  readonly made: Record<string, string>;
  /** Each @throws where it is refused. */
  post(actor: TestActor, path: string, body?: unknown): Answer;
  patch(actor: TestActor, path: string, body: unknown): Answer;
  put(actor: TestActor, path: string): Answer;
  remove(actor: TestActor, path: string): Answer;
  send(call: Call): Answer;
}

/** Changes are sent to `test`. */
export async function createPublicMarket(test: TestApp): Promise<PublicMarket> {
  const seller = await createActor(test, { role: 'seller' });
  const send = async (call: Call): Answer => {
    const { statusCode, body } = await test.call(call);
    if (statusCode >= 300) throw new Error(`${call.method} ${call.path}: ${statusCode} ${body}`);
    return body === '' ? {} : JSON.parse(body);
  };
  return {
    test,
    admin: await createActor(test, { role: 'admin' }),
    seller,
    customer: await createCustomer(test),
    product_id: (await stockProduct(test, seller.seller_id)).id,
    made: {},
    send,
    post: ({ token }, path, body = {}) => send({ method: 'POST', path, token, body }),
    patch: ({ token }, path, body) => send({ method: 'PATCH', path, token, body }),
    put: ({ token }, path) => send({ method: 'PUT', path, token }),
    remove: ({ token }, path) => send({ method: 'DELETE', path, token }),
  };
}

/** Every public answer that shows any of it. */
export function publicPaths({ seller, product_id, made }: PublicMarket): string[] {
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
export async function readAll(
  market: PublicMarket,
  app: TestApp,
): Promise<Record<string, unknown>> {
  const answers: Record<string, unknown> = {};
  for (const path of publicPaths(market)) {
    const { statusCode, body } = await app.call({ path });
    const { request_id: _id, timestamp: _at, ...shown } = JSON.parse(body);
    answers[path] = { statusCode, ...shown };
  }
  return answers;
}

const idOf = async (answer: Answer) => String((await answer)['id']);

async function beginPromo({ test, seller, product_id, made, post }: PublicMarket): Promise<void> {
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

type PublicChange = readonly [name: string, perform: (market: PublicMarket) => Promise<unknown>];

/** In this order: each builds on what those before it have left. */
export const PUBLIC_CHANGES: readonly PublicChange[] = [
  [
    'a category is added',
    async ({ made, post, admin }) => {
      made['category'] = await idOf(post(admin, '/categories', { name: 'Gulay sa bukid' }));
    },
  ],
  [
    'a category is renamed',
    ({ made, patch, admin }) =>
      patch(admin, `/categories/${made['category']}`, { name: 'Gulay sa burol' }),
  ],
  [
    'a product moves to another category',
    ({ made, patch, seller, product_id }) =>
      patch(seller, `/products/${product_id}`, { category_id: made['category'] }),
  ],
  [
    'the category of products is renamed',
    ({ made, patch, admin }) =>
      patch(admin, `/categories/${made['category']}`, { name: 'Gulay sa lambak' }),
  ],
  [
    'a price changes',
    ({ patch, seller, product_id }) => patch(seller, `/products/${product_id}`, { price: '99.50' }),
  ],
  [
    'a product becomes a draft',
    ({ patch, seller, product_id }) =>
      patch(seller, `/products/${product_id}`, { is_active: false }),
  ],
  [
    'a product comes back',
    ({ patch, seller, product_id }) =>
      patch(seller, `/products/${product_id}`, { is_active: true }),
  ],
  [
    'a lot is received',
    async ({ test, made, post, seller, product_id }) => {
      const harvested_at = plusMs(test.clock.now(), -DAY_MS).toISOString();
      const lots = `/products/${product_id}/lots`;
      made['lot'] = await idOf(post(seller, lots, { quantity: '7.500', harvested_at }));
    },
  ],
  ['a promo begins', beginPromo],
  [
    'a promo is renamed',
    ({ made, patch, seller }) => patch(seller, `/promos/${made['promo']}`, { name: 'Tag-ani' }),
  ],
  [
    'an image is added',
    async ({ made, send, seller, product_id }) => {
      const { payload, headers } = multipart([{ content: await drawPixel() }]);
      const path = `/products/${product_id}/images`;
      const call = { method: 'POST', path, token: seller.token, headers, body: payload } as const;
      made['image'] = await idOf(send(call));
    },
  ],
  [
    'the sizes of an image are made',
    ({ test, made }) => makeImageSizes(test.system, String(made['image'])),
  ],
  [
    'an image is removed',
    ({ made, remove, seller, product_id }) =>
      remove(seller, `/products/${product_id}/images/${made['image']}`),
  ],
  [
    "a seller's new name is approved",
    async ({ patch, post, seller, admin }) => {
      await patch(seller, `/sellers/${seller.seller_id}`, { business_name: 'Bagong Ani' });
      return post(admin, `/sellers/${seller.seller_id}/name/approve`);
    },
  ],
  [
    'a seller is followed',
    ({ put, customer, seller }) => put(customer, `/sellers/${seller.seller_id}/follow`),
  ],
  [
    'a seller is no longer followed',
    ({ remove, customer, seller }) => remove(customer, `/sellers/${seller.seller_id}/follow`),
  ],
  [
    'an order reserves stock',
    async ({ test, made, customer, product_id }) => {
      made['order'] = (await order(test, customer, { [product_id]: '3' })).order.id;
    },
  ],
  [
    'an order is cancelled',
    ({ made, post, customer }) => post(customer, `/orders/${made['order']}/cancel`),
  ],
  [
    'an order is delivered',
    async ({ test, patch, customer, seller, product_id }) => {
      const placed = (await order(test, customer, { [product_id]: '2' })).order.id;
      for (const order_status of ['CONFIRMED', 'SHIPPED', 'DELIVERED'])
        await patch(seller, `/orders/${placed}/status`, { order_status });
    },
  ],
  [
    'a review is written',
    async ({ made, post, customer, product_id }) => {
      const review = { product_id, rating: 4, comment: 'Sariwa' };
      made['review'] = await idOf(post(customer, '/reviews', review));
    },
  ],
  [
    'a review is changed',
    ({ made, patch, customer }) => patch(customer, `/reviews/${made['review']}`, { rating: 5 }),
  ],
  [
    'a seller replies',
    ({ made, post, seller }) =>
      post(seller, `/reviews/${made['review']}/reply`, { reply: 'Salamat' }),
  ],
  [
    'a reviewer is forgotten',
    async ({ test, customer }) => {
      await test.services.db
        .updateTable('users')
        .set({ erased_at: test.clock.now() })
        .where('id', '=', customer.user_id)
        .execute();
      await forgetErasedReviewers(test.system);
    },
  ],
  ['a review is removed', ({ made, remove, admin }) => remove(admin, `/reviews/${made['review']}`)],
  [
    'a promo ends by the clock',
    async ({ test }) => {
      test.clock.advance(DAY_MS);
      await refreshStaleListings(test.system);
    },
  ],
  ['another promo begins', beginPromo],
  ['a promo is removed', ({ made, remove, seller }) => remove(seller, `/promos/${made['promo']}`)],
  [
    'a seller is suspended',
    ({ post, admin, seller }) => post(admin, `/sellers/${seller.seller_id}/suspend`),
  ],
  [
    'a seller is reinstated',
    ({ post, admin, seller }) => post(admin, `/sellers/${seller.seller_id}/reinstate`),
  ],
  [
    'a product is removed',
    ({ remove, seller, product_id }) => remove(seller, `/products/${product_id}`),
  ],
  [
    'a product is restored',
    ({ post, seller, product_id }) => post(seller, `/products/${product_id}/restore`),
  ],
  ['a seller leaves', ({ remove, seller }) => remove(seller, `/sellers/${seller.seller_id}`)],
];
