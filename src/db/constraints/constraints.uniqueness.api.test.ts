// What may exist once only, what a deletion frees, and which values no row may have, each tried with plain SQL.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  address,
  CATEGORY,
  category,
  id,
  key,
  NEW,
  OTHER_USER,
  openWorld,
  PRODUCT,
  product,
  promo,
  review,
  seller,
  USER,
  user,
  values,
  type World,
} from './constraints.testkit.ts';

let world: World;

beforeAll(async () => {
  world = await openWorld();
});
beforeEach(() => world.begin());
afterEach(() => world.forget());
afterAll(() => world.close());

async function expectRefusal(statements: string, by: string): Promise<void> {
  expect((await world.attempt(statements)).by).toBe(by);
}

describe('one of each', () => {
  it.each([
    ['idempotency key per user', key(USER, 'k'), 'idempotency_keys_pkey'],
    ['review per customer and product', review(), 'reviews_one_per_customer_key'],
    ['seller per user', seller(NEW, USER, 'another'), 'sellers_user_key'],
    ['SKU per seller', product(NEW, 'SKU-1'), 'products_sku_key'],
    ['e-mail address', user(NEW, 'maria2', { email: 'maria@example.com' }), 'users_email_key'],
    [
      'e-mail address in any case',
      user(NEW, 'maria2', { email: 'Maria@Example.COM' }),
      'users_email_key',
    ],
    ['user name in any case', user(NEW, 'MARIA', { email: 'other@example.com' }), 'users_name_key'],
    ['confirmed phone number', user(NEW, 'maria2', { confirmed: true }), 'users_phone_key'],
    [
      'default address per user',
      [1, 2].map((n) => address(id(50 + n))).join(';'),
      'addresses_default_key',
    ],
    [
      'category name among its siblings',
      category(NEW, 'GULAY', null, 'gulay-2'),
      'categories_sibling_name_key',
    ],
    ['category slug', category(NEW, 'Prutas', CATEGORY, 'gulay'), 'categories_slug_key'],
    [
      'provider event',
      [1, 2]
        .map(
          () =>
            `INSERT INTO provider_events VALUES (${values('simulator', 'evt', 'paid', 'ref', 'now')})`,
        )
        .join(';'),
      'provider_events_pkey',
    ],
  ])('%s', (_what, statements, by) => expectRefusal(statements, by));

  it.each([
    ['the key of another user', key(OTHER_USER, 'k')],
    ['products without a SKU', `${product(id(51), null)}; ${product(id(52), null)}`],
    ['a phone number that nobody confirmed', user(NEW, 'maria2', { confirmed: false })],
    [
      'a category of the same name elsewhere in the tree',
      category(NEW, 'Gulay', CATEGORY, 'gulay-2'),
    ],
  ])('but %s may be many', (_what, statements) => world.take(statements));
});

describe('what was deleted', () => {
  it.each([
    [
      'user frees e-mail, name and phone',
      `UPDATE users SET deleted_at = now(), is_active = false WHERE id = '${USER}'; ${user(NEW, 'maria', { confirmed: true })}`,
    ],
    [
      'seller lets its user apply again',
      `UPDATE sellers SET deleted_at = now(); ${seller(NEW, USER, 'gulayan')}`,
    ],
    ['product frees its SKU', `UPDATE products SET deleted_at = now(); ${product(NEW, 'SKU-1')}`],
    [
      'review lets its customer write another',
      `UPDATE reviews SET deleted_at = now(); ${review()}`,
    ],
    [
      'category frees its name and slug',
      `UPDATE categories SET deleted_at = now(); ${category(NEW, 'Gulay', null, 'gulay')}`,
    ],
  ])('%s', (_what, statements) => world.take(statements));

  it('user cannot be active', () =>
    expectRefusal('UPDATE users SET deleted_at = now()', 'users_deleted_inactive'));

  it('SKU cannot come back where another product has it now', () =>
    expectRefusal(
      `UPDATE products SET deleted_at = now(); ${product(NEW, 'SKU-1')}; UPDATE products SET deleted_at = NULL`,
      'products_sku_key',
    ));
});

describe('promos, prices and the rest', () => {
  it.each([
    [
      'a promo that ends when it starts',
      promo('FIXED', 100, '2026-03-01', '2026-03-01'),
      'promos_end_after_start',
    ],
    ['a percentage below 1', promo('PERCENTAGE', 99), 'promos_percentage'],
    ['a percentage above 100', promo('PERCENTAGE', 10_001), 'promos_percentage'],
    ['a promo that takes nothing off', promo('FIXED', 0), 'promos_discount_hundredths_check'],
    ['a price of nothing', product(NEW, null, 0), 'products_price_centavos_check'],
    ['a negative price', product(NEW, null, -1), 'products_price_centavos_check'],
    ['a price above the highest', product(NEW, null, 100_000_000), 'products_price_centavos_check'],
    ['a rating above 5', `UPDATE reviews SET rating = 6`, 'reviews_rating_check'],
    [
      'a category that is its own parent',
      `UPDATE categories SET parent_id = id`,
      'categories_check',
    ],
    [
      'a cart line of nothing',
      `INSERT INTO carts VALUES ('${USER}'); INSERT INTO cart_items VALUES (${values(NEW, USER, PRODUCT, 0, 'now')})`,
      'cart_items_quantity_milli_check',
    ],
  ])('refuse %s', (_what, statements, by) => expectRefusal(statements, by));

  it.each([
    ['1 %', promo('PERCENTAGE', 100)],
    ['100 %', promo('PERCENTAGE', 10_000)],
    ['a fixed sum above the price', promo('FIXED', 1_000_000)],
  ])('take a promo of %s', (_what, statements) => world.take(statements));
});
