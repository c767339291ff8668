// A database beside the one that serves: where a dump is tried out, and from where it takes the other's place.
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { checkInvariants } from '../db/invariants/check.ts';
import type { Invariant } from '../db/invariants/invariant.ts';
import { pendingMigrations } from '../db/migrations/migrate.ts';
import { CliError } from '../lib/exit.ts';
import { connectTo, countRows, type RowCounts } from './snapshot.ts';

const MAINTENANCE_DATABASE = 'postgres';
const MAX_NAMED = 5;

export interface Examination {
  /** Migrations of this checkout that the data were not brought up to yet. */
  readonly pending: readonly string[];
  readonly violations: readonly string[];
}

/** The same server, another database. */
function withDatabase(url: string, database: string): string {
  const other = new URL(url);
  other.pathname = `/${encodeURIComponent(database)}`;
  return other.href;
}

/** A connection that stands in nobody's way when databases are made, renamed and dropped. */
export function connectToServer(url: string): Promise<pg.Client> {
  return connectTo(withDatabase(url, MAINTENANCE_DATABASE));
}

/** An empty database of the same text rules as `like`, where that exists. Needs the right to create databases. */
async function createScratch(server: pg.Client, like: string): Promise<string> {
  const name = `${like}_scratch_${randomBytes(4).toString('hex')}`;
  const { rows } = await server.query<{ options: string }>(
    `SELECT format('ENCODING %L LC_COLLATE %L LC_CTYPE %L', pg_encoding_to_char(encoding), datcollate, datctype) AS options
     FROM pg_database WHERE datname = $1`,
    [like],
  );
  await server.query(
    `CREATE DATABASE ${pg.escapeIdentifier(name)} TEMPLATE template0 ${rows[0]?.options ?? ''}`,
  );
  return name;
}

/** Lets `work` use an empty database beside `like`, which goes afterwards unless it has got another name. */
export async function withScratch<Result>(
  server: pg.Client,
  url: string,
  like: string,
  work: (scratch: { readonly name: string; readonly url: string }) => Promise<Result>,
): Promise<Result> {
  const name = await createScratch(server, like);
  try {
    return await work({ name, url: withDatabase(url, name) });
  } finally {
    await dropDatabase(server, name);
  }
}

export async function dropDatabase(server: pg.Client, name: string): Promise<void> {
  await server.query(`DROP DATABASE IF EXISTS ${pg.escapeIdentifier(name)} WITH (FORCE)`);
}

export interface Expected {
  readonly invariants: readonly Invariant[];
  /** Of each table, where they are known. */
  readonly rows?: RowCounts | undefined;
}

/** @throws CliError where tables hold more rows or fewer */
export async function examine(
  url: string,
  moment: Date,
  { invariants, rows }: Expected,
): Promise<Examination> {
  const client = await connectTo(url);
  try {
    if (rows !== undefined) requireSameRows(rows, await countRows(client));
    const pending = await pendingMigrations(
      async (sql) => (await client.query<{ name: string }>(sql)).rows,
    );
    // The invariants know the tables of this checkout.
    const found = pending.length > 0 ? [] : await checkInvariants(url, invariants, moment);
    return { pending, violations: found.map(({ invariant, detail }) => `${invariant}: ${detail}`) };
  } finally {
    await client.end();
  }
}

function requireSameRows(expected: RowCounts, actual: RowCounts): void {
  const names = [...new Set([...Object.keys(expected), ...Object.keys(actual)])];
  const wrong = names.filter((name) => expected[name] !== actual[name]);
  if (wrong.length === 0) return;
  const named = wrong
    .slice(0, MAX_NAMED)
    .map((name) => `${name} has ${actual[name] ?? 'no'} rows instead of ${expected[name] ?? 'no'}`);
  throw new CliError(`The backup does not bring back what it was taken of: ${named.join(', ')}.`);
}
