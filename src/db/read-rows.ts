// Rows of a statement that has too many for memory, by a cursor of the server.
import type pg from 'pg';

const BATCH_ROWS = 2_000;

/** The rows of a SELECT, batch by batch, in the transaction that `client` has open; one such reading at a time. */
export async function* readInBatches<Row extends pg.QueryResultRow>(
  client: pg.Client,
  select: string,
  values: readonly unknown[] = [],
): AsyncGenerator<readonly Row[]> {
  await client.query(`DECLARE batches NO SCROLL CURSOR FOR ${select}`, [...values]);
  for (;;) {
    const { rows } = await client.query<Row>(`FETCH ${BATCH_ROWS} FROM batches`);
    if (rows.length === 0) break;
    yield rows;
  }
  await client.query('CLOSE batches');
}
