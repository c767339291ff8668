// `backup`, `backup list` and `backup verify`: one face for dumps of small installations and for pgBackRest.
import type pg from 'pg';
import {
  checkArchive,
  type Dump,
  examineDump,
  keptDumps,
  listDumps,
  loadDump,
  openForReading,
  openForWriting,
  openStore,
  pruneDumps,
  type ReadableStore,
  takeDump,
} from '../../backup/dump.ts';
import {
  listClusterBackups,
  openStanza,
  runPgbackrest,
  takeClusterBackup,
} from '../../backup/pgbackrest.ts';
import { connectToServer, type Examination, withScratch } from '../../backup/scratch.ts';
import { connectTo } from '../../backup/snapshot.ts';
import { tryClusterBackup } from '../../backup/trial.ts';
import type { Config } from '../../config.ts';
import { CliError, EXIT, type ExitCode } from '../../lib/exit.ts';
import { allInvariants } from '../../process/all-invariants.ts';
import { print, printProgress } from '../output.ts';
import { findExistingDatabase, readConfig } from '../settings.ts';

/** Any number that nothing else locks. */
const BACKUP_LOCK = 7_305_802;
const BYTES_PER_MB = 1_000_000;

/** What the alerts go by: when a backup was last taken, and when one was last tried out. */
type BackupEvent = 'taken' | 'verified';

export async function takeBackup({ full = false }: { full?: boolean }): Promise<ExitCode> {
  return atDatabase(async ({ config, url }) => {
    await using work = await lockedWork(url);
    const moment =
      config.BACKUP_METHOD === 'pgbackrest'
        ? await takeOfCluster(config, full)
        : await takeOfDatabase(config, url, work.client);
    await record(work.client, 'taken', moment);
    return EXIT.done;
  });
}

/** @returns the moment that the oldest of the new backups shows */
async function takeOfCluster(config: Config, full: boolean): Promise<Date> {
  const backups = await takeClusterBackup(await openStanza(config), full);
  for (const { label, repository } of backups) print(`took ${label} in repository ${repository}`);
  return new Date(Math.min(...backups.map(({ moment }) => moment.getTime())));
}

async function takeOfDatabase(config: Config, url: string, client: pg.Client): Promise<Date> {
  const store = openForWriting(config, url);
  const { path, bytes, moment } = await takeDump(store, url, client);
  print(`took ${path}, ${(bytes / BYTES_PER_MB).toFixed(1)} MB`);
  for (const removed of await pruneDumps(store, config)) printProgress(`Removed ${removed}`);
  return moment;
}

export async function listBackups(): Promise<ExitCode> {
  const config = readConfig();
  if (config.BACKUP_METHOD === 'pgbackrest') {
    for (const { moment, label, type, repository } of await listClusterBackups(
      await openStanza(config),
    ))
      print(`${moment.toISOString()} ${type} ${label} in repository ${repository}`);
    return EXIT.done;
  }
  return atDatabase(async ({ url }) => {
    for (const { moment, path, bytes } of await listDumps(openStore(config, url)))
      print(`${moment.toISOString()} ${(bytes / BYTES_PER_MB).toFixed(1)} MB ${path}`);
    return EXIT.done;
  });
}

export interface VerifyOptions {
  /** Only the newest (of each repository), which is then on no record: an older one may be damaged. */
  readonly newest?: boolean;
}

/** Restores every backup that is kept aside, one after the other, and checks the invariants on it. */
export async function verifyBackup({ newest = false }: VerifyOptions): Promise<ExitCode> {
  return atDatabase(async ({ config, url }) => {
    await using work = await lockedWork(url);
    const trials =
      config.BACKUP_METHOD === 'pgbackrest'
        ? await clusterTrials(config, url, newest)
        : await dumpTrials(config, url, newest);
    let failed = 0;
    for (const trial of trials) if (!(await isSound(trial))) failed += 1;
    if (failed > 0) {
      print(`${failed} of ${trials.length} backups cannot be relied on`);
      return EXIT.failed;
    }
    if (!newest) await record(work.client, 'verified', new Date());
    return EXIT.done;
  });
}

/** One backup, and the way to restore it aside. */
interface BackupTrial {
  readonly name: string;
  readonly attempt: () => Promise<Examination>;
}

/** One that cannot be restored does not stop the others. */
async function isSound({ name, attempt }: BackupTrial): Promise<boolean> {
  try {
    return report(name, await attempt());
  } catch (error) {
    if (!(error instanceof CliError) || error.exitCode !== EXIT.failed) throw error;
    print(`${name} does not restore: ${error.message}`);
    return false;
  }
}

async function dumpTrials(config: Config, url: string, newest: boolean): Promise<BackupTrial[]> {
  const store = await openForReading(config, url);
  const kept = keptDumps(await listDumps(store), config);
  if (kept.length === 0) throw new CliError('There is no backup of this database in BACKUP_DIR.');
  return (newest ? kept.slice(0, 1) : kept).map((dump) => ({
    name: dump.path,
    attempt: () => tryDump(store, url, dump),
  }));
}

async function tryDump(store: ReadableStore, url: string, dump: Dump): Promise<Examination> {
  const rows = await checkArchive(store, dump.path);
  const server = await connectToServer(url);
  try {
    return await withScratch(server, url, store.database, async (scratch) => {
      await loadDump(store, dump.path, scratch.url);
      return examineDump(scratch.url, dump, { invariants: allInvariants, rows });
    });
  } finally {
    await server.end();
  }
}

async function clusterTrials(config: Config, url: string, newest: boolean): Promise<BackupTrial[]> {
  const stanza = await openStanza(config);
  printProgress('Waiting for a change to reach every repository');
  await runPgbackrest(stanza, 'check');
  const backups = await listClusterBackups(stanza);
  if (backups.length === 0) throw new CliError('The repositories hold no backup of this cluster.');
  const newestOf = (repository: number) => backups.find((it) => it.repository === repository);
  const chosen = newest ? backups.filter((it) => it === newestOf(it.repository)) : backups;
  const programs = config.BACKUP_PROGRAMS_DIR;
  return chosen.map((backup) => ({
    name: `${backup.label} in repository ${backup.repository}`,
    attempt: () => tryClusterBackup(stanza, { url, backup, programs, invariants: allInvariants }),
  }));
}

/** @returns whether nothing was found */
export function report(what: string, { pending, violations }: Examination): boolean {
  for (const violation of violations) print(violation);
  if (pending.length > 0)
    printProgress(`It is older than ${pending.join(', ')}: run \`freshbytes migrate\``);
  if (violations.length > 0) return false;
  print(
    `${what} restores, and ${pending.length > 0 ? 'has what it had' : 'all that must hold does'}`,
  );
  return true;
}

interface Place {
  readonly config: Config;
  readonly url: string;
}

async function atDatabase(work: (place: Place) => Promise<ExitCode>): Promise<ExitCode> {
  const config = readConfig();
  await using stack = new AsyncDisposableStack();
  const { url } = await findExistingDatabase(stack, config);
  return await work({ config, url });
}

/** A connection that keeps every other backup of this database out, on whatever machine, for as long as it lives. */
async function lockedWork(url: string): Promise<AsyncDisposable & { readonly client: pg.Client }> {
  const client = await connectTo(url);
  const { rows } = await client.query<{ is_ours: boolean }>(
    'SELECT pg_try_advisory_lock($1) AS is_ours',
    [BACKUP_LOCK],
  );
  if (rows[0]?.is_ours === true) return { client, [Symbol.asyncDispose]: () => client.end() };
  await client.end();
  throw new CliError('Another backup is being taken or verified.');
}

async function record(client: pg.Client, event: BackupEvent, done_at: Date): Promise<void> {
  await client.query(
    `INSERT INTO backup_records (event, done_at) VALUES ($1, $2)
     ON CONFLICT (event) DO UPDATE SET done_at = excluded.done_at`,
    [event, done_at],
  );
}
