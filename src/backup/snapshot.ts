// One moment of the database, held open: what a dump is taken of, and what it is compared with afterwards.
import type pg from 'pg';
import { connectClient } from '../db/client.ts';
import { onlyRow } from '../db/rows.ts';

export interface Snapshot {
  /** By which `pg_dump --snapshot` joins; good while the client's transaction is open. */
  readonly id: string;
  readonly moment: Date;
  readonly rows: RowCounts;
}

/** By schema and table, such as `public.orders`. */
export type RowCounts = Readonly<Record<string, number>>;

/** A connection for statements that may take long. The caller ends it. */
export function connectTo(url: string): Promise<pg.Client> {
  return connectClient({
    connectionString: url,
    application_name: 'freshbytes-backup',
    // Between two networks a silent connection may be cut, and a large dump takes its time.
    keepAlive: true,
    // The server's own limits are for short work.
    options: '-c statement_timeout=0 -c idle_in_transaction_session_timeout=0',
  });
}

/** Begins a transaction on `client` that sees this moment until its end. */
export async function openSnapshot(client: pg.Client): Promise<Snapshot> {
  await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY');
  const exported = await client.query<{ id: string; moment: Date }>(
    'SELECT pg_export_snapshot() AS id, clock_timestamp() AS moment',
  );
  return { ...onlyRow(exported), rows: await countRows(client) };
}

export async function countRows(client: pg.Client): Promise<RowCounts> {
  const { rows: tables } = await client.query<{ name: string; sql: string }>(
    `SELECT schemaname || '.' || tablename AS name, format('SELECT count(*)::float8 AS number FROM %I.%I', schemaname, tablename) AS sql
     FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1`,
  );
  const counts: Record<string, number> = {};
  for (const { name, sql } of tables) {
    counts[name] = onlyRow(await client.query<{ number: number }>(sql)).number;
  }
  return counts;
}
