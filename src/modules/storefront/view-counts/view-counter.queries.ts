// SQL over the view counts of products.
import { sql } from 'kysely';
import type { Db } from '../../../db/database.ts';

/** Adds views by product id. Rows are locked in the order of ids, so that two processes never wait in a circle. */
export async function addViews(db: Db, views: ReadonlyMap<string, number>): Promise<void> {
  await sql`
    WITH counted AS (
      SELECT * FROM unnest(${[...views.keys()]}::uuid[], ${[...views.values()]}::bigint[]) AS given (product_id, number)
    ), locked AS MATERIALIZED (
      SELECT product_id FROM product_counters WHERE product_id IN (SELECT product_id FROM counted) ORDER BY product_id FOR UPDATE
    )
    UPDATE product_counters SET view_count = view_count + counted.number
    FROM counted JOIN locked USING (product_id)
    WHERE product_counters.product_id = counted.product_id`.execute(db);
}
