// SQL over lots and their movements. Callers that write hold the product's stock first.
import { type Insertable, type Selectable, sql } from 'kysely';
import type { Db, DbTransaction } from '../../db/database.ts';
import { newestFirst } from '../../db/paging/keyset.ts';
import { fetchPage, type Page, type PageRequest } from '../../db/paging/paging.ts';
import type { Lots, StockMovements } from '../../db/schema.generated.ts';

export type MovementRow = Selectable<StockMovements>;
export interface LotRow extends Selectable<Lots> {
  /** What was received: the sum of the lot's HARVEST movements. */
  readonly received_milli: number;
}

const NEWEST_FIRST = newestFirst('created_at', 'id');

function selectLots(db: Db) {
  return db
    .selectFrom('lots')
    .selectAll('lots')
    .select(
      sql<number>`(
        SELECT coalesce(sum(m.delta_milli), 0)::bigint FROM stock_movements m
        WHERE m.lot_id = lots.id AND m.reason = 'HARVEST')`.as('received_milli'),
    );
}

export function findLot(db: Db, product_id: string, id: string): Promise<LotRow | undefined> {
  return selectLots(db)
    .where('id', '=', id)
    .where('product_id', '=', product_id)
    .executeTakeFirst();
}

export function findLotPage(db: Db, product_id: string, page: PageRequest): Promise<Page<LotRow>> {
  return fetchPage(db, selectLots(db).where('product_id', '=', product_id), {
    order: NEWEST_FIRST,
    page,
  });
}

/** Lots of a product that are not empty, up to `most`; the caller holds the product's stock. */
export async function countFilledLots(
  db: DbTransaction,
  product_id: string,
  most: number,
): Promise<number> {
  const filled = db
    .selectFrom('lots')
    .select('id')
    .where('product_id', '=', product_id)
    .where('on_hand_milli', '>', 0)
    .limit(most);
  const { number } = await db
    .selectFrom(filled.as('filled'))
    .select(({ fn }) => fn.countAll<number>().as('number'))
    .executeTakeFirstOrThrow();
  return number;
}

/** An empty lot; a movement fills it. */
export async function insertLot(db: DbTransaction, row: Insertable<Lots>): Promise<void> {
  await db.insertInto('lots').values(row).execute();
}

/** One ledger line; the database applies it to the lot. */
export async function insertMovement(
  db: DbTransaction,
  row: Insertable<StockMovements>,
): Promise<void> {
  await db.insertInto('stock_movements').values(row).execute();
}

export function findMovementPage(
  db: Db,
  filter: { readonly product_id: string; readonly lot_id?: string },
  page: PageRequest,
): Promise<Page<MovementRow>> {
  let query = db
    .selectFrom('stock_movements')
    .selectAll()
    .where('product_id', '=', filter.product_id);
  if (filter.lot_id !== undefined) query = query.where('lot_id', '=', filter.lot_id);
  return fetchPage(db, query, { order: NEWEST_FIRST, page });
}
