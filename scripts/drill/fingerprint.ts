// What is in a database: rows and a checksum of every table, at a moment between two commits.
import pg from 'pg';
import { withClient } from '../../src/db/client.ts';

/** By table: its number of rows and the sum of their hashes. */
export type Fingerprint = ReadonlyMap<string, string>;

const LIST_TABLES = `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables
  WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1`;

/**
 * Holds all writers up for as long as it takes to read everything, so that what was committed before `moment` is what was
 * read, and everything else comes after it.
 */
export async function markMoment(url: string): Promise<{ moment: Date; fingerprint: Fingerprint }> {
  return withClient(url, async (client) => {
    const tables = await listTables(client);
    // Queued for one table after the other it could meet a writer that goes the other way: then it begins anew.
    for (;;) {
      await client.query('BEGIN');
      try {
        await client.query(`LOCK TABLE ${tables.join(', ')} IN SHARE MODE`);
        const fingerprint = await readTables(client, tables);
        const { rows } = await client.query<{ moment: Date }>(
          "SELECT date_trunc('milliseconds', clock_timestamp()) AS moment",
        );
        const [marked] = rows;
        if (marked === undefined) throw new Error('PostgreSQL does not know the time');
        return { moment: marked.moment, fingerprint };
      } catch (error) {
        if (!(error instanceof pg.DatabaseError && error.code === '40P01')) throw error;
      } finally {
        await client.query('ROLLBACK');
      }
    }
  });
}

export function takeFingerprint(url: string): Promise<Fingerprint> {
  return withClient(url, async (client) => readTables(client, await listTables(client)));
}

/** The tables that differ. */
export function differencesOf(expected: Fingerprint, actual: Fingerprint): string[] {
  const names = new Set([...expected.keys(), ...actual.keys()]);
  return [...names].filter((name) => expected.get(name) !== actual.get(name));
}

async function listTables(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(LIST_TABLES);
  return rows.map(({ name }) => name);
}

async function readTables(client: pg.Client, tables: readonly string[]): Promise<Fingerprint> {
  const fingerprint = new Map<string, string>();
  for (const name of tables) {
    const { rows } = await client.query<{ state: string }>(
      `SELECT count(*) || ' rows, ' || coalesce(sum(hashtextextended(row::text, 0)::numeric), 0) AS state FROM ${name} AS row`,
    );
    fingerprint.set(name, rows[0]?.state ?? '');
  }
  return fingerprint;
}
