// A thousand reservations that end at one moment, one of which nobody can cancel, while another transaction holds a hot product.
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asCustomer } from '../../../../test/authorization/fixtures.ts';
import { createActor } from '../../../../test/support/actors.ts';
import { createTestApp, type TestApp } from '../../../../test/support/app.ts';
import { hold } from '../../../../test/support/hold.ts';
import { checkAllInvariants } from '../../../../test/support/invariants.ts';
import {
  type Customer,
  createCustomer,
  type StockedProduct,
  stockOf,
  stockProduct,
} from '../../../../test/support/market.ts';
import { newId } from '../../../lib/ids.ts';
import { HOUR_MS, SECOND_MS } from '../../../lib/time.ts';
import { placeOrder } from '../checkout/checkout.service.ts';
import { settleOrder } from '../settlement/settlement.service.ts';
import { expireReservations } from './deadlines.service.ts';

const RESERVATIONS = 1_000;
const PRODUCTS = 10;
const CUSTOMERS = 8;
const SAMPLE = 60;
/** Until then the stock of an unpaid order must be back; the job comes round within this less the time it takes. */
const STOCK_BACK_MS = 10 * SECOND_MS;
const JOB_PERIOD_MS = 2 * SECOND_MS;
const SETUP_TIMEOUT_MS = 180 * SECOND_MS;

let test: TestApp;
let products: StockedProduct[];
let poison: string;
let order_ms: number;

beforeAll(async () => {
  test = await createTestApp({ poolSize: 8 });
  const { seller_id } = await createActor(test, { role: 'seller' });
  products = [];
  for (let i = 0; i < PRODUCTS; i += 1)
    products.push(
      await stockProduct(test, seller_id, { lots: [{ quantity_milli: 1_000_000, days_left: 30 }] }),
    );
  await Promise.all(
    Array.from({ length: CUSTOMERS }, async (_, b) => {
      const customer = await createCustomer(test);
      for (let i = b; i < RESERVATIONS; i += CUSTOMERS)
        await reserve(customer, products[i % PRODUCTS]);
    }),
  );
  // Of the product that nobody holds.
  const items = await test.services.db
    .selectFrom('order_items')
    .select('order_id')
    .where('product_id', '=', products[1]?.id ?? '')
    .execute();
  poison = items[0]?.order_id ?? '';
  const sample = await test.services.db
    .selectFrom('order_items')
    .select('order_id')
    .where('product_id', 'in', [products[3]?.id ?? '', products[4]?.id ?? ''])
    .limit(SAMPLE)
    .execute();
  order_ms = await msPerOrder(sample.map((row) => row.order_id));
}, SETUP_TIMEOUT_MS);
afterAll(() => test.close());

async function reserve(customer: Customer, product: StockedProduct | undefined): Promise<void> {
  const line = {
    id: newId(),
    user_id: customer.user_id,
    product_id: product?.id ?? '',
    quantity_milli: 1_000,
    created_at: test.clock.now(),
  };
  const { db } = test.services;
  await db
    .insertInto('carts')
    .values({ user_id: customer.user_id })
    .onConflict((oc) => oc.doNothing())
    .execute();
  await db.insertInto('cart_items').values(line).execute();
  await placeOrder(asCustomer(test, customer), {
    address_id: customer.address_id,
    payment_method: 'GCASH',
  });
}

/** How long one order takes that nothing stands in the way of, on this machine at this moment. */
async function msPerOrder(orders: readonly string[]): Promise<number> {
  const began_ms = performance.now();
  const sampler = async (rows: readonly string[]) => {
    for (const id of rows) await settleOrder(test.system, id, 'EXPIRED');
  };
  const third = Math.ceil(orders.length / 3);
  await Promise.all([0, 1, 2].map((n) => sampler(orders.slice(n * third, (n + 1) * third))));
  return (performance.now() - began_ms) / orders.length;
}

async function reservedUnits(product: StockedProduct | undefined): Promise<number> {
  const lots = await stockOf(test, product?.id ?? '');
  return lots.reduce((sum, lot) => sum + lot.reserved_milli, 0) / 1_000;
}

/** Makes every change of the order fail until it is called off. */
async function poisonOrder(order_id: string): Promise<() => Promise<void>> {
  const { db } = test.services;
  await sql`CREATE FUNCTION fail_on_purpose() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'broken' USING ERRCODE = 'XX000'; END $$`.execute(db);
  await sql`CREATE TRIGGER fail_on_purpose BEFORE UPDATE ON seller_orders FOR EACH ROW
    WHEN (OLD.order_id = ${sql.lit(order_id)}) EXECUTE FUNCTION fail_on_purpose()`.execute(db);
  return async () => {
    await sql`DROP TRIGGER fail_on_purpose ON seller_orders`.execute(db);
    await sql`DROP FUNCTION fail_on_purpose()`.execute(db);
  };
}

const setAside = () =>
  test.services.db.selectFrom('set_aside_rows').selectAll().orderBy('reason').execute();

describe('reservations that end at one moment', () => {
  it('are back in stock within ten seconds, whoever holds one product and whichever order fails', async () => {
    const [hot, ...others] = products;
    const cure = await poisonOrder(poison);
    const letGo = await hold(test, 'SELECT FROM product_stock WHERE product_id = $1 FOR UPDATE', [
      hot?.id,
    ]);
    test.clock.advance(HOUR_MS);
    const began_ms = performance.now();
    await expireReservations(test.system);
    const took_ms = performance.now() - began_ms;

    const left = await Promise.all(others.map(reservedUnits));
    expect(left).toEqual([1, ...Array(PRODUCTS - 2).fill(0)]);
    // On a machine that does other things too, no more than half as long again as the bare work.
    const bare_ms = RESERVATIONS * order_ms;
    expect(took_ms).toBeLessThan(Math.max(STOCK_BACK_MS - JOB_PERIOD_MS, 1.5 * bare_ms));
    expect(await reservedUnits(hot)).toBe(RESERVATIONS / PRODUCTS);
    const aside = await setAside();
    expect(aside).toHaveLength(RESERVATIONS / PRODUCTS + 1);
    expect(aside.at(-1)).toMatchObject({ row_id: poison, reason: 'XX000', attempts: 1 });

    await letGo();
    test.clock.advance(6 * SECOND_MS);
    await expireReservations(test.system);
    expect(await reservedUnits(hot)).toBe(0);
    expect((await setAside()).map((row) => row.row_id)).toEqual([poison]);

    await cure();
    test.clock.advance(HOUR_MS);
    await expireReservations(test.system);
    expect(await reservedUnits(others[0])).toBe(0);
    expect(await setAside()).toEqual([]);
    expect(await checkAllInvariants(test.databaseUrl, test.clock.now())).toEqual([]);
  });
});
