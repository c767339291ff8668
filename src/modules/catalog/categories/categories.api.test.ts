import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createActor, type TestActor } from '../../../../test/support/actors.ts';
import { createTestApp, type TestApp } from '../../../../test/support/app.ts';
import { createCategory, createProduct } from '../../../../test/support/builders.ts';
import { newId } from '../../../lib/ids.ts';
import { refreshCategoryListingsJob } from './categories.jobs.ts';

let test: TestApp;
let admin: TestActor;
let seller: TestActor;

beforeAll(async () => {
  test = await createTestApp();
  admin = await createActor(test, { role: 'admin' });
  seller = await createActor(test, { role: 'seller' });
});
afterAll(() => test.close());

const create = (body: object, token = admin.token) =>
  test.call({ method: 'POST', path: '/categories', token, body });
const patch = (id: string, body: object) =>
  test.call({ method: 'PATCH', path: `/categories/${id}`, token: admin.token, body });
const remove = (id: string) =>
  test.call({ method: 'DELETE', path: `/categories/${id}`, token: admin.token });
const read = async (id: string) => (await test.call({ path: `/categories/${id}` })).json();

describe('writing categories', () => {
  it('an admin makes a tree that everybody reads', async () => {
    const parent = (await create({ name: ' Root crops ', description: 'From below.' })).json();
    const child = (await create({ name: 'Tubers', parent_id: parent.id })).json();
    expect(parent).toMatchObject({
      name: 'Root crops',
      slug: 'root-crops',
      parent_id: null,
      product_count: 0,
    });
    expect(await read(child.id)).toEqual({ ...child, parent_id: parent.id });
  });

  it('of which there are two thousand at most, the removed ones not counted', async () => {
    const { db } = test.services;
    const { count } = await db
      .selectFrom('categories')
      .select(({ fn }) => fn.countAll<number>().as('count'))
      .where('deleted_at', 'is', null)
      .executeTakeFirstOrThrow();
    const filler = Array.from({ length: 2_000 - count }, () => {
      const id = newId();
      const at = test.clock.now();
      return { id, name: id, slug: `filler-${id}`, created_at: at, updated_at: at };
    });
    await db.insertInto('categories').values(filler).execute();
    const refused = await create({ name: 'One too many' });
    expect([refused.statusCode, refused.json().detail]).toEqual([
      409,
      'There are 2000 categories already; remove one first.',
    ]);
    await db.deleteFrom('categories').where('slug', 'like', 'filler-%').execute();
    expect((await create({ name: 'One too many' })).statusCode).toBe(201);
  });

  it('is for admins only', async () => {
    const { id } = await createCategory(test);
    const calls = [
      { method: 'POST', path: '/categories', body: { name: 'Mine' } },
      { method: 'PATCH', path: `/categories/${id}`, body: { name: 'Mine' } },
      { method: 'DELETE', path: `/categories/${id}` },
    ] as const;
    for (const call of calls) {
      expect((await test.call(call)).statusCode).toBe(401);
      expect((await test.call({ ...call, token: seller.token })).statusCode).toBe(403);
    }
  });

  it('two siblings never share a name, two cousins may, and slugs stay unique', async () => {
    const [north, south] = [await createCategory(test), await createCategory(test)];
    const first = (await create({ name: 'Others', parent_id: north.id })).json();
    const taken = await create({ name: 'others', parent_id: north.id });
    expect(taken.statusCode).toBe(409);
    expect(taken.json().errors).toMatchObject([{ pointer: '/name' }]);
    const cousin = await create({ name: 'Others', parent_id: south.id });
    expect(cousin.statusCode).toBe(201);
    expect(cousin.json().slug).not.toBe(first.slug);
  });

  it.each([
    ['no name', {}],
    ['a blank name', { name: '  ' }],
    ['a parent that does not exist', { name: 'Lost', parent_id: newId() }],
    ['an unknown member', { name: 'Odd', color: 'red' }],
  ])('refuses %s', async (_fault, body) => {
    expect((await create(body)).statusCode).toBe(400);
  });

  it('a category never becomes its own ancestor', async () => {
    const top = await createCategory(test);
    const middle = await createCategory(test, { parent_id: top.id });
    const bottom = await createCategory(test, { parent_id: middle.id });
    for (const parent_id of [top.id, middle.id, bottom.id]) {
      expect((await patch(top.id, { parent_id })).statusCode).toBe(400);
    }
    expect((await patch(bottom.id, { parent_id: top.id })).json()).toMatchObject({
      parent_id: top.id,
    });
    expect((await patch(bottom.id, { parent_id: null })).json()).toMatchObject({ parent_id: null });
  });

  it('a renamed category keeps its slug, and its products are found by the new name', async () => {
    const category = await createCategory(test);
    const product = await createProduct(test, seller, { category_id: category.id });
    const renamed = (await patch(category.id, { name: 'Zingiberaceae' })).json();
    expect(renamed).toMatchObject({ name: 'Zingiberaceae', slug: category.slug, product_count: 1 });
    await refreshCategoryListingsJob.run(test.system, { category_id: category.id });
    const found = (await test.call({ path: '/products?search=zingiberaceae' })).json();
    expect(found.results).toMatchObject([{ id: product.id, category: { name: 'Zingiberaceae' } }]);
  });
});

describe('removing categories', () => {
  it('is refused while there are children or products, and possible after', async () => {
    const parent = await createCategory(test);
    const child = await createCategory(test, { parent_id: parent.id });
    const product = await createProduct(test, seller, { category_id: child.id });
    expect((await remove(parent.id)).json()).toMatchObject({
      code: 'CONFLICT',
      detail: expect.stringContaining('below'),
    });
    expect((await remove(child.id)).json()).toMatchObject({
      code: 'CONFLICT',
      detail: expect.stringContaining('products'),
    });
    await test.call({ method: 'DELETE', path: `/products/${product.id}`, token: seller.token });
    expect((await remove(child.id)).statusCode).toBe(204);
    expect((await remove(parent.id)).statusCode).toBe(204);
    expect((await test.call({ path: `/categories/${parent.id}` })).statusCode).toBe(404);
    expect((await remove(parent.id)).statusCode).toBe(404);
  });

  it('frees the name and the slug', async () => {
    const { id, name, slug } = await createCategory(test);
    await remove(id);
    expect((await create({ name })).json()).toMatchObject({ name, slug });
  });
});

describe('reading categories', () => {
  it('product_count is what is on sale, here and below', async () => {
    const parent = await createCategory(test);
    const child = await createCategory(test, { parent_id: parent.id });
    await createProduct(test, seller, { category_id: parent.id });
    await createProduct(test, seller, { category_id: child.id });
    await createProduct(test, seller, { category_id: child.id, is_active: false });
    expect(await read(child.id)).toMatchObject({ product_count: 1 });
    expect(await read(parent.id)).toMatchObject({ product_count: 2 });
  });

  it('pages by number and by cursor, by name, in two statements', async () => {
    const parent = await createCategory(test);
    const names = ['Cherry', 'apple', 'Banana'];
    for (const name of names) await createCategory(test, { name, parent_id: parent.id });
    const list = (path: string) =>
      test.call({ path: `${path}parent_id=${parent.id}` }).then((answer) => answer.json());
    test.statements.length = 0;
    const numbered = await list('/categories?page_size=2&');
    expect(test.statements.length).toBeLessThanOrEqual(2);
    expect(numbered).toMatchObject({
      count: 3,
      results: [{ name: 'apple' }, { name: 'Banana' }],
      previous: null,
    });
    const first = await list('/api/v2/categories?limit=2&');
    expect(first).toMatchObject({ has_more: true, data: [{ name: 'apple' }, { name: 'Banana' }] });
    const second = await list(`/api/v2/categories?limit=2&cursor=${first.next_cursor}&`);
    expect(second).toMatchObject({
      has_more: false,
      next_cursor: null,
      data: [{ name: 'Cherry' }],
    });
  });
});
