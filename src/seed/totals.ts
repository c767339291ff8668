// The end of seeding: everything that is a sum of other rows, by statements over those rows.
import { type RawBuilder, sql } from 'kysely';
import type { Catalog } from './products.ts';
import { type Seeding, slices } from './seeding.ts';
import type { Seller } from './sellers.ts';

const SELLERS_PER_STATEMENT = 1_000;
const PRODUCTS_PER_STATEMENT = 2_000;

export async function sumUp(
  seeding: Seeding,
  { sellers, catalog }: { sellers: readonly Seller[]; catalog: Catalog },
): Promise<void> {
  const run = (statement: RawBuilder<unknown>) => statement.execute(seeding.db);
  for (const statement of [RESERVED, SALES, RATINGS]) await run(statement);
  // Without statistics the planner takes the tables for as empty as they were.
  for (const table of Object.keys(seeding.written)) await run(sql`ANALYZE ${sql.table(table)}`);
  let done = 0;
  for (const ids of slices(catalog.ids, PRODUCTS_PER_STATEMENT)) {
    await run(sql`SELECT refresh_product_listing(${ids}::uuid[], ${seeding.now})`);
    done += ids.length;
    seeding.report({ name: 'listings', done, total: catalog.ids.length });
  }
  await run(sql`ANALYZE product_listing`);
  for (const some of slices(sellers, SELLERS_PER_STATEMENT)) await run(sellerTotals(some));
  await run(sql`SELECT setval('order_number_seq', ${seeding.plan.orders})`);
}

const RESERVED = sql`
  UPDATE lots SET reserved_milli = held.quantity_milli
  FROM (
    SELECT lot_id, sum(quantity_milli) AS quantity_milli FROM order_item_allocations
    WHERE state = 'RESERVED' GROUP BY lot_id
  ) held
  WHERE lots.id = held.lot_id`;

/** What was sold is what was delivered; each sale had its lookers. */
const SALES = sql`
  UPDATE product_counters SET sell_count = sold.lines, view_count = view_count + sold.lines * 17
  FROM (
    SELECT i.product_id, count(*) AS lines FROM order_items i JOIN seller_orders s ON s.id = i.seller_order_id
    WHERE s.delivered_at IS NOT NULL GROUP BY i.product_id
  ) sold
  WHERE product_counters.product_id = sold.product_id`;

const RATINGS = sql`
  UPDATE product_counters SET rating_sum = rated.stars, review_count = rated.reviews
  FROM (SELECT product_id, sum(rating) AS stars, count(*) AS reviews FROM reviews GROUP BY product_id) rated
  WHERE product_counters.product_id = rated.product_id`;

function sellerTotals(sellers: readonly Seller[]): RawBuilder<unknown> {
  return sql`
    UPDATE sellers SET product_count = sums.products, rating_sum = sums.stars, review_count = sums.reviews,
      follower_count = (SELECT count(*) FROM seller_follows f WHERE f.seller_id = sellers.id)
    FROM (
      SELECT p.seller_id, count(*) AS products, sum(c.rating_sum) AS stars, sum(c.review_count) AS reviews
      FROM products p JOIN product_counters c ON c.product_id = p.id
      WHERE p.seller_id = ANY (${sellers.map(({ row }) => row.id)}::uuid[]) GROUP BY p.seller_id
    ) sums
    WHERE sellers.id = sums.seller_id`;
}
