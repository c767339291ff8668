// SQL over products, and the rows that every product has beside it.
import { type Insertable, type Selectable, sql, type Updateable } from 'kysely';
import type { Db, DbTransaction } from '../../../db/database.ts';
import { onlyRow } from '../../../db/rows.ts';
import type { Products } from '../../../db/schema.generated.ts';

export type ProductRow = Selectable<Products>;

/** A product, its counters, and the row of product_stock by which writers of its stock queue up. */
export async function insertProduct(
  db: Db,
  row: Insertable<Products> & { id: string },
): Promise<ProductRow> {
  const product_id = row.id;
  return db
    .with('product', (cte) => cte.insertInto('products').values(row).returningAll())
    .with('stock', (cte) => cte.insertInto('product_stock').values({ product_id }))
    .with('counters', (cte) => cte.insertInto('product_counters').values({ product_id }))
    .selectFrom('product')
    .selectAll()
    .executeTakeFirstOrThrow();
}

export function findProduct(db: Db, id: string): Promise<ProductRow | undefined> {
  return db
    .selectFrom('products')
    .selectAll()
    .where('id', '=', id)
    .where('deleted_at', 'is', null)
    .executeTakeFirst();
}

/** Removed ones too, locked until the transaction ends; not against orders, which refer to the product meanwhile. */
export function lockProduct(db: DbTransaction, id: string): Promise<ProductRow | undefined> {
  return db
    .selectFrom('products')
    .selectAll()
    .where('id', '=', id)
    .forNoKeyUpdate()
    .executeTakeFirst();
}

/** Changes a product and raises its version. */
export function updateProduct(
  db: Db,
  id: string,
  changes: Updateable<Products>,
): Promise<ProductRow> {
  return db
    .updateTable('products')
    .set({ ...changes, version: sql`version + 1` })
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirstOrThrow();
}

/** Products of a seller that count for the limit, up to `most`: those that are there, and those removed after `since`. */
export async function countProducts(
  db: Db,
  seller_id: string,
  { since, most }: { readonly since: Date; readonly most: number },
): Promise<number> {
  const result = await sql<{ number: number }>`
    SELECT (
      (SELECT count(*) FROM (
        SELECT FROM products WHERE seller_id = ${seller_id} AND deleted_at IS NULL LIMIT ${most}) living)
      + (SELECT count(*) FROM (
        SELECT FROM products WHERE seller_id = ${seller_id} AND deleted_at > ${since} LIMIT ${most}) removed)
    )::integer AS number`.execute(db);
  return onlyRow(result).number;
}

/** Whether any product that is not removed is in the category itself. */
export async function hasProducts(db: Db, category_id: string): Promise<boolean> {
  const row = await db
    .selectFrom('products')
    .select('id')
    .where('category_id', '=', category_id)
    .where('deleted_at', 'is', null)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

/** Removed ones too, by id. */
export async function findProductIdsInCategory(
  db: Db,
  category_id: string,
  range: { readonly after: string | undefined; readonly limit: number },
): Promise<string[]> {
  let query = db.selectFrom('products').select('id').where('category_id', '=', category_id);
  if (range.after !== undefined) query = query.where('id', '>', range.after);
  const rows = await query.orderBy('id').limit(range.limit).execute();
  return rows.map((row) => row.id);
}
