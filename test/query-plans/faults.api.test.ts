// The detector of query-plans.test.ts finds what it is there to find, on a table of its own.

import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { BIG_ROWS, faultsOf, MAX_ROWS_READ } from './faults.ts';
import { createPlanLog, explainEverything } from './plan-log.ts';

const ROWS = MAX_ROWS_READ + 10_000;
const log = createPlanLog();
let database: TestDatabase;
let client: pg.Client;

beforeAll(async () => {
  database = await createTestDatabase();
  await explainEverything(database.url);
  client = new pg.Client({ connectionString: database.url });
  client.on('notice', ({ message }) => log.record(message ?? ''));
  await client.connect();
  await client.query(`
    CREATE TABLE sale (id integer PRIMARY KEY, customer integer NOT NULL, sold_on integer NOT NULL);
    INSERT INTO sale SELECT n, n / 10, n % 1000 FROM generate_series(1, ${ROWS}) n;
    CREATE INDEX sale_sold_on_idx ON sale (sold_on, id);
    CREATE TABLE note (id integer PRIMARY KEY);
    INSERT INTO note SELECT generate_series(1, ${BIG_ROWS});
    CREATE FUNCTION sales_of(customer integer) RETURNS bigint LANGUAGE plpgsql AS $$
      BEGIN RETURN (SELECT count(*) FROM sale WHERE sale.customer = sales_of.customer); END $$;
    ANALYZE sale, note;`);
  log.take();
});
afterAll(async () => {
  await client.end();
  await database.drop();
});

async function reasonsAgainst(statement: string): Promise<string[]> {
  await client.query(statement);
  const rows = new Map(Object.entries({ sale: ROWS, note: BIG_ROWS }));
  return log
    .take()
    .flatMap((execution) => faultsOf(execution, (name) => rows.get(name) ?? 0))
    .map(({ description }) => description);
}

describe('the detector', () => {
  it.each([
    ['a filter without an index', 'SELECT * FROM sale WHERE customer = 7'],
    ['one inside a function', 'SELECT sales_of(7)'],
    ['one below a limit that is never reached', 'SELECT * FROM sale WHERE customer = -1 LIMIT 1'],
    [
      'a walk through an index for a row that is not there',
      'SELECT * FROM sale WHERE customer = -1 ORDER BY sold_on, id LIMIT 1',
    ],
    ['a sort of everything', 'SELECT * FROM sale ORDER BY customer LIMIT 20'],
    ['a count of everything', 'SELECT count(*) FROM sale'],
    ['an update without an index', 'UPDATE sale SET sold_on = 0 WHERE customer = -1'],
  ])('finds %s', async (_name, statement) => {
    expect(await reasonsAgainst(statement)).toEqual([
      expect.stringMatching(/^reads all of it: .*sale/),
    ]);
  });

  it('finds a condition that nearly all rows meet', async () => {
    await client.query('SET enable_seqscan = off');
    await client.query('SET enable_bitmapscan = off');
    expect(await reasonsAgainst('SELECT sum(customer) FROM sale WHERE sold_on >= 1')).toEqual([
      expect.stringMatching(`^reads more than ${MAX_ROWS_READ} rows: .*sale`),
    ]);
    await client.query('RESET ALL');
  });

  it.each([
    ['a lookup', 'SELECT * FROM sale WHERE id = 7'],
    ['a page', 'SELECT * FROM sale ORDER BY sold_on DESC, id DESC LIMIT 20'],
    ['a count that stops at its cap', 'SELECT count(*) FROM (SELECT FROM sale LIMIT 10001) capped'],
    ['a whole table that stays small', 'SELECT * FROM note'],
  ])('lets %s pass', async (_name, statement) => {
    expect(await reasonsAgainst(statement)).toEqual([]);
  });
});
