import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../test/support/database.ts';
import type { StatementObserver } from '../telemetry/traces/tracing.ts';
import { type Database, type Db, openDatabase, runNamed } from './database.ts';
import { observeStatements } from './observed.ts';

interface Heard {
  readonly sql: string;
  readonly name: string | undefined;
  isOver: boolean;
  error?: unknown;
}

let scratch: TestDatabase;
let database: Database;
let heard: Heard[];
let observed: Db;

beforeAll(async () => {
  scratch = await createTestDatabase();
  // One connection: whatever is not given back makes the next statement wait in vain.
  database = openDatabase({
    url: scratch.url,
    poolSize: 1,
    poolTimeout_ms: 2_000,
    onError: () => {},
  });
});
afterAll(async () => {
  await database.db.destroy();
  await scratch.drop();
});
beforeEach(() => {
  heard = [];
  const observe: StatementObserver = ({ sql: text, name }) => {
    const statement: Heard = { sql: text, name, isOver: false };
    heard.push(statement);
    return (error) => Object.assign(statement, { isOver: true, error });
  };
  observed = observeStatements(database.db, observe);
});

describe('an observed pool', () => {
  it('observes each statement from its beginning to its end, and no other run does', async () => {
    const { rows } = await sql<{ n: number }>`SELECT 1 AS n`.execute(observed);
    await sql`SELECT 2`.execute(database.db);
    expect(rows).toEqual([{ n: 1 }]);
    expect(heard).toEqual([
      { sql: 'SELECT 1 AS n', name: undefined, isOver: true, error: undefined },
    ]);
  });

  it('knows prepared statements by their names', async () => {
    expect(await runNamed(observed, 'two', 'SELECT $1::int AS n', [2])).toEqual([{ n: 2 }]);
    expect(heard).toMatchObject([{ name: 'two', isOver: true }]);
  });

  it('observes failures, with the error that the caller gets', async () => {
    const failed = sql`SELECT 1/0`.execute(observed);
    await expect(failed).rejects.toThrow('division by zero');
    expect(heard).toMatchObject([{ isOver: true, error: { code: '22012' } }]);
  });

  it('observes a transaction with its beginning and its end', async () => {
    await observed.transaction().execute(async (tx) => {
      await sql`SELECT 1`.execute(tx);
    });
    expect(heard.map((statement) => statement.sql)).toEqual(['begin', 'SELECT 1', 'commit']);
  });

  it('shows its connections as they are, but for what they send', async () => {
    await observed.getExecutor().provideConnection(async (connection) => {
      expect(Reflect.get(connection, 'streamQuery')).toBeInstanceOf(Function);
      expect(Reflect.get(connection, 'nothing')).toBeUndefined();
    });
    expect(heard).toEqual([]);
  });

  it('leaves the pool open when somebody closes it', async () => {
    await observed.destroy();
    const { rows } = await sql<{ n: number }>`SELECT 4 AS n`.execute(database.db);
    expect(rows).toEqual([{ n: 4 }]);
  });

  it('rolls back what failed and gives the connection back', async () => {
    const work = observed.transaction().execute(async (tx) => {
      await sql`CREATE TABLE kept (n int)`.execute(tx);
      throw new Error('no');
    });
    await expect(work).rejects.toThrow('no');
    expect(heard.at(-1)?.sql).toBe('rollback');
    await expect(sql`SELECT FROM kept`.execute(database.db)).rejects.toThrow('does not exist');
  });

  it('does not use a connection again whose end it could not reach', async () => {
    const work = observed.transaction().execute(async (tx) => {
      await sql`SELECT pg_terminate_backend(pg_backend_pid())`.execute(tx);
    });
    await expect(work).rejects.toThrow(/terminat|not queryable/);
    const { rows } = await sql<{ n: number }>`SELECT 3 AS n`.execute(database.db);
    expect(rows).toEqual([{ n: 3 }]);
  });
});
