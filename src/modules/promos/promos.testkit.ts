// For the tests of this folder: a seller with two products at 100.00, people around them, and calls on their promos.
import type { LightMyRequestResponse } from 'fastify';
import { createActor, type TestActor } from '../../../test/support/actors.ts';
import { createTestApp, type TestApp } from '../../../test/support/app.ts';
import { stockProduct } from '../../../test/support/market.ts';
import { DAY_MS, plusMs } from '../../lib/time.ts';

const LIST_PRICE_CENTAVOS = 10_000;

interface CallOptions {
  readonly token?: string;
  readonly headers?: Record<string, string>;
}

export interface PromoBench {
  readonly test: TestApp;
  readonly seller: TestActor;
  readonly rival: TestActor;
  readonly customer: TestActor;
  readonly admin: TestActor;
  /** Two fresh products of the seller. */
  stock(): Promise<{ product: string; other: string }>;
  /** The body of a promo of 15 % that runs from yesterday to tomorrow. */
  terms(product_ids: string[], changes?: object): object;
  /** A period counted in days from now. */
  starting(from_days: number, to_days: number): { starts_at: string; ends_at: string };
  post(product_ids: string[], changes?: object, token?: string): Promise<LightMyRequestResponse>;
  patch(id: string, body: object, options?: CallOptions): Promise<LightMyRequestResponse>;
  remove(id: string, options?: CallOptions): Promise<LightMyRequestResponse>;
  get(id: string, token?: string): Promise<LightMyRequestResponse>;
  idsSeenBy(token: string | undefined, query?: string): Promise<string[]>;
  /** What customers pay for the product now, by its listing, and for which promo. */
  priceOf(product_id: string): Promise<[current_price_centavos: number, promo_id: string | null]>;
}

export async function createPromoBench(): Promise<PromoBench> {
  const test = await createTestApp();
  const seller = await createActor(test, { role: 'seller' });
  const stockOne = async () =>
    (await stockProduct(test, seller.seller_id, { price_centavos: LIST_PRICE_CENTAVOS })).id;
  const fromNow = (days: number) => plusMs(test.clock.now(), days * DAY_MS).toISOString();
  const starting = (from_days: number, to_days: number) => ({
    starts_at: fromNow(from_days),
    ends_at: fromNow(to_days),
  });
  const terms = (product_ids: string[], changes: object = {}) => ({
    name: 'Tomato week',
    discount_type: 'PERCENTAGE',
    discount_value: '15',
    ...starting(-1, 1),
    product_ids,
    ...changes,
  });
  return {
    test,
    seller,
    rival: await createActor(test, { role: 'seller' }),
    customer: await createActor(test),
    admin: await createActor(test, { role: 'admin' }),
    stock: async () => ({ product: await stockOne(), other: await stockOne() }),
    terms,
    starting,
    post: (product_ids, changes = {}, token = seller.token) =>
      test.call({ method: 'POST', path: '/promos', token, body: terms(product_ids, changes) }),
    patch: (id, body, options = {}) =>
      test.call({ method: 'PATCH', path: `/promos/${id}`, token: seller.token, body, ...options }),
    remove: (id, options = {}) =>
      test.call({ method: 'DELETE', path: `/promos/${id}`, token: seller.token, ...options }),
    get: (id, token) => test.call({ path: `/promos/${id}`, token }),
    idsSeenBy: async (token, query = '') => {
      const { results } = (
        await test.call({ path: `/promos?page_size=100${query}`, token })
      ).json();
      return results.map((promo: { id: string }) => promo.id);
    },
    priceOf: async (product_id) => {
      const row = await test.services.db
        .selectFrom('product_listing')
        .select(['current_price_centavos', 'promo_id'])
        .where('product_id', '=', product_id)
        .executeTakeFirstOrThrow();
      return [row.current_price_centavos, row.promo_id];
    },
  };
}
