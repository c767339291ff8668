// How many products of a category are on sale is kept, not counted, and is never wrong.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createActor, type TestActor } from '../../../test/support/actors.ts';
import { createTestApp, type TestApp } from '../../../test/support/app.ts';
import { createCategory, createProduct } from '../../../test/support/builders.ts';
import { foldCategoryCountsJob } from './listing.jobs.ts';
import { countProductsByCategory } from './listing.service.ts';

let test: TestApp;
let seller: TestActor;
let admin: TestActor;
beforeAll(async () => {
  test = await createTestApp();
  seller = await createActor(test, { role: 'seller' });
  admin = await createActor(test, { role: 'admin' });
});
afterAll(() => test.close());

async function countsOf(...ids: string[]): Promise<number[]> {
  const counts = await countProductsByCategory(test.system);
  return ids.map((id) => counts.get(id) ?? 0);
}

async function change(method: 'PATCH' | 'POST' | 'DELETE', path: string, body?: object) {
  const answer = await test.call({ method, path, token: admin.token, body });
  expect(answer.statusCode, answer.body).toBeLessThan(300);
}

describe('the products on sale of a category', () => {
  it('follow what is added, moved, taken off sale, removed and brought back', async () => {
    const [from, to] = [await createCategory(test), await createCategory(test)];
    const { id } = await createProduct(test, seller, { category_id: from.id });
    await createProduct(test, seller, { category_id: from.id, is_active: false });
    expect(await countsOf(from.id, to.id)).toEqual([1, 0]);
    await change('PATCH', `/products/${id}`, { category_id: to.id });
    expect(await countsOf(from.id, to.id)).toEqual([0, 1]);
    await change('PATCH', `/products/${id}`, { price: '7' });
    expect(await countsOf(from.id, to.id)).toEqual([0, 1]);
    await change('PATCH', `/products/${id}`, { is_active: false });
    expect(await countsOf(from.id, to.id)).toEqual([0, 0]);
    await change('PATCH', `/products/${id}`, { is_active: true });
    await change('DELETE', `/products/${id}`);
    expect(await countsOf(from.id, to.id)).toEqual([0, 0]);
    await change('POST', `/products/${id}/restore`);
    expect(await countsOf(from.id, to.id)).toEqual([0, 1]);
  });

  it('leave and return with their seller', async () => {
    const other = await createActor(test, { role: 'seller' });
    const { id } = await createCategory(test);
    for (const _ of [1, 2, 3]) await createProduct(test, other, { category_id: id });
    await change('POST', `/sellers/${other.seller_id}/suspend`);
    expect(await countsOf(id)).toEqual([0]);
    await change('POST', `/sellers/${other.seller_id}/reinstate`);
    expect(await countsOf(id)).toEqual([3]);
  });

  it('are the same after the partial sums are added up, in one row a category', async () => {
    const { id } = await createCategory(test);
    for (const _ of [1, 2, 3]) await createProduct(test, seller, { category_id: id });
    const before = await countProductsByCategory(test.system);
    await foldCategoryCountsJob.run(test.system, {});
    expect(await countProductsByCategory(test.system)).toEqual(before);
    const rows = await test.services.db
      .selectFrom('category_product_counts')
      .select('number')
      .where('category_id', '=', id)
      .execute();
    expect(rows).toEqual([{ number: 3 }]);
  });
});
