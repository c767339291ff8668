import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createActor, type TestActor } from '../../../test/support/actors.ts';
import { createTestApp, type TestApp } from '../../../test/support/app.ts';
import { createCategory, createLot, createProduct } from '../../../test/support/builders.ts';

let test: TestApp;
let seller: TestActor;
let other: TestActor;
let category_id: string;

beforeAll(async () => {
  test = await createTestApp();
  seller = await createActor(test, { role: 'seller' });
  other = await createActor(test, { role: 'seller' });
  category_id = (await createCategory(test)).id;
  const carrot = await createProduct(test, seller, { name: 'Carrot', category_id });
  await createLot(test, carrot.id, { quantity: '1' });
  await createProduct(test, seller, { name: 'Radish' });
  await createProduct(test, seller, { name: 'Draft', is_active: false });
  const gone = await createProduct(test, seller, { name: 'Gone' });
  await test.call({ method: 'DELETE', path: `/products/${gone.id}`, token: seller.token });
  await createProduct(test, other, { name: 'Kale' });
});
afterAll(() => test.close());

const call = (query: string, token?: string) =>
  test.call({ path: `/store/products?${query}`, token });
async function list(query = '', token = seller.token): Promise<string[]> {
  const { results } = (await call(query, token)).json();
  return results.map((product: { name: string }) => product.name);
}

describe('GET /store/products', () => {
  it("is the seller's own, drafts too, newest first, in one statement", async () => {
    test.statements.length = 0;
    expect(await list()).toEqual(['Draft', 'Radish', 'Carrot']);
    expect(test.statements).toHaveLength(1);
    expect(await list('', other.token)).toEqual(['Kale']);
  });

  it.each([
    ['is_active=false', ['Draft']],
    ['is_active=true', ['Radish', 'Carrot']],
    ['search=RRO', ['Carrot']],
    ['search=%25', []],
    ['in_stock=true', ['Carrot']],
    ['in_stock=false&search=a', ['Draft', 'Radish']],
    ['page_size=1&page=2', ['Radish']],
  ])('with %s shows what matches', async (query, expected) => {
    expect(await list(query)).toEqual(expected);
  });

  it('with a category shows that category alone', async () => {
    expect(await list(`category_id=${category_id}`)).toEqual(['Carrot']);
  });

  it('an admin names the seller; a seller sees no other', async () => {
    const admin = await createActor(test, { role: 'admin' });
    expect((await call('', admin.token)).json()).toMatchObject({
      status: 400,
      errors: [{ pointer: '/seller' }],
    });
    expect(await list(`seller=${other.seller_id}`, admin.token)).toEqual(['Kale']);
    expect((await call(`seller=${other.seller_id}`, seller.token)).statusCode).toBe(404);
    expect((await call('')).statusCode).toBe(401);
    expect((await call('', (await createActor(test)).token)).statusCode).toBe(403);
  });
});
