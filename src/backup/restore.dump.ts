// Restores a dump: into a database beside the one that serves, which it replaces only when it is whole and was looked at.
// What was there before is kept under another name.
import pg from 'pg';
import type { Config } from '../config.ts';
import type { Invariant } from '../db/invariants/invariant.ts';
import { CliError, EXIT } from '../lib/exit.ts';
import {
  checkArchive,
  type Dump,
  examineDump,
  listDumps,
  loadDump,
  openForReading,
} from './dump.ts';
import { dumpFor } from './rules.ts';
import { connectToServer, dropDatabase, type Examination, withScratch } from './scratch.ts';
import { connectTo } from './snapshot.ts';

const OBJECT_IN_USE = '55006';

export interface DumpRestore extends Examination {
  readonly dump: Dump;
  readonly database: string;
  /** What was there before, under its new name; absent where nothing was. */
  readonly replaced?: string;
}

export interface RestoreOrder {
  /** Nothing later than this shows; absent: the newest. */
  readonly to: Date | undefined;
  /** Name of the database whose data may be replaced. */
  readonly replace: string | undefined;
  /** That are checked of what was restored. */
  readonly invariants: readonly Invariant[];
  readonly printProgress: (line: string) => void;
}

export async function restoreDump(
  config: Config,
  url: string,
  { to, replace, invariants, printProgress }: RestoreOrder,
): Promise<DumpRestore> {
  const store = await openForReading(config, url);
  const { database } = store;
  const dump = chooseDump(await listDumps(store), to);
  const server = await connectToServer(url);
  try {
    const holdsData = await requirePermission(server, url, { database, replace });
    printProgress(`Reading ${dump.path}`);
    const rows = await checkArchive(store, dump.path);
    return await withScratch(server, url, database, async (scratch) => {
      printProgress('Restoring it beside the present database');
      await loadDump(store, dump.path, scratch.url);
      printProgress('Looking at what it brought');
      const examination = await examineDump(scratch.url, dump, { invariants, rows });
      const replaced = await takePlace(server, { scratch: scratch.name, database, dump });
      if (!holdsData && replaced !== undefined) await dropDatabase(server, replaced);
      return {
        ...examination,
        dump,
        database,
        ...(holdsData && replaced !== undefined ? { replaced } : {}),
      };
    });
  } finally {
    await server.end();
  }
}

/** @throws CliError naming what there is, where nothing serves */
export function chooseDump(dumps: readonly Dump[], to: Date | undefined): Dump {
  const dump = dumpFor(dumps, to);
  if (dump !== undefined) return dump;
  const oldest = dumps.at(-1);
  if (oldest === undefined)
    throw new CliError('There is no backup of this database in BACKUP_DIR.');
  throw new CliError(
    `No backup is that old. Possible: from ${oldest.moment.toISOString()} to now.`,
    EXIT.usage,
  );
}

/** @returns whether the present database holds data that may be replaced */
async function requirePermission(
  server: pg.Client,
  url: string,
  { database, replace }: { database: string; replace: string | undefined },
): Promise<boolean> {
  const { rows: sessions } = await server.query<{ number: number | null }>(
    `SELECT (SELECT count(*)::integer FROM pg_stat_activity WHERE datname = $1) AS number
     FROM pg_database WHERE datname = $1`,
    [database],
  );
  const [present] = sessions;
  if (present === undefined) return false;
  if ((present.number ?? 0) > 0) throw inUse(database);
  if (!(await hasTables(url))) return false;
  if (replace === database) return true;
  throw new CliError(
    `The database ${database} holds data. To put the backup in its place: --replace ${database} (what is there is kept under another name).`,
    EXIT.usage,
  );
}

function inUse(database: string): CliError {
  return new CliError(`Somebody is connected to ${database}: stop serve and worker first.`);
}

async function hasTables(url: string): Promise<boolean> {
  const client = await connectTo(url);
  try {
    const { rows } = await client.query(
      "SELECT FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema') LIMIT 1",
    );
    return rows.length > 0;
  } finally {
    await client.end();
  }
}

/** @returns the new name of what was there, if anything was */
async function takePlace(
  server: pg.Client,
  { scratch, database, dump }: { scratch: string; database: string; dump: Dump },
): Promise<string | undefined> {
  const old = `${database}_before_${dump.moment.getTime()}_${Date.now()}`;
  const { rows } = await server.query('SELECT FROM pg_database WHERE datname = $1', [database]);
  const exists = rows.length > 0;
  const rename = (from: string, to: string) =>
    server.query(
      `ALTER DATABASE ${pg.escapeIdentifier(from)} RENAME TO ${pg.escapeIdentifier(to)}`,
    );
  try {
    await server.query('BEGIN');
    if (exists) await copyRights(server, database, scratch);
    if (exists) await rename(database, old);
    await rename(scratch, database);
    await server.query('COMMIT');
  } catch (error) {
    await server.query('ROLLBACK');
    throw error instanceof pg.DatabaseError && error.code === OBJECT_IN_USE
      ? inUse(database)
      : error;
  }
  return exists ? old : undefined;
}

/** Who may connect: a dump holds the rights on everything in a database, and not those on the database itself. */
async function copyRights(server: pg.Client, from: string, to: string): Promise<void> {
  const { rows } = await server.query<{ sql: string }>(
    `SELECT format('REVOKE ALL ON DATABASE %I FROM PUBLIC', $2::text) AS sql FROM pg_database WHERE datname = $1 AND datacl IS NOT NULL
     UNION ALL
     SELECT format('GRANT %s ON DATABASE %I TO %s', privilege_type, $2::text, CASE grantee WHEN 0 THEN 'PUBLIC' ELSE grantee::regrole::text END)
     FROM pg_database, aclexplode(datacl) WHERE datname = $1`,
    [from, to],
  );
  for (const { sql } of rows) await server.query(sql);
}
