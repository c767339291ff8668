// Rows of several tables in one statement: a change with its events, journal entries and audit entry costs one round trip.
import { type Selectable, sql } from 'kysely';
import type { DbTransaction } from './database.ts';
import type { DB } from './schema.generated.ts';

/** Columns that the database computes; nobody may write them. */
interface Computed {
  readonly product_listing: 'stale_at';
  readonly sellers: 'is_selling' | 'is_withdrawn';
}

/** A row with all that is stored of it: column defaults do not apply here. */
export type WholeRow<Table extends keyof DB> = Omit<
  Selectable<DB[Table]>,
  Table extends keyof Computed ? Computed[Table] : never
>;

/** Whole rows by table. */
export type RowsByTable = { readonly [Table in keyof DB]?: readonly WholeRow<Table>[] };

/**
 * Inserts all rows at once. Foreign keys among them are checked when the statement ends, so order does not matter.
 * All rows of a table have the members of the first.
 */
export async function insertTogether(db: DbTransaction, rows: RowsByTable): Promise<void> {
  const tables = Object.entries(rows).filter(([, list]) => list.length > 0);
  if (tables.length === 0) return;
  const inserts = tables.map(([table, list], i) => {
    const columns = sql.join(Object.keys(list[0] ?? {}).map((column) => sql.id(column)));
    return sql`${sql.id(`into_${i}`)} AS (
      INSERT INTO ${sql.table(table)} (${columns})
      SELECT ${columns} FROM jsonb_populate_recordset(NULL::${sql.table(table)}, ${JSON.stringify(list)}::jsonb))`;
  });
  await sql`WITH ${sql.join(inserts)} SELECT 1`.execute(db);
}
