import { sql } from 'kysely';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../test/support/database.ts';
import { createDatabaseWire } from '../../test/support/network/wire.ts';
import {
  CONNECT_TIMEOUT_MS,
  type Database,
  openDatabase,
  POOL_TIMEOUT_MS,
  runNamed,
} from './database.ts';
import { sqlState } from './transaction.ts';

let database: TestDatabase;
let admin: pg.Client;
const opened: Database[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  admin = new pg.Client({ connectionString: database.url });
  await admin.connect();
});
afterEach(async () => {
  for (const { db } of opened.splice(0)) await db.destroy();
});
afterAll(async () => {
  await admin.end();
  await database.drop();
});

interface Opening {
  readonly url?: string;
  /** Of the URL, e.g. `query_timeout=200`. */
  readonly parameters?: string;
  readonly poolTimeout_ms?: number;
}

/** A pool of one whose faults and statements are kept. */
function open({ url = database.url, parameters = '', poolTimeout_ms = 300 }: Opening = {}) {
  const faults: Error[] = [];
  const statements: string[] = [];
  const pool = openDatabase({
    url: `${url}${url.includes('?') ? '&' : '?'}${parameters}`,
    poolSize: 1,
    poolTimeout_ms,
    onError: (error) => faults.push(error),
    onStatement: (text) => statements.push(text),
  });
  opened.push(pool);
  return { ...pool, faults, statements };
}

async function evaluate(db: Database['db'], expression: string): Promise<unknown> {
  const { rows } = await sql<{ value: unknown }>`SELECT ${sql.raw(expression)} AS value`.execute(
    db,
  );
  return rows[0]?.value;
}

async function backendOf(db: Database['db']): Promise<number> {
  return Number(await evaluate(db, 'pg_backend_pid()'));
}

describe('values', () => {
  it.each([
    ['9007199254740991::bigint', 9_007_199_254_740_991],
    ['-5::bigint', -5],
    ['count(*)', 1],
    ['4.25::numeric(3, 2)', 4.25],
    ['sum(7::bigint)', 7],
  ])('%s comes as the number %d', async (expression, value) => {
    expect(await evaluate(open().db, expression)).toBe(value);
  });

  it('a bigint that no number can hold is refused and harms nobody after it', async () => {
    const { db } = open();
    await expect(evaluate(db, '9007199254740993::bigint')).rejects.toThrow(RangeError);
    expect(await evaluate(db, '1')).toBe(1);
  });
});

describe('a connection that the server ends', () => {
  it('while idle is reported once and replaced', async () => {
    const { db, faults } = open();
    await admin.query('SELECT pg_terminate_backend($1)', [await backendOf(db)]);
    await vi.waitFor(() => expect(faults).toHaveLength(1));
    expect(await evaluate(db, '1')).toBe(1);
    expect(faults).toHaveLength(1);
  });

  it('in the middle of a transaction fails the transaction and nothing else', async () => {
    const { db, faults } = open();
    const work = db.transaction().execute(async (transaction) => {
      await admin.query('SELECT pg_terminate_backend($1)', [await backendOf(transaction)]);
      await vi.waitFor(() => expect(faults.length).toBeGreaterThan(0));
      return backendOf(transaction);
    });
    await expect(work).rejects.toThrow(/not queryable/);
    expect(await evaluate(db, '1')).toBe(1);
  });

  it('in the middle of a statement fails the statement and nothing else', async () => {
    const { db } = open();
    const pid = await backendOf(db);
    const asleep = evaluate(db, 'pg_sleep(20)');
    const refusal = expect(asleep).rejects.toThrow(/terminating connection/);
    await vi.waitFor(async () => {
      const { rows } = await admin.query(
        'SELECT FROM pg_stat_activity WHERE pid = $1 AND state = $2',
        [pid, 'active'],
      );
      expect(rows).toHaveLength(1);
    });
    await admin.query('SELECT pg_terminate_backend($1)', [pid]);
    await refusal;
    expect(await evaluate(db, '1')).toBe(1);
  });
});

it('a server that has become read-only costs one statement: the next goes over a new connection', async () => {
  const { db } = open();
  const pid = await backendOf(db);
  await sql`SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY`.execute(db);
  const write = () => evaluate(db, "setval('users_that_wrote', 1)");
  await admin.query('CREATE SEQUENCE users_that_wrote');
  const error: unknown = await write().catch((reason: unknown) => reason);
  expect(sqlState(error)).toBe('25006');
  expect(await write()).toBe(1);
  expect(await backendOf(db)).not.toBe(pid);
});

describe('waiting is bounded', () => {
  it('for a statement, which the server ends', async () => {
    const { db } = open({ parameters: 'statement_timeout=50' });
    const error: unknown = await evaluate(db, 'pg_sleep(20)').catch((reason: unknown) => reason);
    expect(sqlState(error)).toBe('57014');
    expect(await evaluate(db, '1')).toBe(1);
  });

  it('for a free connection', async () => {
    const { db } = open();
    await db.transaction().execute(async () => {
      await expect(evaluate(db, '1')).rejects.toThrow('timeout exceeded when trying to connect');
    });
    expect(await evaluate(db, '1')).toBe(1);
  });

  it('for a server that stopped answering: its connections are given up, and new ones serve at once', async () => {
    const wire = await createDatabaseWire(database.url);
    const { db } = open({ url: wire.url, parameters: 'query_timeout=100' });
    const before = await backendOf(db);
    wire.swallow();
    await expect(evaluate(db, '1')).rejects.toThrow('Query read timeout');
    wire.restore();
    expect(await backendOf(db)).not.toBe(before);
    await wire.close();
  });

  it('for a server that stopped answering within a transaction, too', async () => {
    const wire = await createDatabaseWire(database.url);
    const { db } = open({ url: wire.url, parameters: 'query_timeout=100' });
    const work = db.transaction().execute(async (transaction) => {
      wire.swallow();
      return evaluate(transaction, '1');
    });
    await expect(work).rejects.toThrow(/not queryable/);
    wire.restore();
    expect(await evaluate(db, '1')).toBe(1);
    await wire.close();
  });

  it('for a server that does not take the connection, whatever one’s turn may take', async () => {
    const wire = await createDatabaseWire(database.url);
    const { db } = open({ url: wire.url, poolTimeout_ms: POOL_TIMEOUT_MS });
    wire.swallow();
    const started = performance.now();
    await expect(evaluate(db, '1')).rejects.toThrow('timeout expired');
    expect(performance.now() - started).toBeLessThan(CONNECT_TIMEOUT_MS + 1_000);
    await wire.close();
  });
});

describe('runNamed', () => {
  it('prepares a statement once a connection and runs it with each set of parameters', async () => {
    const { db } = open();
    const text = 'SELECT $1::integer + $2::integer AS sum';
    expect(await runNamed(db, 'probe_sum_2', text, [1, 2])).toEqual([{ sum: 3 }]);
    expect(await runNamed(db, 'probe_sum_2', text, [3, null])).toEqual([{ sum: null }]);
    const prepared =
      "SELECT name, generic_plans + custom_plans AS runs FROM pg_prepared_statements WHERE name = 'probe_sum_2'";
    expect((await sql`${sql.raw(prepared)}`.execute(db)).rows).toEqual([
      { name: 'probe_sum_2', runs: 2 },
    ]);
  });

  it('works within a transaction', async () => {
    const { db } = open();
    const rows = await db
      .transaction()
      .execute((transaction) => runNamed(transaction, 'probe_one', 'SELECT 1 AS one', []));
    expect(rows).toEqual([{ one: 1 }]);
  });
});

describe('onStatement', () => {
  it('observes every statement, in order, transaction control and named ones included', async () => {
    const { db, statements } = open();
    await db.transaction().execute(async (transaction) => {
      await sql`SELECT 1`.execute(transaction);
      await runNamed(transaction, 'probe_two', 'SELECT 2', []);
    });
    await db.selectFrom('users').select('id').where('id', 'is', null).execute();
    expect(statements).toEqual([
      'begin',
      'SELECT 1',
      '/* named:probe_two */ SELECT 2',
      'commit',
      'select "id" from "users" where "id" is null',
    ]);
  });
});
