// Products on sale and customers with carts and orders, written straight into the database: what order tests start from.
import { inTransaction } from '../../src/db/transaction.ts';
import { newId } from '../../src/lib/ids.ts';
import type { Unit } from '../../src/lib/quantity.ts';
import { DAY_MS, plusMs } from '../../src/lib/time.ts';
import { refreshListings } from '../../src/modules/listing/listing.service.ts';
import { createActor, TEST_BARANGAY, type TestActor } from './actors.ts';
import type { TestApp } from './app.ts';

export interface StockOptions {
  readonly price_centavos?: number;
  readonly unit?: Unit;
  readonly handling_hours?: number;
  /** Lots in the order given; `days_left` may be negative. Ten units with five days left by default. */
  readonly lots?: readonly { quantity_milli: number; days_left: number }[];
}

export interface StockedProduct {
  readonly id: string;
  readonly lot_ids: readonly string[];
}

/** A product on sale with its lots, as the seller's own routes would leave it. */
export async function stockProduct(
  test: TestApp,
  seller_id: string,
  options: StockOptions = {},
): Promise<StockedProduct> {
  const { db } = test.services;
  const now = test.clock.now();
  const id = newId();
  const category_id = newId();
  const stamps = { created_at: now, updated_at: now };
  await db
    .insertInto('categories')
    .values({ id: category_id, name: `Gulay ${id}`, slug: `gulay-${id}`, ...stamps })
    .execute();
  await db
    .insertInto('products')
    .values({
      id,
      seller_id,
      category_id,
      name: `Kamatis ${id.slice(-6)}`,
      slug: `kamatis-${id}`,
      description: 'Native tomatoes',
      unit: options.unit ?? 'kg',
      price_centavos: options.price_centavos ?? 12_000,
      shelf_life_days: 10,
      handling_hours: options.handling_hours ?? 0,
      ...stamps,
    })
    .execute();
  await db.insertInto('product_stock').values({ product_id: id }).execute();
  await db.insertInto('product_counters').values({ product_id: id }).execute();
  const lots = options.lots ?? [{ quantity_milli: 10_000, days_left: 5 }];
  const lot_ids: string[] = [];
  for (const lot of lots) lot_ids.push(await addLot(test, id, lot));
  await refresh(test, id);
  return { id, lot_ids };
}

async function addLot(
  test: TestApp,
  product_id: string,
  lot: { quantity_milli: number; days_left: number },
): Promise<string> {
  const { db } = test.services;
  const now = test.clock.now();
  const id = newId();
  const expires_at = plusMs(now, lot.days_left * DAY_MS);
  await db
    .insertInto('lots')
    .values({
      id,
      product_id,
      harvested_at: plusMs(expires_at, -10 * DAY_MS),
      expires_at,
      created_at: now,
    })
    .execute();
  await db
    .insertInto('stock_movements')
    .values({
      id: newId(),
      lot_id: id,
      product_id,
      delta_milli: lot.quantity_milli,
      reason: 'HARVEST',
      created_at: now,
    })
    .execute();
  return id;
}

async function refresh(test: TestApp, product_id: string): Promise<void> {
  await inTransaction(test.system, (ctx) => refreshListings(ctx, [product_id]));
}

export interface Customer extends TestActor {
  readonly address_id: string;
}

/** A verified customer with an address. */
export async function createCustomer(test: TestApp): Promise<Customer> {
  const actor = await createActor(test);
  const address_id = newId();
  const now = test.clock.now();
  await test.services.db
    .insertInto('addresses')
    .values({
      id: address_id,
      user_id: actor.user_id,
      label: 'Home',
      recipient_name: 'Maria Santos',
      recipient_phone: '+639171234567',
      street: '12 Rizal St.',
      barangay_code: TEST_BARANGAY,
      is_default: true,
      created_at: now,
      updated_at: now,
    })
    .execute();
  // A spread would freeze the token.
  return Object.assign(actor, { address_id });
}

/** Puts products into the customer's cart; quantities as the API takes them. */
export async function fillCart(
  test: TestApp,
  customer: Customer,
  products: Readonly<Record<string, string>>,
): Promise<void> {
  for (const [product_id, quantity] of Object.entries(products)) {
    const answer = await test.call({
      method: 'POST',
      path: '/cart/items',
      token: customer.token,
      body: { product_id, quantity },
    });
    if (answer.statusCode !== 201) throw new Error(`cart refused: ${answer.body}`);
  }
}

export interface CheckoutCall {
  readonly method?: 'COD' | 'GCASH' | 'MAYA';
  readonly key?: string;
  readonly body?: Readonly<Record<string, unknown>>;
}

export function checkOut(test: TestApp, customer: Customer, call: CheckoutCall = {}) {
  return test.call({
    method: 'POST',
    path: '/orders/checkout',
    token: customer.token,
    headers: { 'idempotency-key': call.key ?? newId() },
    body: { address_id: customer.address_id, payment_method: call.method ?? 'COD', ...call.body },
  });
}

/** Cart and checkout in one; the answer's order and payment. */
export async function order(
  test: TestApp,
  customer: Customer,
  products: Readonly<Record<string, string>>,
  method?: CheckoutCall['method'],
) {
  await fillCart(test, customer, products);
  const answer = await checkOut(test, customer, method === undefined ? {} : { method });
  if (answer.statusCode !== 201) throw new Error(`checkout refused: ${answer.body}`);
  return answer.json();
}

export async function stockOf(
  test: TestApp,
  product_id: string,
): Promise<{ on_hand_milli: number; reserved_milli: number }[]> {
  return test.services.db
    .selectFrom('lots')
    .select(['on_hand_milli', 'reserved_milli'])
    .where('product_id', '=', product_id)
    .orderBy('expires_at')
    .execute();
}

/** Debits less credits of an order's journal entries, by account. */
export async function balancesOf(test: TestApp, order_id: string): Promise<Record<string, number>> {
  const rows = await test.services.db
    .selectFrom('journal_lines')
    .innerJoin('journal_entries', 'journal_entries.id', 'journal_lines.entry_id')
    .select([
      'account',
      (eb) => eb.fn.sum<number>(eb('debit_centavos', '-', eb.ref('credit_centavos'))).as('balance'),
    ])
    .where('order_id', '=', order_id)
    .groupBy('account')
    .execute();
  return Object.fromEntries(rows.map((row) => [row.account, Number(row.balance)]));
}
