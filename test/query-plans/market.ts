// The market of src/seed in any size, with what years of running add to it: what plans and statement counts are looked at on.
import { readFile } from 'node:fs/promises';
import { sql } from 'kysely';
import { type Db, type DbTransaction, openDatabase } from '../../src/db/database.ts';
import { SEED_TIMEOUT_MS, seedDatabase } from '../../src/seed/seed.ts';

export interface MarketSize {
  /** Everything else follows from it: a quarter as many sellers, half as many customers and orders … */
  readonly products: number;
  /** What the tables take for the present. */
  readonly now: Date;
}

const SEED = 1;
const YEARS = new URL('./years.sql', import.meta.url);

/** Fills an empty, migrated database. Needs a superuser: what years have left there is not checked. */
export async function buildMarket(databaseUrl: string, size: MarketSize): Promise<void> {
  const { products, now } = size;
  const { db } = openDatabase({
    url: databaseUrl,
    poolSize: 1,
    statementTimeout_ms: SEED_TIMEOUT_MS,
    onError: () => {},
  });
  try {
    await seedDatabase(
      { db, clock: { now: () => now } },
      {
        size: {
          products,
          sellers: products / 4,
          customers: products / 2,
          orders: products / 2,
        },
        seed: SEED,
        extend: addYears,
      },
    );
    for (const table of await listTables(db))
      await sql.raw(`VACUUM (ANALYZE) ${table}`).execute(db);
  } finally {
    await db.destroy();
  }
}

async function addYears(db: DbTransaction): Promise<void> {
  await sql.raw(await readFile(YEARS, 'utf8')).execute(db);
}

async function listTables(db: Db): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    SELECT oid::regclass::text AS name FROM pg_class
    WHERE relkind = 'r' AND relnamespace IN ('public'::regnamespace, 'partitions'::regnamespace, 'pgboss'::regnamespace)`.execute(
    db,
  );
  return rows.map(({ name }) => name);
}

/** Ids of those of whom there is most, and of others beside them. */
export interface Subjects {
  readonly customer: string;
  readonly quiet_customer: string;
  readonly admin: string;
  /** The biggest seller and its user. */
  readonly seller: string;
  readonly seller_user: string;
  readonly small_seller: string;
  /** The seller's, with most lots. */
  readonly product: string;
  readonly lot: string;
  readonly promo: string;
  readonly address: string;
  /** One with others below it, a full one, and one of few products. */
  readonly category: string;
  readonly leaf_category: string;
  readonly rare_category: string;
  /** Of the customer. */
  readonly order: string;
  readonly order_number: string;
  readonly payment: string;
  /** Of more lines and events than a page shows. */
  readonly big_order: string;
  readonly refund: string;
  readonly image: string;
  readonly cash_session: string;
  readonly payout_run: string;
  /** Not released yet. */
  readonly code: string;
  readonly contact_change: string;
}

export async function findSubjects(db: Db): Promise<Subjects> {
  const { rows } = await sql<Subjects>`
    WITH customer AS (SELECT user_id AS id FROM orders GROUP BY user_id ORDER BY count(*) DESC LIMIT 1),
      product AS (SELECT product_id AS id FROM lots GROUP BY product_id ORDER BY count(*) DESC LIMIT 1),
      seller AS (SELECT id, user_id FROM sellers WHERE id = (SELECT seller_id FROM products JOIN product USING (id))),
      bought AS (SELECT o.* FROM orders o JOIN customer ON customer.id = o.user_id ORDER BY o.id LIMIT 1)
    SELECT customer.id AS customer, seller.id AS seller, seller.user_id AS seller_user, product.id AS product,
      bought.id AS "order", bought.order_number,
      (SELECT user_id FROM orders GROUP BY user_id ORDER BY count(*), user_id LIMIT 1) AS quiet_customer,
      (SELECT id FROM users WHERE role = 'admin' LIMIT 1) AS admin,
      (SELECT id FROM sellers WHERE product_count BETWEEN 1 AND 3 ORDER BY id LIMIT 1) AS small_seller,
      (SELECT lot_id FROM stock_movements WHERE product_id = product.id GROUP BY lot_id ORDER BY count(*) DESC LIMIT 1) AS lot,
      (SELECT id FROM promos ORDER BY id LIMIT 1) AS promo,
      (SELECT id FROM addresses WHERE user_id = customer.id LIMIT 1) AS address,
      (SELECT id FROM categories WHERE slug = 'vegetables') AS category,
      (SELECT id FROM categories WHERE slug = 'leafy-vegetables') AS leaf_category,
      (SELECT id FROM categories WHERE slug = 'rare-goods') AS rare_category,
      (SELECT id FROM payments WHERE order_id = bought.id) AS payment,
      (SELECT order_id FROM order_items GROUP BY order_id ORDER BY count(*) DESC LIMIT 1) AS big_order,
      (SELECT id FROM refunds LIMIT 1) AS refund, (SELECT id FROM product_images LIMIT 1) AS image, (SELECT id FROM cash_sessions LIMIT 1) AS cash_session,
      (SELECT id FROM payout_runs ORDER BY id LIMIT 1) AS payout_run,
      (SELECT id FROM one_time_codes WHERE user_id IS NULL) AS code, (SELECT id FROM contact_changes LIMIT 1) AS contact_change
    FROM customer, seller, product, bought`.execute(db);
  const [subjects] = rows;
  if (subjects === undefined) throw new Error('the market is empty');
  return subjects;
}
