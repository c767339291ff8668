import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createActor, type TestActor } from '../../../../test/support/actors.ts';
import { createTestApp, type TestApp } from '../../../../test/support/app.ts';
import { createCategory, createProduct } from '../../../../test/support/builders.ts';

const ROUNDS = 10;
let test: TestApp;
let admin: TestActor;
let seller: TestActor;

beforeAll(async () => {
  test = await createTestApp({ poolSize: 8 });
  admin = await createActor(test, { role: 'admin' });
  seller = await createActor(test, { role: 'seller' });
});
afterAll(() => test.close());

describe('races over the tree', () => {
  it('two categories that move below each other never form a ring', async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const [a, b] = [await createCategory(test), await createCategory(test)];
      const move = (id: string, parent_id: string) =>
        test.call({
          method: 'PATCH',
          path: `/categories/${id}`,
          token: admin.token,
          body: { parent_id },
        });
      const answers = await Promise.all([move(a.id, b.id), move(b.id, a.id)]);
      expect(answers.map((answer) => answer.statusCode).sort()).toEqual([200, 400]);
    }
  });

  it('a category is either removed or gets the product, never both', async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const { id } = await createCategory(test);
      const [removal, product] = await Promise.all([
        test.call({ method: 'DELETE', path: `/categories/${id}`, token: admin.token }),
        createProduct(test, seller, { category_id: id }).then(
          () => 'made',
          () => 'refused',
        ),
      ]);
      expect([removal.statusCode, product]).toEqual(
        product === 'made' ? [409, 'made'] : [204, 'refused'],
      );
    }
  });
});
