// A small world in plain SQL, one row of each table that the database's own rules are about, and attempts to break it.
import pg from 'pg';
import { createTestDatabase } from '../../../test/support/database.ts';
import { sqlState, violatedConstraint } from '../transaction.ts';

export const id = (n: number) => `00000000-0000-7000-8000-${String(n).padStart(12, '0')}`;
export const USER = id(1);
export const OTHER_USER = id(2);
const SELLER = id(3);
export const CATEGORY = id(4);
export const PRODUCT = id(5);
export const LOT = id(6);
const ORDER = id(7);
export const PART = id(8);
export const PAYMENT = id(9);
export const ENTRY = id(10);
export const NEW = id(99);

export const values = (...list: (string | number | null)[]) =>
  list.map((v) => (v === null ? 'NULL' : `'${v}'`)).join(', ');

export function user(
  user_id: string,
  name: string,
  more: { email?: string; phone?: string; deleted?: boolean; confirmed?: boolean } = {},
) {
  const {
    email = `${name}@example.com`,
    phone = '+639170000000',
    deleted = false,
    confirmed = false,
  } = more;
  return `INSERT INTO users (id, user_name, user_email, user_phone, password_hash, first_name, last_name, terms_accepted_at,
    created_at, updated_at, is_active, deleted_at, phone_verified_at)
    VALUES (${values(user_id, name, email, phone, '-', 'Maria', 'Santos', 'now', 'now', 'now')},
    ${!deleted}, ${deleted ? 'now()' : 'NULL'}, ${confirmed ? 'now()' : 'NULL'})`;
}
export function seller(seller_id: string, owner: string, slug: string) {
  return `INSERT INTO sellers (id, user_id, business_name, business_phone, slug, street, barangay_code, terms_accepted_at, created_at, updated_at)
    VALUES (${values(seller_id, owner, `Gulayan ${slug}`, '+639170000000', slug, 'Km. 5', '1380607001', 'now', 'now', 'now')})`;
}
export function category(category_id: string, name: string, parent: string | null, slug: string) {
  return `INSERT INTO categories (id, name, slug, parent_id, created_at, updated_at) VALUES (${values(category_id, name, slug, parent, 'now', 'now')})`;
}
export function product(product_id: string, sku: string | null, price_centavos = 100) {
  return `INSERT INTO products (id, seller_id, category_id, name, slug, description, unit, price_centavos, shelf_life_days, sku, created_at, updated_at)
    VALUES (${values(product_id, SELLER, CATEGORY, 'Kamatis', product_id, '-', 'kg', price_centavos, 7, sku, 'now', 'now')})`;
}
export function movement(delta_milli: number) {
  return `INSERT INTO stock_movements (id, lot_id, product_id, delta_milli, reason, created_at)
    VALUES (gen_random_uuid(), ${values(LOT, PRODUCT, delta_milli, 'COUNT', 'now')})`;
}
export function order(order_id: string, order_number: string, totals = [100, 0, 100]) {
  return `INSERT INTO orders (id, order_number, user_id, order_status, subtotal_centavos, discount_centavos, total_centavos, shipping_address, placed_at, updated_at)
    VALUES (${values(order_id, order_number, USER, 'PENDING', ...totals, '{}', 'now', 'now')})`;
}
export function promo(
  type: string,
  hundredths: number,
  starts_at = '2026-03-01',
  ends_at = '2026-03-02',
) {
  return `INSERT INTO promos (id, seller_id, name, discount_type, discount_hundredths, starts_at, ends_at, created_at, updated_at)
    VALUES (${values(NEW, SELLER, 'Promo', type, hundredths, starts_at, ends_at, 'now', 'now')})`;
}
export function review(rating = 5) {
  return `INSERT INTO reviews (id, product_id, user_id, reviewer_name, rating, comment, created_at, updated_at)
    VALUES (gen_random_uuid(), ${values(PRODUCT, USER, 'Maria S.', rating, '-', 'now', 'now')})`;
}
export function key(user_id: string, name: string) {
  return `INSERT INTO idempotency_keys (user_id, key, request_hash, status, headers, body, created_at)
    VALUES (${values(user_id, name, '-', 201, '{}', '', 'now')})`;
}
export const entry = (entry_id: string) =>
  `INSERT INTO journal_entries (id, kind, created_at) VALUES (${values(entry_id, 'PAYOUT_STARTED', 'now')})`;
export function line(
  entry_id: string,
  number: number,
  sides: { debit?: number; credit?: number; account?: string; subaccount?: string },
) {
  return `INSERT INTO journal_lines (entry_id, line_number, account, subaccount, debit_centavos, credit_centavos, created_at)
    VALUES (${values(entry_id, number, sides.account ?? 'BANK', sides.subaccount ?? null, sides.debit ?? 0, sides.credit ?? 0, 'now')})`;
}

export function address(address_id: string) {
  return `INSERT INTO addresses (id, user_id, label, recipient_name, recipient_phone, street, barangay_code, is_default, created_at, updated_at)
    VALUES (${values(address_id, USER, 'Home', 'Maria', '+639170000000', '-', '1380607001', 'true', 'now', 'now')})`;
}

/** One row of each table that a rule is about. */
const WORLD = [
  user(USER, 'maria', { confirmed: true }),
  user(OTHER_USER, 'jose', { phone: '+639170000001' }),
  seller(SELLER, USER, 'gulayan'),
  category(CATEGORY, 'Gulay', null, 'gulay'),
  product(PRODUCT, 'SKU-1'),
  `INSERT INTO product_stock VALUES ('${PRODUCT}')`,
  `INSERT INTO lots (id, product_id, harvested_at, expires_at, created_at) VALUES (${values(LOT, PRODUCT, '2026-03-01', '2026-03-08', 'now')})`,
  movement(10_000),
  order(ORDER, 'OID-2026-000001'),
  `INSERT INTO seller_orders (id, order_id, seller_id, order_status, subtotal_centavos, discount_centavos, total_centavos, due_centavos, commission_bps, placed_at, updated_at)
    VALUES (${values(PART, ORDER, SELLER, 'PENDING', 100, 0, 100, 100, 500, 'now', 'now')})`,
  `INSERT INTO payments (id, order_id, user_id, payment_method, payment_status, amount_centavos, provider, created_at, updated_at)
    VALUES (${values(PAYMENT, ORDER, USER, 'COD', 'COMPLETED', 100, 'cod', 'now', 'now')})`,
  `INSERT INTO order_events (id, order_id, actor_role, to_status, created_at) VALUES (gen_random_uuid(), ${values(ORDER, 'system', 'PENDING', 'now')})`,
  entry(ENTRY),
  line(ENTRY, 1, { debit: 5 }),
  line(ENTRY, 2, { credit: 5 }),
  `INSERT INTO audit_entries (id, actor_role, action, object_type, object_id, changes, created_at)
    VALUES (gen_random_uuid(), ${values('system', 'probe', 'probe', 'x', '{}', 'now')})`,
  key(USER, 'k'),
  review(),
].join(';');

export interface Refusal {
  readonly state: string | undefined;
  /** Name of the constraint or index. */
  readonly by: string | undefined;
  readonly message: string;
}

export interface World {
  readonly client: pg.Client;
  /** Runs SQL and whatever is deferred to the commit. @throws Error where the database takes it */
  attempt(statements: string): Promise<Refusal>;
  /** Runs SQL that the database must take. */
  take(statements: string): Promise<void>;
  /** Begins what `forget` takes back. */
  begin(): Promise<unknown>;
  forget(): Promise<unknown>;
  close(): Promise<void>;
}

export async function openWorld(): Promise<World> {
  const database = await createTestDatabase();
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  await client.query(WORLD);
  return {
    client,
    begin: () => client.query('BEGIN'),
    forget: () => client.query('ROLLBACK'),
    attempt: async (statements) => {
      const error: unknown = await client
        .query(`${statements}; SET CONSTRAINTS ALL IMMEDIATE`)
        .catch((reason: unknown) => reason);
      if (!(error instanceof Error)) throw new Error(`the database took: ${statements}`);
      return { state: sqlState(error), by: violatedConstraint(error), message: error.message };
    },
    take: async (statements) => {
      await client.query(`${statements}; SET CONSTRAINTS ALL IMMEDIATE`);
    },
    close: async () => {
      await client.end();
      await database.drop();
    },
  };
}
