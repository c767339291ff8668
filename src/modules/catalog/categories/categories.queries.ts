// SQL over categories.
import { type Insertable, type Selectable, sql, type Updateable } from 'kysely';
import type { Db, DbTransaction } from '../../../db/database.ts';
import type { Categories } from '../../../db/schema.generated.ts';

export type CategoryRow = Selectable<Categories>;

/** The whole tree, in no order. It is small: people read it. */
export function findCategories(db: Db): Promise<CategoryRow[]> {
  return db.selectFrom('categories').selectAll().where('deleted_at', 'is', null).execute();
}

/** Keeps other writers of the tree out until the transaction ends; readers and products go on. */
export async function lockTree(db: DbTransaction): Promise<void> {
  await sql`LOCK TABLE categories IN SHARE ROW EXCLUSIVE MODE`.execute(db);
}

/** Whether the category exists; keeps it from being removed until the transaction ends. */
export async function shareCategory(db: DbTransaction, id: string): Promise<boolean> {
  const row = await db
    .selectFrom('categories')
    .select('id')
    .where('id', '=', id)
    .where('deleted_at', 'is', null)
    .forShare()
    .executeTakeFirst();
  return row !== undefined;
}

export function insertCategory(db: Db, row: Insertable<Categories>): Promise<CategoryRow> {
  return db.insertInto('categories').values(row).returningAll().executeTakeFirstOrThrow();
}

export function updateCategory(
  db: Db,
  id: string,
  changes: Updateable<Categories>,
): Promise<CategoryRow> {
  return db
    .updateTable('categories')
    .set(changes)
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirstOrThrow();
}
