import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createActor } from '../../../test/support/actors.ts';
import { createTestApp, type TestApp } from '../../../test/support/app.ts';
import { hold } from '../../../test/support/hold.ts';
import { checkAllInvariants } from '../../../test/support/invariants.ts';
import { type StockOptions, stockProduct } from '../../../test/support/market.ts';
import { inTransaction } from '../../db/transaction.ts';
import { newId } from '../../lib/ids.ts';
import { DAY_MS, HOUR_MS, plusMs } from '../../lib/time.ts';
import { refreshListings, refreshStaleListings } from './listing.service.ts';

let test: TestApp;
let seller_id: string;
beforeAll(async () => {
  test = await createTestApp();
  seller_id = (await createActor(test, { role: 'seller' })).seller_id;
});
afterAll(() => test.close());

const rowOf = (product_id: string) =>
  test.services.db
    .selectFrom('product_listing')
    .selectAll()
    .where('product_id', '=', product_id)
    .executeTakeFirstOrThrow();
/** One unit, and that for a day. */
const SOON: StockOptions = { lots: [{ quantity_milli: 1_000, days_left: 1 }] };
const stock = (options: StockOptions) => stockProduct(test, seller_id, options);

describe('the listing', () => {
  it('counts what is sellable, and shows the lot that must go next', async () => {
    const product = await stock({
      handling_hours: 24,
      lots: [
        { quantity_milli: 1_000, days_left: 0.5 },
        { quantity_milli: 2_000, days_left: 3 },
        { quantity_milli: 4_000, days_left: 8 },
      ],
    });
    const row = await rowOf(product.id);
    expect(row).toMatchObject({ available_milli: 6_000, in_stock: true, on_sale: true });
    const expires_at = row.next_lot_expires_at?.getTime() ?? 0;
    expect(Math.round((expires_at - test.clock.now().getTime()) / DAY_MS)).toBe(3);
  });

  it('is corrected by the job once a lot has expired, and only then', async () => {
    const product = await stock({
      lots: [
        { quantity_milli: 2_000, days_left: 1 },
        { quantity_milli: 4_000, days_left: 8 },
      ],
    });
    await refreshStaleListings(test.system);
    expect((await rowOf(product.id)).available_milli).toBe(6_000);
    test.clock.advance(DAY_MS + HOUR_MS);
    expect(await refreshStaleListings(test.system)).toBeGreaterThan(0);
    expect((await rowOf(product.id)).available_milli).toBe(4_000);
    expect(await refreshStaleListings(test.system)).toBe(0);
  });

  it('follows a promo that begins and ends while nobody writes', async () => {
    const product = await stock({ price_centavos: 10_000 });
    const now = test.clock.now();
    const promo_id = newId();
    const stamps = { created_at: now, updated_at: now };
    await test.services.db
      .insertInto('promos')
      .values({
        id: promo_id,
        seller_id,
        name: 'Sale',
        discount_type: 'PERCENTAGE',
        discount_hundredths: 1_500,
        starts_at: plusMs(now, HOUR_MS),
        ends_at: plusMs(now, 3 * HOUR_MS),
        ...stamps,
      })
      .execute();
    await test.services.db
      .insertInto('promo_products')
      .values({ promo_id, product_id: product.id })
      .execute();
    await inTransaction(test.system, (ctx) => refreshListings(ctx, [product.id]));
    const prices = [];
    for (const _ of ['before', 'during', 'after']) {
      await refreshStaleListings(test.system);
      prices.push((await rowOf(product.id)).current_price_centavos);
      test.clock.advance(2 * HOUR_MS);
    }
    expect(prices).toEqual([10_000, 8_500, 10_000]);
  });

  it('is corrected by the job though that of another seller fails or is held, and those follow', async () => {
    const [broken, held, fine] = [await stock(SOON), await stock(SOON), await stock(SOON)];
    const { db } = test.services;
    await sql`CREATE FUNCTION fail_on_purpose() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN RAISE EXCEPTION 'broken'; END $$`.execute(db);
    await sql`CREATE TRIGGER fail_on_purpose BEFORE UPDATE ON product_listing FOR EACH ROW
      WHEN (OLD.product_id = ${sql.lit(broken.id)}) EXECUTE FUNCTION fail_on_purpose()`.execute(db);
    const letGo = await hold(test, 'SELECT FROM product_listing WHERE product_id = $1 FOR UPDATE', [
      held.id,
    ]);
    const available = async () =>
      Promise.all([broken, held, fine].map(async ({ id }) => (await rowOf(id)).available_milli));
    test.clock.advance(2 * DAY_MS);
    await refreshStaleListings(test.system);
    expect(await available()).toEqual([1_000, 1_000, 0]);
    await letGo();
    await sql`DROP TRIGGER fail_on_purpose ON product_listing`.execute(db);
    test.clock.advance(HOUR_MS);
    await refreshStaleListings(test.system);
    expect(await available()).toEqual([0, 0, 0]);
  });

  it('of one seller with thousands of promos holds up nobody else', async () => {
    const other = (await createActor(test, { role: 'seller' })).seller_id;
    const many = await Promise.all(
      Array.from({ length: 40 }, () => stockProduct(test, other, SOON)),
    );
    const fine = await stock(SOON);
    const now = test.clock.now();
    await sql`
      WITH made AS (
        INSERT INTO promos (id, seller_id, name, discount_type, discount_hundredths, starts_at, ends_at, created_at, updated_at)
        SELECT gen_random_uuid(), ${other}, 'Promo ' || n, 'PERCENTAGE', 1000, ${now}, ${plusMs(now, 9 * DAY_MS)}, ${now}, ${now}
        FROM generate_series(1, 4000) n RETURNING id
      )
      INSERT INTO promo_products (promo_id, product_id) SELECT made.id, p.id FROM made, products p WHERE p.seller_id = ${other}`.execute(
      test.services.db,
    );
    test.clock.advance(2 * DAY_MS);
    await refreshStaleListings(test.system);
    const prices = await Promise.all(
      many.map(async ({ id }) => (await rowOf(id)).current_price_centavos),
    );
    expect(new Set(prices)).toEqual(new Set([10_800]));
    expect((await rowOf(fine.id)).available_milli).toBe(0);
  });

  it('equals what the tables say', async () => {
    await refreshStaleListings(test.system);
    expect(await checkAllInvariants(test.databaseUrl, test.clock.now())).toEqual([]);
  });
});
