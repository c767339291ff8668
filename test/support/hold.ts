// Somebody who holds locks for long: another process, an operator at a prompt, a job that takes its time.
import pg from 'pg';
import type { TestApp } from './app.ts';

/** Runs a locking statement on a connection of its own and keeps what it locked until it is called off. */
export async function hold(
  test: TestApp,
  statement: string,
  values: readonly unknown[] = [],
): Promise<() => Promise<void>> {
  const client = new pg.Client({ connectionString: test.databaseUrl });
  await client.connect();
  await client.query('BEGIN');
  await client.query(statement, [...values]);
  return async () => {
    await client.query('ROLLBACK');
    await client.end();
  };
}
