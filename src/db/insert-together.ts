// Rows of several tables in one statement: a deed with its events, books and audit costs one round trip.
import { type Selectable, sql } from 'kysely';
import type { DbTransaction } from './database.ts';
import type { DB } from './schema.generated.ts';

/** Whole rows by table; whole, because column defaults do not apply here. */
export type RowsByTable = { readonly [Table in keyof DB]?: readonly Selectable<DB[Table]>[] };

/**
 * Inserts all rows at once. Foreign keys among them are checked when the statement ends, so order does not matter.
 * Tables with generated columns cannot be written this way.
 */
export async function insertTogether(db: DbTransaction, rows: RowsByTable): Promise<void> {
  const tables = Object.entries(rows).filter(([, list]) => list.length > 0);
  if (tables.length === 0) return;
  const inserts = tables.map(
    ([table, list], i) => sql`${sql.id(`into_${i}`)} AS (
      INSERT INTO ${sql.table(table)} SELECT * FROM jsonb_populate_recordset(NULL::${sql.table(table)}, ${JSON.stringify(list)}::jsonb))`,
  );
  await sql`WITH ${sql.join(inserts)} SELECT 1`.execute(db);
}
