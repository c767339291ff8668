import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createActor, type TestActor } from '../../../../test/support/actors.ts';
import { createTestApp, type TestApp } from '../../../../test/support/app.ts';
import {
  checkOut,
  createCustomer,
  fillCart,
  order,
  stockOf,
  stockProduct,
} from '../../../../test/support/market.ts';
import { newId } from '../../../lib/ids.ts';

let test: TestApp;
let seller: TestActor;

beforeAll(async () => {
  test = await createTestApp();
  seller = await createActor(test, { role: 'seller' });
});
afterAll(() => test.close());

describe('checkout', () => {
  it('turns the cart into one order with a seller order per seller, and empties the cart', async () => {
    const customer = await createCustomer(test);
    const other = await createActor(test, { role: 'seller' });
    const kamatis = await stockProduct(test, seller.seller_id, { price_centavos: 12_000 });
    const talong = await stockProduct(test, other.seller_id, { price_centavos: 8_050 });
    const { order: placed, payment } = await order(test, customer, {
      [kamatis.id]: '2',
      [talong.id]: '1.5',
    });
    expect(placed).toMatchObject({
      order_status: 'PENDING',
      payment_status: 'PENDING',
      payment_method: 'COD',
      subtotal: '360.75',
      discount: '0.00',
      delivery_fee: '0.00',
      total_amount: '360.75',
      currency: 'PHP',
      shipping_address: { recipient_name: 'Maria Santos', city: 'Manila City', province: null },
    });
    expect(placed.order_number).toMatch(/^OID-2026-\d{6}$/);
    expect(
      placed.seller_orders
        .map((sellerOrder: { total_amount: string }) => sellerOrder.total_amount)
        .sort(),
    ).toEqual(['120.75', '240.00']);
    expect(placed.items).toHaveLength(2);
    expect(payment).toMatchObject({
      order_id: placed.id,
      amount: '360.75',
      refunded_amount: '0.00',
      checkout_url: null,
      expires_at: null,
    });
    expect((await test.call({ path: '/cart', token: customer.token })).json().total_items).toBe(0);
    expect(
      (await test.call({ path: `/orders/${placed.order_number}`, token: customer.token })).json(),
    ).toEqual(placed);
  });

  it('fills a line from the lot that expires first, over several lots, and skips what would arrive dead', async () => {
    const customer = await createCustomer(test);
    const product = await stockProduct(test, seller.seller_id, {
      handling_hours: 24,
      lots: [
        { quantity_milli: 5_000, days_left: -1 },
        { quantity_milli: 5_000, days_left: 0.5 },
        { quantity_milli: 3_000, days_left: 2 },
        { quantity_milli: 9_000, days_left: 6 },
      ],
    });
    await order(test, customer, { [product.id]: '4' });
    const reserved = (await stockOf(test, product.id)).map((lot) => lot.reserved_milli);
    expect(reserved).toEqual([0, 0, 3_000, 1_000]);
  });

  it('orders the named lines only', async () => {
    const customer = await createCustomer(test);
    const [a, b] = [
      await stockProduct(test, seller.seller_id),
      await stockProduct(test, seller.seller_id),
    ];
    await fillCart(test, customer, { [a.id]: '1', [b.id]: '1' });
    const cart = (await test.call({ path: '/cart', token: customer.token })).json();
    const answer = await checkOut(test, customer, { body: { cart_item_ids: [cart.items[0].id] } });
    expect(
      answer.json().order.items.map((item: { product_id: string }) => item.product_id),
    ).toEqual([a.id]);
    expect(
      (await test.call({ path: '/cart', token: customer.token })).json().items[0].product_id,
    ).toBe(b.id);
  });

  it('takes the promo that leaves the lowest price, and shows what it saved', async () => {
    const customer = await createCustomer(test);
    const product = await stockProduct(test, seller.seller_id, { price_centavos: 10_000 });
    await addPromo(product.id, { discount_type: 'PERCENTAGE', discount_hundredths: 1_000 });
    await addPromo(product.id, { discount_type: 'FIXED', discount_hundredths: 2_500 });
    const { order: placed } = await order(test, customer, { [product.id]: '2' });
    expect(placed).toMatchObject({ subtotal: '200.00', discount: '50.00', total_amount: '150.00' });
    expect(placed.items[0]).toMatchObject({
      list_price: '100.00',
      unit_price: '75.00',
      line_total: '150.00',
    });
  });

  it('refuses short stock, names each short product and what is left, and writes nothing', async () => {
    const customer = await createCustomer(test);
    const [plenty, scarce] = [
      await stockProduct(test, seller.seller_id),
      await stockProduct(test, seller.seller_id, {
        lots: [{ quantity_milli: 1_500, days_left: 3 }],
      }),
    ];
    await fillCart(test, customer, { [plenty.id]: '1', [scarce.id]: '2' });
    const answer = await checkOut(test, customer);
    expect(answer.statusCode).toBe(409);
    expect(answer.json()).toMatchObject({
      code: 'INSUFFICIENT_STOCK',
      products: [{ product_id: scarce.id, available_quantity: '1.500' }],
    });
    expect(await stockOf(test, plenty.id)).toEqual([{ on_hand_milli: 10_000, reserved_milli: 0 }]);
    expect((await test.call({ path: '/cart', token: customer.token })).json().total_items).toBe(2);
    expect((await test.call({ path: '/orders', token: customer.token })).json().count).toBe(0);
  });

  it('refuses a total that is no longer the expected one, and accepts the right one', async () => {
    const customer = await createCustomer(test);
    const product = await stockProduct(test, seller.seller_id, { price_centavos: 12_000 });
    await fillCart(test, customer, { [product.id]: '1' });
    const refused = await checkOut(test, customer, { body: { expected_total: '119.99' } });
    expect([refused.statusCode, refused.json().code, refused.json().total_amount]).toEqual([
      409,
      'PRICE_CHANGED',
      '120.00',
    ]);
    expect((await checkOut(test, customer, { body: { expected_total: '120' } })).statusCode).toBe(
      201,
    );
  });

  it('names what is short, not the price, where the cart’s total left it out', async () => {
    const customer = await createCustomer(test);
    const product = await stockProduct(test, seller.seller_id);
    await fillCart(test, customer, { [product.id]: '11' });
    const refused = await checkOut(test, customer, { body: { expected_total: '0.00' } });
    expect(refused.json().code).toBe('INSUFFICIENT_STOCK');
  });

  it('refuses an empty cart, another’s address, another’s line, and a product that left the market', async () => {
    const customer = await createCustomer(test);
    const stranger = await createCustomer(test);
    const product = await stockProduct(test, seller.seller_id);
    expect((await checkOut(test, customer)).json().code).toBe('EMPTY_CART');
    await fillCart(test, customer, { [product.id]: '1' });
    expect(
      (await checkOut(test, customer, { body: { address_id: stranger.address_id } })).statusCode,
    ).toBe(404);
    expect(
      (await checkOut(test, customer, { body: { cart_item_ids: [newId()] } })).statusCode,
    ).toBe(409);
    await test.services.db
      .updateTable('sellers')
      .set({ status: 'SUSPENDED' })
      .where('id', '=', seller.seller_id)
      .execute();
    const refused = await checkOut(test, customer);
    await test.services.db
      .updateTable('sellers')
      .set({ status: 'VERIFIED' })
      .where('id', '=', seller.seller_id)
      .execute();
    expect(refused.json()).toMatchObject({
      code: 'PRODUCT_UNAVAILABLE',
      products: [{ product_id: product.id }],
    });
  });

  it('demands an idempotency key, replays the first answer to the letter, and refuses another body', async () => {
    const customer = await createCustomer(test);
    const product = await stockProduct(test, seller.seller_id);
    await fillCart(test, customer, { [product.id]: '1' });
    const bare = await test.call({
      method: 'POST',
      path: '/orders/checkout',
      token: customer.token,
      body: { address_id: customer.address_id, payment_method: 'COD' },
    });
    expect([bare.statusCode, bare.json().code]).toEqual([400, 'IDEMPOTENCY_KEY_REQUIRED']);
    const key = newId();
    const first = await checkOut(test, customer, { key });
    const again = await checkOut(test, customer, { key });
    expect([again.statusCode, again.headers['idempotency-replayed'], again.body]).toEqual([
      201,
      'true',
      first.body,
    ]);
    const other = await checkOut(test, customer, { key, body: { notes: 'Paki-iwan sa gate' } });
    expect([other.statusCode, other.json().code]).toEqual([422, 'IDEMPOTENCY_KEY_REUSED']);
  });

  it('frees the key of a refused checkout', async () => {
    const customer = await createCustomer(test);
    const product = await stockProduct(test, seller.seller_id);
    const key = newId();
    expect((await checkOut(test, customer, { key })).json().code).toBe('EMPTY_CART');
    await fillCart(test, customer, { [product.id]: '1' });
    expect((await checkOut(test, customer, { key })).statusCode).toBe(201);
  });

  it.each([1, 3, 12])('takes at most twelve statements for %i lines', async (lines) => {
    const customer = await createCustomer(test);
    const products = [];
    for (let i = 0; i < lines; i += 1) products.push(await stockProduct(test, seller.seller_id));
    await fillCart(
      test,
      customer,
      Object.fromEntries(products.map((product) => [product.id, '1'])),
    );
    test.statements.length = 0;
    expect((await checkOut(test, customer)).statusCode).toBe(201);
    expect(test.statements.length, test.statements.join('\n')).toBeLessThanOrEqual(12);
  });

  it('books the total and writes the outbox in the same transaction', async () => {
    const customer = await createCustomer(test);
    const product = await stockProduct(test, seller.seller_id, { price_centavos: 5_000 });
    const { order: placed } = await order(test, customer, { [product.id]: '1' });
    const { db } = test.services;
    const lines = await db
      .selectFrom('journal_lines')
      .innerJoin('journal_entries', 'journal_entries.id', 'journal_lines.entry_id')
      .select(['kind', 'account', 'debit_centavos', 'credit_centavos'])
      .where('order_id', '=', placed.id)
      .orderBy('line_number')
      .execute();
    expect(lines).toEqual([
      {
        kind: 'ORDER_PLACED',
        account: 'CUSTOMER_RECEIVABLE',
        debit_centavos: 5_000,
        credit_centavos: 0,
      },
      {
        kind: 'ORDER_PLACED',
        account: 'ORDER_LIABILITY',
        debit_centavos: 0,
        credit_centavos: 5_000,
      },
    ]);
    const events = await db
      .selectFrom('outbox_messages')
      .select('topic')
      .where('payload', '@>', JSON.stringify({ order_id: placed.id }))
      .execute();
    expect(events).toEqual([{ topic: 'order.placed' }]);
  });
});

async function addPromo(
  product_id: string,
  discount: { discount_type: 'PERCENTAGE' | 'FIXED'; discount_hundredths: number },
): Promise<void> {
  const now = test.clock.now();
  const id = newId();
  await test.services.db
    .insertInto('promos')
    .values({
      id,
      seller_id: seller.seller_id,
      name: 'Sale',
      ...discount,
      starts_at: new Date(now.getTime() - 1000),
      ends_at: new Date(now.getTime() + 86_400_000),
      created_at: now,
      updated_at: now,
    })
    .execute();
  await test.services.db
    .insertInto('promo_products')
    .values({ promo_id: id, product_id })
    .execute();
}
