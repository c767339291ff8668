import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createActor, type TestActor } from '../../../test/support/actors.ts';
import { createTestApp, type TestApp } from '../../../test/support/app.ts';
import { createLot, createProduct } from '../../../test/support/builders.ts';

const RIVALS = 20;
let test: TestApp;
let seller: TestActor;

beforeAll(async () => {
  test = await createTestApp({ poolSize: 8 });
  seller = await createActor(test, { role: 'seller' });
});
afterAll(() => test.close());

async function stockOf(product_id: string): Promise<{ on_hand: number; available: number }> {
  const { db } = test.services;
  const lots = await db
    .selectFrom('lots')
    .select('on_hand_milli')
    .where('product_id', '=', product_id)
    .execute();
  const listing = await db
    .selectFrom('product_listing')
    .select('available_milli')
    .where('product_id', '=', product_id)
    .executeTakeFirstOrThrow();
  return {
    on_hand: lots.reduce((sum, lot) => sum + lot.on_hand_milli, 0),
    available: listing.available_milli,
  };
}

describe('many changes of one stock at once', () => {
  it('take exactly what there is and refuse the rest', async () => {
    const { id } = await createProduct(test, seller);
    const lot = await createLot(test, id, { quantity: '5' });
    const path = `/products/${id}/lots/${lot.id}/adjust`;
    const take = () =>
      test.call({
        method: 'POST',
        path,
        token: seller.token,
        body: { delta: '-1', reason: 'SPOILAGE' },
      });
    const statuses = (await Promise.all(Array.from({ length: RIVALS }, take))).map(
      (answer) => answer.statusCode,
    );
    expect(statuses.filter((status) => status === 200)).toHaveLength(5);
    expect(statuses.filter((status) => status === 409)).toHaveLength(RIVALS - 5);
    expect(await stockOf(id)).toEqual({ on_hand: 0, available: 0 });
  });

  it('lots received while the product is edited are all on the listing', async () => {
    const { id } = await createProduct(test, seller);
    const harvested_at = test.clock.now().toISOString();
    const work = Array.from({ length: RIVALS }, (_, i) =>
      i % 2 === 0
        ? test.call({
            method: 'POST',
            path: `/products/${id}/lots`,
            token: seller.token,
            body: { quantity: '1', harvested_at },
          })
        : test.call({
            method: 'PATCH',
            path: `/products/${id}`,
            token: seller.token,
            body: { price: `${i}`, handling_hours: i },
          }),
    );
    const answers = await Promise.all(work);
    expect(answers.every((answer) => answer.statusCode < 300)).toBe(true);
    expect(await stockOf(id)).toEqual({ on_hand: RIVALS * 500, available: RIVALS * 500 });
  });
});
