// Behind a shared cache nobody gets what was made for somebody else.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findFreePort } from '../../../scripts/free-port.ts';
import { createActor, type TestActor } from '../../support/actors.ts';
import { createTestApp, type TestApp } from '../../support/app.ts';
import { createCustomer, fillCart, order, stockProduct } from '../../support/market.ts';
import { hasNginx, type SharedCache, startSharedCache } from '../../support/servers/nginx.ts';

describe.skipIf(!hasNginx)('behind nginx', () => {
  let test: TestApp;
  let proxy: SharedCache;
  let upstream: string;
  let paths: readonly string[];
  const callers = new Map<string, TestActor | undefined>();

  beforeAll(async () => {
    test = await createTestApp();
    upstream = await test.app.listen({ host: '127.0.0.1', port: 0 });
    proxy = await startSharedCache(upstream, await findFreePort());
    const [seller, other] = [
      await createActor(test, { role: 'seller' }),
      await createActor(test, { role: 'seller' }),
    ];
    const [maria, jose] = [await createCustomer(test), await createCustomer(test)];
    const product = await stockProduct(test, seller.seller_id);
    const draft = await stockProduct(test, seller.seller_id);
    await test.call({
      method: 'PATCH',
      path: `/products/${draft.id}`,
      token: seller.token,
      body: { is_active: false },
    });
    const { order: placed } = await order(test, maria, { [product.id]: '1' });
    await fillCart(test, maria, { [product.id]: '2' });
    const admin = await createActor(test, { role: 'admin' });
    for (const [name, actor] of Object.entries({ maria, jose, seller, other, admin }))
      callers.set(name, actor);
    callers.set('nobody', undefined);
    paths = [
      '/products',
      '/products?page_size=1',
      `/products/${product.id}`,
      `/products/${draft.id}`,
      '/sellers',
      `/sellers/${seller.seller_id}`,
      '/promos',
      '/categories',
      '/users/me',
      '/cart',
      '/orders',
      `/orders/${placed.id}`,
      '/store/products',
      '/notifications',
    ];
  });
  afterAll(async () => {
    await proxy.stop();
    await test.close();
  });

  async function read(base: string, path: string, name: string) {
    const actor = callers.get(name);
    const response = await fetch(`${base}/api/v1${path}`, {
      headers: actor === undefined ? {} : { authorization: `Bearer ${actor.token}` },
    });
    const {
      request_id: _id,
      timestamp: _at,
      ...shown
    } = (await response.json()) as object & {
      request_id?: string;
      timestamp?: string;
    };
    return { status: response.status, shown, cache: response.headers.get('x-cache') };
  }

  it('everybody gets their own answer, in whichever order they ask, again and again', async () => {
    const names = [...callers.keys()];
    for (let round = 0; round < 3; round += 1) {
      for (const path of paths) {
        const order = names.map((_, i) => names[(i + round) % names.length] ?? '');
        const seen = await Promise.all(order.map((name) => read(proxy.url, path, name)));
        for (const [i, name] of order.entries()) {
          const { status, shown } = await read(upstream, path, name);
          expect([path, name, seen[i]?.status, seen[i]?.shown]).toEqual([
            path,
            name,
            status,
            shown,
          ]);
        }
      }
    }
  });

  it('it keeps what is public for those who are nobody in particular', async () => {
    await read(proxy.url, '/products', 'nobody');
    expect((await read(proxy.url, '/products', 'nobody')).cache).toBe('HIT');
  });

  it.each(['maria', 'seller', 'admin'])('it keeps nothing for %s', async (name) => {
    for (const path of paths) {
      await read(proxy.url, path, name);
      expect([path, (await read(proxy.url, path, name)).cache]).not.toEqual([path, 'HIT']);
    }
  });
});
