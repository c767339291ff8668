// Deletes what has had its time, some rows at a time, so that no statement holds locks for long.
import { sql } from 'kysely';
import type { Db } from '../database.ts';
import type { DB } from '../schema.generated.ts';

const BATCH_SIZE = 1_000;

/** Deletes every row whose `column` lies before `moment`, the oldest first. The table has an `id`, and the column an index. */
export async function deleteBefore<Table extends keyof DB & string>(
  db: Db,
  table: Table,
  column: keyof DB[Table] & string,
  moment: Date,
): Promise<void> {
  const rows = sql.table(table);
  const at = sql.ref(column);
  let deleted: bigint | undefined;
  do
    ({ numAffectedRows: deleted } = await sql`
      DELETE FROM ${rows} WHERE id IN (
        SELECT id FROM ${rows} WHERE ${at} < ${moment} ORDER BY ${at} LIMIT ${BATCH_SIZE})`.execute(
      db,
    ));
  while (deleted === BigInt(BATCH_SIZE));
}
