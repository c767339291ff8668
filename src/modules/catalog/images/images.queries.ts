// SQL over product_images.
import { type Insertable, type Selectable, sql } from 'kysely';
import type { Db } from '../../../db/database.ts';
import type { ProductImages } from '../../../db/schema.generated.ts';

export type ImageRow = Selectable<ProductImages>;

/** Positions taken, in order. */
export async function findPositions(db: Db, product_id: string): Promise<number[]> {
  const rows = await db
    .selectFrom('product_images')
    .select('position')
    .where('product_id', '=', product_id)
    .orderBy('position')
    .execute();
  return rows.map((row) => row.position);
}

export function insertImage(db: Db, row: Insertable<ProductImages>): Promise<ImageRow> {
  return db.insertInto('product_images').values(row).returningAll().executeTakeFirstOrThrow();
}

/** @returns whose image it is; undefined where it is gone */
export async function updateImageStatus(
  db: Db,
  id: string,
  status: 'READY' | 'FAILED',
): Promise<string | undefined> {
  const row = await db
    .updateTable('product_images')
    .set({ status })
    .where('id', '=', id)
    .returning('product_id')
    .executeTakeFirst();
  return row?.product_id;
}

/** Whether an image's product is on sale; undefined where there is no such image. */
export async function findImageStanding(
  db: Db,
  id: string,
): Promise<{ is_public: boolean } | undefined> {
  const { rows } = await sql<{ is_public: boolean }>`
    SELECT is_on_sale(p, s) AS is_public
    FROM product_images i JOIN products p ON p.id = i.product_id JOIN sellers s ON s.id = p.seller_id
    WHERE i.id = ${id}`.execute(db);
  return rows[0];
}

/** Which of these there are. */
export async function findExistingImages(db: Db, ids: readonly string[]): Promise<string[]> {
  if (ids.length === 0) return [];
  const rows = await db.selectFrom('product_images').select('id').where('id', 'in', ids).execute();
  return rows.map(({ id }) => id);
}

/** @returns whether there was such an image */
export async function deleteImage(db: Db, product_id: string, id: string): Promise<boolean> {
  const result = await db
    .deleteFrom('product_images')
    .where('id', '=', id)
    .where('product_id', '=', product_id)
    .executeTakeFirst();
  return result.numDeletedRows > 0n;
}
