// Reads what a statement answered with.
import type { QueryResult } from 'kysely';

/** Of a statement that has one row whatever it finds, as counts do. @throws Error where it has none */
export function onlyRow<Row>({ rows }: { readonly rows: readonly Row[] }): Row {
  const [row] = rows;
  if (row === undefined) throw new Error('a statement of one row returned none');
  return row;
}

/** How many rows a hand-written statement wrote or removed. */
export function changedRows({ numAffectedRows = 0n }: QueryResult<unknown>): number {
  return Number(numAffectedRows);
}
