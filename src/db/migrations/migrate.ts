// Plain SQL migrations, forward only. Several processes may start at once: an advisory lock lets one do the work.
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { onlyRow } from '../rows.ts';

export const MIGRATIONS_DIR = fileURLToPath(new URL('../../../migrations', import.meta.url));
export const OLDEST_POSTGRES = 150_000;
const MIGRATION_LOCK = 7_305_801;
const MIGRATION_TIMEOUT_MS = 10 * 60_000;
const MIGRATION_NAME = /^\d{4}_[a-z0-9_]+\.sql$/;

export interface Migration {
  readonly name: string;
  readonly sql: string;
  readonly checksum: string;
}

/**
 * The migrations in this checkout, in order.
 * @throws Error where an SQL file has no number to order it by: left out, it would be missed only in production
 */
export async function readMigrations(folder = MIGRATIONS_DIR): Promise<Migration[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.sql')).sort();
  const strange = names.filter((name) => !MIGRATION_NAME.test(name));
  if (strange.length > 0)
    throw new Error(`name migrations like 0001_what_changes.sql, not ${strange.join(', ')}`);
  return Promise.all(
    names.map(async (name) => {
      const sql = await readFile(`${folder}/${name}`, 'utf8');
      return { name, sql, checksum: createHash('sha256').update(sql).digest('hex') };
    }),
  );
}

/**
 * Brings the database at `url` up to this checkout. `afterwards` runs under the same lock: reference data, queues.
 * Roles that may run `serve` and `worker` may use what is new from the moment that it is there.
 * @returns names of the migrations that were applied
 * @throws Error where an applied migration was edited, or the server is older than PostgreSQL 15
 */
export async function migrate(
  url: string,
  afterwards: () => Promise<void>,
  folder = MIGRATIONS_DIR,
): Promise<string[]> {
  const client = new pg.Client({ connectionString: url, statement_timeout: MIGRATION_TIMEOUT_MS });
  // The statement in flight fails too, and that is what the caller gets.
  client.on('error', () => {});
  await client.connect();
  try {
    await client.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
    await requireSupportedServer(client);
    const applied = await applyMissing(client, await readMigrations(folder));
    await afterwards();
    await grantTo(client, await runtimeRoles(client));
    return applied;
  } finally {
    await client.end();
  }
}

/** Names of migrations that this checkout has and the database lacks. */
export async function pendingMigrations(
  query: (sql: string) => Promise<readonly { name: string }[]>,
): Promise<string[]> {
  const present = await query("SELECT to_regclass('schema_migrations')::text AS name");
  const applied = present[0]?.name ? await query('SELECT name FROM schema_migrations') : [];
  const names = new Set(applied.map((row) => row.name));
  return (await readMigrations())
    .map((migration) => migration.name)
    .filter((name) => !names.has(name));
}

async function requireSupportedServer(client: pg.Client): Promise<void> {
  const result = await client.query<{ number: number; text: string }>(
    "SELECT current_setting('server_version_num')::integer AS number, current_setting('server_version') AS text",
  );
  const { number, text } = onlyRow(result);
  if (number < OLDEST_POSTGRES) {
    throw new Error(`PostgreSQL ${text} is too old: FreshBytes needs 15 or newer`);
  }
}

async function applyMissing(
  client: pg.Client,
  migrations: readonly Migration[],
): Promise<string[]> {
  await client.query(`CREATE TABLE IF NOT EXISTS schema_migrations (
    name text PRIMARY KEY, checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())`);
  const { rows } = await client.query<{ name: string; checksum: string }>(
    'SELECT name, checksum FROM schema_migrations',
  );
  const known = new Map(rows.map((row) => [row.name, row.checksum]));
  const edited = migrations.filter((m) => known.has(m.name) && known.get(m.name) !== m.checksum);
  if (edited.length > 0) {
    throw new Error(
      `applied migrations were edited: ${edited.map((m) => m.name).join(', ')}; write a new one instead`,
    );
  }
  const missing = migrations.filter((m) => !known.has(m.name));
  for (const migration of missing) await applyOne(client, migration);
  return missing.map((m) => m.name);
}

async function applyOne(client: pg.Client, migration: Migration): Promise<void> {
  await client.query('BEGIN');
  try {
    const roles = await runtimeRoles(client);
    await client.query(migration.sql);
    await grantTo(client, roles);
    await client.query('INSERT INTO schema_migrations (name, checksum) VALUES ($1, $2)', [
      migration.name,
      migration.checksum,
    ]);
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK');
    throw new Error(`migration ${migration.name} failed and was rolled back`, { cause: error });
  }
}

/** Asked before a migration, which may replace the table whose grants are read. None before that which brings the function. */
async function runtimeRoles(client: pg.Client): Promise<string[]> {
  const { rows: known } = await client.query<{ function: string | null }>(
    "SELECT to_regprocedure('public.runtime_roles()')::text AS function",
  );
  if (!known[0]?.function) return [];
  const { rows } = await client.query<{ role: string }>('SELECT public.runtime_roles() AS role');
  return rows.map(({ role }) => role);
}

/**
 * In the migration's own transaction: a trigger on an old table may write to a new one, and processes of the version
 * before go on meanwhile.
 */
async function grantTo(client: pg.Client, roles: readonly string[]): Promise<void> {
  for (const role of roles) await client.query('SELECT public.grant_runtime_role($1)', [role]);
}
