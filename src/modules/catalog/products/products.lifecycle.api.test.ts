import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createActor, type TestActor } from '../../../../test/support/actors.ts';
import { createTestApp, type TestApp } from '../../../../test/support/app.ts';
import { createCategory, createProduct } from '../../../../test/support/builders.ts';

let test: TestApp;
let seller: TestActor;
let other: TestActor;
let admin: TestActor;
let customer: TestActor;

beforeAll(async () => {
  test = await createTestApp();
  seller = await createActor(test, { role: 'seller' });
  other = await createActor(test, { role: 'seller' });
  admin = await createActor(test, { role: 'admin' });
  customer = await createActor(test);
});
afterAll(() => test.close());

const remove = (id: string, token = seller.token) =>
  test.call({ method: 'DELETE', path: `/products/${id}`, token });
const restore = (id: string, token = seller.token) =>
  test.call({ method: 'POST', path: `/products/${id}/restore`, token });
const read = (id: string, token?: string) => test.call({ path: `/products/${id}`, token });

describe('removing and restoring', () => {
  it('a removed product is gone for customers and listed for its seller until it is restored', async () => {
    const { id } = await createProduct(test, seller);
    expect((await remove(id)).statusCode).toBe(204);
    expect((await read(id)).statusCode).toBe(404);
    expect((await read(id, seller.token)).statusCode).toBe(404);
    expect((await remove(id)).statusCode).toBe(404);
    const deleted = (await test.call({ path: '/products/deleted', token: seller.token })).json();
    expect(deleted.results[0]).toMatchObject({ id, deleted_at: expect.any(String) });
    expect((await restore(id)).json()).toMatchObject({ id, deleted_at: null, version: 3 });
    expect((await read(id)).statusCode).toBe(200);
    expect((await restore(id)).statusCode).toBe(409);
  });

  it('is not restored into a category that is gone', async () => {
    const gone = await createCategory(test);
    const { id } = await createProduct(test, seller, { category_id: gone.id });
    await remove(id);
    await test.call({ method: 'DELETE', path: `/categories/${gone.id}`, token: admin.token });
    expect((await restore(id)).json()).toMatchObject({
      code: 'CONFLICT',
      detail: expect.stringContaining('category'),
    });
  });

  it("what others removed is not shown to a seller, and an admin sees everybody's", async () => {
    const { id } = await createProduct(test, other);
    await remove(id, other.token);
    const ids = async (token: string, query = '') => {
      const { results } = (await test.call({ path: `/products/deleted${query}`, token })).json();
      return (results as { id: string }[]).map((product) => product.id);
    };
    expect(await ids(seller.token)).not.toContain(id);
    expect(await ids(admin.token)).toContain(id);
    expect(await ids(admin.token, `?seller=${seller.seller_id}`)).not.toContain(id);
    expect(
      (
        await test.call({
          path: `/products/deleted?seller=${other.seller_id}`,
          token: seller.token,
        })
      ).statusCode,
    ).toBe(404);
    expect((await test.call({ path: '/products/deleted', token: customer.token })).statusCode).toBe(
      403,
    );
  });
});

describe("a seller's count of products", () => {
  it('is what they have on sale', async () => {
    const fresh = await createActor(test, { role: 'seller' });
    const first = await createProduct(test, fresh);
    await createProduct(test, fresh, { is_active: false });
    const count = async () =>
      (await test.call({ path: `/sellers/${fresh.seller_id}` })).json().product_count;
    expect(await count()).toBe(1);
    await remove(first.id, fresh.token);
    expect(await count()).toBe(0);
  });
});
