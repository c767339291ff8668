import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createActor } from '../../../test/support/actors.ts';
import { stockProduct } from '../../../test/support/market.ts';
import { inTransaction } from '../../db/transaction.ts';
import { newId } from '../../lib/ids.ts';
import { DAY_MS, plusMs } from '../../lib/time.ts';
import { refreshListings, refreshStaleListings } from '../listing/listing.service.ts';
import { insertPromo } from './promos.queries.ts';
import { bestPromo, DISCOUNT_TYPES, priceAfter } from './promos.rules.ts';
import { createPromoBench, type PromoBench } from './promos.testkit.ts';

describe('POST /promos', () => {
  let bench: PromoBench;
  let product: string;
  let other: string;
  beforeAll(async () => {
    bench = await createPromoBench();
  });
  afterAll(() => bench.test.close());
  beforeEach(async () => {
    ({ product, other } = await bench.stock());
  });

  async function create(changes: object = {}): Promise<string> {
    const response = await bench.post([product], changes);
    expect(response.statusCode).toBe(201);
    return response.json().id;
  }

  it('creates a promo that customers see in the price at once', async () => {
    const response = await bench.post([product, other], { description: 'Ripe ones first' });
    expect(response.statusCode).toBe(201);
    const promo = response.json();
    expect(promo).toMatchObject({
      seller_id: bench.seller.seller_id,
      name: 'Tomato week',
      description: 'Ripe ones first',
      discount_type: 'PERCENTAGE',
      discount_value: '15.00',
      product_ids: [product, other].sort(),
      is_active: true,
      status: 'active',
      version: 1,
    });
    expect(await bench.priceOf(product)).toEqual([8_500, promo.id]);
    expect(await bench.priceOf(other)).toEqual([8_500, promo.id]);
  });

  it('of several promos the one that leaves the lowest price wins', async () => {
    await create({ discount_value: '15' });
    const best = await create({ discount_type: 'FIXED', discount_value: '15.01' });
    await create({ discount_value: '1.5' });
    expect(await bench.priceOf(product)).toEqual([8_499, best]);
  });

  it('shows, of any promos, the one that the rules call best for the customer', async () => {
    const { test, seller } = bench;
    const discount = fc.record({
      discount_type: fc.constantFrom(...DISCOUNT_TYPES),
      discount_hundredths: fc.constantFrom(100, 1_499, 1_500, 5_000, 9_999, 10_000),
    });
    const now = test.clock.now();
    const times = {
      starts_at: now,
      ends_at: plusMs(now, DAY_MS),
      created_at: now,
      updated_at: now,
    };
    const some = fc.array(discount, { minLength: 1, maxLength: 5 });
    for (const discounts of fc.sample(some, { numRuns: 20, seed: 7 })) {
      const id = (await bench.stock()).product;
      const promos = discounts.map((terms) => ({ ...terms, id: newId() }));
      await inTransaction(test.system, async (ctx) => {
        for (const promo of promos) {
          const row = { seller_id: seller.seller_id, name: 'P', ...times, ...promo };
          await insertPromo(ctx.db, row, [id]);
        }
        await refreshListings(ctx, [id]);
      });
      const best = bestPromo(10_000, promos);
      expect(await bench.priceOf(id)).toEqual([best && priceAfter(10_000, best), best?.id]);
    }
  });

  it('never makes a price negative', async () => {
    const id = await create({ discount_type: 'FIXED', discount_value: '999.99' });
    expect(await bench.priceOf(product)).toEqual([0, id]);
  });

  it('changes no price before it starts, and none after it has ended', async () => {
    const id = await create(bench.starting(1, 2));
    const passTo = (days: number) => {
      const then = plusMs(bench.test.clock.now(), days * DAY_MS);
      return refreshStaleListings({ ...bench.test.system, clock: { now: () => then } });
    };
    expect(await bench.priceOf(product)).toEqual([10_000, null]);
    await passTo(1.5);
    expect(await bench.priceOf(product)).toEqual([8_500, id]);
    await passTo(2);
    expect(await bench.priceOf(product)).toEqual([10_000, null]);
  });

  it('leaves prices alone while it is switched off', async () => {
    await create({ is_active: false });
    expect(await bench.priceOf(product)).toEqual([10_000, null]);
  });

  it('takes a product that is named in both cases once', async () => {
    const response = await bench.post([product, product.toUpperCase()]);
    expect([response.statusCode, response.json().product_ids]).toEqual([201, [product]]);
  });

  it('lets an admin make one for the seller of the products', async () => {
    const response = await bench.post([product], {}, bench.admin.token);
    expect([response.statusCode, response.json().seller_id]).toEqual([201, bench.seller.seller_id]);
  });

  it.each<[string, object, string]>([
    ['less than one percent', { discount_value: '0.99' }, '/discount_value'],
    ['more than all', { discount_value: '100.01' }, '/discount_value'],
    ['nothing', { discount_type: 'FIXED', discount_value: '0.00' }, '/discount_value'],
    ['a negative value', { discount_value: '-5' }, '/discount_value'],
    ['three places', { discount_value: '5.005' }, '/discount_value'],
    ['a number', { discount_value: 5 }, '/discount_value'],
    ['an unknown type', { discount_type: 'BOGO' }, '/discount_type'],
    ['a blank name', { name: '  ' }, '/name'],
    ['no products', { product_ids: [] }, '/product_ids'],
    ['too many products', { product_ids: Array.from({ length: 501 }, newId) }, '/product_ids'],
    ['an unknown product', { product_ids: [newId()] }, '/product_ids/0'],
    ['an unreadable product', { product_ids: [`urn:uuid:${newId()}`] }, '/product_ids/0'],
    ['a time without an offset', { starts_at: '2026-03-01T00:00:00' }, '/starts_at'],
    ['a leap second', { starts_at: '2016-12-31T23:59:60Z' }, '/starts_at'],
    ['an unknown member', { seller_id: newId() }, '/seller_id'],
  ])('refuses %s with the pointer', async (_case, changes, pointer) => {
    const response = await bench.post([product], changes);
    expect(response.statusCode).toBe(400);
    expect(response.json()).toMatchObject({
      code: 'VALIDATION_ERROR',
      errors: expect.arrayContaining([expect.objectContaining({ pointer })]),
    });
  });

  it('refuses an end that is not after the start', async () => {
    const at = bench.test.clock.now().toISOString();
    const response = await bench.post([product], { starts_at: at, ends_at: at });
    expect([response.statusCode, response.json().errors[0].pointer]).toEqual([400, '/ends_at']);
  });

  it("refuses another seller's product, a deleted one, and for admins a mixture", async () => {
    const { test, rival, admin } = bench;
    const foreign = (await stockProduct(test, rival.seller_id)).id;
    const pointerOf = async (product_ids: string[], token?: string) => {
      const response = await bench.post(product_ids, {}, token);
      return [response.statusCode, response.json().errors?.[0].pointer];
    };
    expect(await pointerOf([product, foreign])).toEqual([400, '/product_ids/1']);
    expect(await pointerOf([product, foreign], admin.token)).toEqual([400, '/product_ids/1']);
    await test.services.db
      .updateTable('products')
      .set({ deleted_at: test.clock.now() })
      .where('id', '=', other)
      .execute();
    expect(await pointerOf([other])).toEqual([400, '/product_ids/0']);
    expect(await pointerOf([other], admin.token)).toEqual([400, '/product_ids/0']);
  });

  it('is refused to nobody, customers and suspended sellers', async () => {
    const { test, customer } = bench;
    const suspended = await createActor(test, { role: 'seller', sellerStatus: 'SUSPENDED' });
    const codeFor = async (token?: string) => {
      const body = bench.terms([product]);
      return (await test.call({ method: 'POST', path: '/promos', token, body })).json().code;
    };
    expect(await codeFor()).toBe('UNAUTHENTICATED');
    expect(await codeFor(customer.token)).toBe('FORBIDDEN');
    expect(await codeFor(suspended.token)).toBe('FORBIDDEN');
  });
});
