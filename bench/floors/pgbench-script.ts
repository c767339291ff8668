// Recorded transactions as a pgbench script: it knows only numbers and what a query gave it, so that the parameters of
// each transaction are one row of a table. Reading that row stands for the statement with which the API checks its caller.

import { withClient } from '../../src/db/client.ts';
import type { Recording } from '../recording/recording.ts';

const TABLE = 'bench_transactions';
const ROWS_PER_INSERT = 100;
/** A comment with which the API names its statements; pgbench would take the word behind the colon for a variable. */
const NAME = /^\/\* named:\w+ \*\//;

/** Writes the parameters of each transaction to the database at `url`. */
export async function createParameterTable(url: string, { runs }: Recording): Promise<void> {
  const rows = runs.map((run) => run.flat());
  const columns = (rows[0] ?? []).map((_, i) => `p${i}`);
  await withClient(url, async (client) => {
    await client.query(
      `CREATE TABLE ${TABLE} (n integer PRIMARY KEY, ${columns.map((name) => `${name} text`).join(', ')})`,
    );
    for (let start = 0; start < rows.length; start += ROWS_PER_INSERT) {
      const some = rows.slice(start, start + ROWS_PER_INSERT);
      const list = some.map((row, i) => ({
        n: start + i,
        ...Object.fromEntries(row.map((value, j) => [`p${j}`, value])),
      }));
      await client.query(
        `INSERT INTO ${TABLE} SELECT * FROM json_populate_recordset(NULL::${TABLE}, $1)`,
        [JSON.stringify(list)],
      );
    }
    await client.query(`ANALYZE ${TABLE}`);
  });
}

/** pgbench has no NULL to send. */
export function fitsPgbench({ runs }: Recording): boolean {
  return !runs.flat(2).includes(null);
}

/** The script of one transaction; `turn` is 0 at first. Each client takes every n-th row, so that none is taken twice. */
export function pgbenchScript({ statements, runs }: Recording, clients: number): string {
  let offset = 0;
  const bodies = statements.map((text, i) => {
    const first = offset;
    offset += runs[0]?.[i]?.length ?? 0;
    return `${text.replace(NAME, '').replace(/\$(\d+)/g, (_match, n) => `:p${first + Number(n) - 1}`)};`;
  });
  const columns = Array.from({ length: offset }, (_, i) => `p${i}`).join(', ');
  return [
    `\\set n :client_id + :turn * ${clients}`,
    '\\set turn :turn + 1',
    `SELECT ${columns} FROM ${TABLE} WHERE n = :n \\gset`,
    ...bodies,
    '',
  ].join('\n');
}
