// SQL that holds, reserves, frees and sells stock. Callers hold the product_stock rows first.
import { sql } from 'kysely';
import type { DbTransaction } from '../../db/database.ts';
import type { Allocation, SellableLot } from './allocation.rules.ts';

/** Takes the one row per product that orders every writer of its stock; by id, so that nobody waits in a circle. */
export async function lockProductStock(
  db: DbTransaction,
  product_ids: readonly string[],
): Promise<void> {
  await sql`SELECT FROM product_stock WHERE product_id = ANY (${product_ids}::uuid[]) ORDER BY product_id FOR UPDATE`.execute(
    db,
  );
}

/** Lots that may be sold at `now` and have something free, soonest expiry first. */
export async function findSellableLots(
  db: DbTransaction,
  product_ids: readonly string[],
  now: Date,
): Promise<SellableLot[]> {
  const result = await sql<SellableLot>`
    SELECT l.id AS lot_id, l.product_id, l.on_hand_milli - l.reserved_milli AS free_milli
    FROM lots l JOIN products p ON p.id = l.product_id
    WHERE l.product_id = ANY (${product_ids}::uuid[]) AND l.on_hand_milli > l.reserved_milli
      AND l.expires_at > ${now}::timestamptz + make_interval(hours => p.handling_hours)
    ORDER BY l.expires_at, l.id`.execute(db);
  return result.rows;
}

/**
 * Changes what is reserved, and what listings show of it; `sign` 1 reserves, -1 frees. Several allocations may name one
 * lot.
 */
export async function changeReserved(
  db: DbTransaction,
  { allocations, sign, now }: { allocations: readonly Allocation[]; sign: 1 | -1; now: Date },
): Promise<void> {
  const lot_ids = allocations.map((a) => a.lot_id);
  const deltas_milli = allocations.map((a) => sign * a.quantity_milli);
  const product_ids = [...new Set(allocations.map((a) => a.product_id))];
  await sql`
    SELECT change_reserved(${lot_ids}::uuid[], ${deltas_milli}::bigint[], ${product_ids}::uuid[], ${now})`.execute(
    db,
  );
}

/** Ids of those lots whose shelf life is over. */
export async function findRottenLots(
  db: DbTransaction,
  lot_ids: readonly string[],
  now: Date,
): Promise<Set<string>> {
  const rows = await db
    .selectFrom('lots')
    .select('id')
    .where('id', 'in', lot_ids)
    .where('expires_at', '<=', now)
    .execute();
  return new Set(rows.map((row) => row.id));
}
