import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createActor, type TestActor } from '../../../test/support/actors.ts';
import { createTestApp, type TestApp } from '../../../test/support/app.ts';
import { stockProduct } from '../../../test/support/market.ts';
import { inTransaction } from '../../db/transaction.ts';
import { DAY_MS, plusMs } from '../../lib/time.ts';
import { refreshListings } from '../listing/listing.service.ts';

const ROUNDS = 10;

describe('promos under rivalry', () => {
  let test: TestApp;
  let seller: TestActor;
  beforeAll(async () => {
    test = await createTestApp({ poolSize: 8 });
    seller = await createActor(test, { role: 'seller' });
  });
  afterAll(() => test.close());

  const halve = (product_id: string) =>
    test.call({
      method: 'POST',
      path: '/promos',
      token: seller.token,
      body: {
        name: 'Half',
        discount_type: 'PERCENTAGE',
        discount_value: '50',
        starts_at: plusMs(test.clock.now(), -DAY_MS).toISOString(),
        ends_at: plusMs(test.clock.now(), DAY_MS).toISOString(),
        product_ids: [product_id],
      },
    });

  const reprice = (product_id: string) =>
    inTransaction(test.system, async (ctx) => {
      await ctx.db
        .updateTable('products')
        .set({ price_centavos: 20_000 })
        .where('id', '=', product_id)
        .execute();
      await refreshListings(ctx, [product_id]);
    });

  it('a new price and a promo at the same moment are both in what customers see', async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const { id } = await stockProduct(test, seller.seller_id, { price_centavos: 10_000 });
      const [created] = await Promise.all([halve(id), reprice(id), halve(id)]);
      expect(created.statusCode).toBe(201);
      const listing = await test.services.db
        .selectFrom('product_listing')
        .select(['price_centavos', 'current_price_centavos'])
        .where('product_id', '=', id)
        .executeTakeFirst();
      expect(listing).toEqual({ price_centavos: 20_000, current_price_centavos: 10_000 });
    }
  });
});
