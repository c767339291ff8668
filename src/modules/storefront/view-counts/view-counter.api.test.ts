import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createActor } from '../../../../test/support/actors.ts';
import { createTestApp, type TestApp } from '../../../../test/support/app.ts';
import { createProduct } from '../../../../test/support/builders.ts';
import { newId } from '../../../lib/ids.ts';
import { createViewCounter } from './view-counter.ts';

let test: TestApp;
beforeAll(async () => {
  test = await createTestApp();
});
afterAll(() => test.close());

async function viewsOf(product_id: string): Promise<number> {
  const row = await test.services.db
    .selectFrom('product_counters')
    .select('view_count')
    .where('product_id', '=', product_id)
    .executeTakeFirstOrThrow();
  return row.view_count;
}

const product = async () => createProduct(test, await createActor(test, { role: 'seller' }));

describe('counting views', () => {
  it('writes many views of many products in one statement, once', async () => {
    const [first, second] = [await product(), await product()];
    const counter = createViewCounter(test.services);
    for (let i = 0; i < 5; i += 1) counter.count(first.id);
    counter.count(second.id);
    test.statements.length = 0;
    await counter.flush();
    expect(test.statements).toHaveLength(1);
    await counter.stop();
    expect([await viewsOf(first.id), await viewsOf(second.id)]).toEqual([5, 1]);
  });

  it('keeps what could not be written', async () => {
    const { id } = await product();
    const broken = await createTestApp();
    const counter = createViewCounter({ ...test.services, db: broken.services.db });
    await broken.close();
    counter.count(id);
    await counter.flush();
    expect(await viewsOf(id)).toBe(0);
    await counter.stop();
  });

  it('one view for each time that somebody is shown the product, written when the app closes at the latest', async () => {
    const { id } = await product();
    const path = `/products/${id}`;
    const { headers } = await test.call({ path });
    await test.call({ path: `/api/v2/products/${id.toUpperCase()}` });
    expect(
      (await test.call({ path, headers: { 'if-none-match': String(headers['etag']) } })).statusCode,
    ).toBe(304);
    await test.call({ path: `/products/${newId()}` });
    await test.call({ method: 'HEAD', path });
    await test.call({ path: '/products' });
    await test.app.close();
    expect(await viewsOf(id)).toBe(3);
  });
});
