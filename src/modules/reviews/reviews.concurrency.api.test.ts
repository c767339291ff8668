import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createActor, type TestActor } from '../../../test/support/actors.ts';
import { createTestApp, type TestApp } from '../../../test/support/app.ts';
import { stockProduct } from '../../../test/support/market.ts';
import { inTransaction } from '../../db/transaction.ts';
import { addProductRating } from '../catalog/categories/counters.service.ts';
import { refreshListings } from '../listing/listing.service.ts';

const RIVALS = 16;

describe('ratings under rivalry', () => {
  let test: TestApp;
  let seller: TestActor;
  beforeAll(async () => {
    test = await createTestApp({ poolSize: 8 });
    seller = await createActor(test, { role: 'seller' });
  });
  afterAll(() => test.close());

  it('no star is lost, on product, seller or listing, while others change the same products', async () => {
    const ids = [
      (await stockProduct(test, seller.seller_id)).id,
      (await stockProduct(test, seller.seller_id)).id,
    ];
    const { db } = test.services;
    const rate = (product_id: string) =>
      inTransaction(test.system, (ctx) =>
        addProductRating(ctx, { product_id, rating_delta: 5, count_delta: 1 }),
      );
    const refresh = () => inTransaction(test.system, (ctx) => refreshListings(ctx, ids));
    await Promise.all(
      Array.from({ length: RIVALS }, (_, i) => [rate(ids[i % 2] ?? ''), refresh()]).flat(),
    );
    const sums = await db
      .selectFrom('sellers')
      .select(['rating_sum', 'review_count'])
      .where('id', '=', seller.seller_id)
      .executeTakeFirst();
    expect(sums).toEqual({ rating_sum: RIVALS * 5, review_count: RIVALS });
    const shown = await db
      .selectFrom('product_listing')
      .select(['rating', 'review_count'])
      .where('product_id', 'in', ids)
      .execute();
    expect(shown).toEqual([
      { rating: 5, review_count: RIVALS / 2 },
      { rating: 5, review_count: RIVALS / 2 },
    ]);
  });
});
