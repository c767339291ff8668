// `npm run drill:restore`: a database with orders is backed up, sold in, damaged by an operator and destroyed with its disk and
// the first repository; then restored to the moment before the damage, compared table by table, and timed.
// `-- --method pg_dump` does the same in the way of small installations.
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { withClient } from '../src/db/client.ts';
import { waitUntil } from '../src/db/embedded/wait.ts';
import { createCluster, DATABASE, type DrillCluster, IDENTITY_FILE } from './drill/cluster.ts';
import { type Commands, createCommands } from './drill/commands.ts';
import { createCustomer } from './drill/customer.ts';
import {
  differencesOf,
  type Fingerprint,
  markMoment,
  takeFingerprint,
} from './drill/fingerprint.ts';

/** Past every foreign key and trigger, as only a superuser in a hurry can. */
const OPERATORS_DELETE = 'SET session_replication_role = replica; DELETE FROM stock_movements';
const ARCHIVE_TIMEOUT_S = 60;
const FULL_ORDERS = 40;
const MS_PER_SECOND = 1_000;

export type Method = 'pgbackrest' | 'pg_dump';

export interface DrillOptions {
  readonly method: Method;
  /** So many before the moment to restore to, and so many after it. */
  readonly orders: number;
  readonly archiveTimeout_s: number;
  readonly isDurable: boolean;
  readonly printProgress: (line: string) => void;
}

export interface DrillResult {
  /** Tables that are not exactly as they were at the moment that was asked for. */
  readonly differences: readonly string[];
  /** From the last change that was brought back to the moment before the damage. */
  readonly rpo_s: number;
  /** What a disk lost without warning would have cost: age of the newest change in safety, at its worst. */
  readonly exposed_s: number;
  /** From the destruction to a database that takes orders and holds what must hold. */
  readonly rto_s: number;
  /** Violations that `check-invariants` finds after the operator's statement. */
  readonly damage: number;
}

interface Scene {
  readonly cluster: DrillCluster;
  readonly commands: Commands;
  readonly options: DrillOptions;
}

export async function drill(options: DrillOptions): Promise<DrillResult> {
  const { method, archiveTimeout_s, isDurable, printProgress } = options;
  const archives = method === 'pgbackrest';
  const cluster = await createCluster({ archiveTimeout_s, archives, isDurable });
  try {
    const commands = createCommands(environmentOf(cluster, method), printProgress);
    const scene = { cluster, commands, options };
    await createMarket(scene);
    return method === 'pgbackrest' ? await drillCluster(scene) : await drillDump(scene);
  } finally {
    await cluster.close();
  }
}

/** The settings of every command. */
export function environmentOf(cluster: DrillCluster, method: Method): Record<string, string> {
  return {
    DATABASE_URL: cluster.url,
    DATA_DIR: join(cluster.folder, 'app'),
    BACKUP_METHOD: method,
    BACKUP_DIR: join(cluster.folder, 'dumps'),
    BACKUP_RECIPIENTS: cluster.recipient,
    BACKUP_IDENTITY_FILE: join(cluster.folder, IDENTITY_FILE),
    BACKUP_PGBACKREST_DIR: join(cluster.folder, 'etc'),
    RATE_LIMITS: 'off',
    LOG_LEVEL: 'error',
  };
}

async function createMarket({ cluster, commands }: Scene): Promise<void> {
  await createDatabase(cluster);
  await commands.run(['migrate']);
  await commands.run(['seed', '--size', 'small']);
}

function createDatabase({ urlOf }: DrillCluster): Promise<unknown> {
  return withClient(urlOf('postgres'), (client) => client.query(`CREATE DATABASE ${DATABASE}`));
}

/** Any moment, while orders keep coming, and the first repository is lost with the disk. */
async function drillCluster(scene: Scene): Promise<DrillResult> {
  const { cluster, commands, options } = scene;
  await commands.run(['backup', '--full']);
  const server = await commands.serve();
  const customer = await createCustomer(server.url);
  await customer.order(options.orders);
  const { moment, fingerprint } = await markMoment(cluster.url);
  options.printProgress(`To be restored: ${moment.toISOString()}`);
  await customer.order(options.orders);
  const damage = await damageStock(scene);
  const exposed_s = await waitForArchive(scene);
  await server.stop();
  await cluster.kill();
  const destroyed_ms = performance.now();
  await cluster.replaceDisk();
  await rm(join(cluster.folder, 'repo1'), { recursive: true });
  options.printProgress('The disk and the first repository are gone');
  await commands.run(['restore', '--to', moment.toISOString()]);
  await cluster.start();
  await commands.run(['check-invariants']);
  const rto_s = secondsSince(destroyed_ms);
  const differences = await compare(scene, fingerprint);
  // Equal in every table: no change that was committed up to the moment is missing.
  const rpo_s = differences.length === 0 ? 0 : exposed_s;
  return { differences, rpo_s, exposed_s, rto_s, damage };
}

/** The moment of the dump: what came after it is lost. */
async function drillDump(scene: Scene): Promise<DrillResult> {
  const { cluster, commands, options } = scene;
  const fingerprint = await takeFingerprint(cluster.url);
  await commands.run(['backup']);
  const taken_ms = performance.now();
  await sell(scene);
  const damage = await damageStock(scene);
  const rpo_s = secondsSince(taken_ms);
  const destroyed_ms = performance.now();
  await withClient(cluster.urlOf('postgres'), (client) =>
    client.query(`DROP DATABASE ${DATABASE} WITH (FORCE)`),
  );
  options.printProgress('The database is gone');
  await commands.run(['restore']);
  await commands.run(['check-invariants']);
  const rto_s = secondsSince(destroyed_ms);
  const differences = await compare(scene, fingerprint);
  return { differences, rpo_s, exposed_s: rpo_s, rto_s, damage };
}

/** Starts the service and places some orders. */
async function sell({ commands, options }: Scene): Promise<void> {
  const server = await commands.serve();
  try {
    await (await createCustomer(server.url)).order(options.orders);
  } finally {
    await server.stop();
  }
}

/** @returns how many rules are broken, which the drill would otherwise prove nothing about */
async function damageStock({ cluster, commands, options }: Scene): Promise<number> {
  options.printProgress(OPERATORS_DELETE);
  await withClient(cluster.url, (client) => client.query(OPERATORS_DELETE));
  const violations = await commands.run(['check-invariants'], 1);
  return violations.trim().split('\n').length;
}

/** Until the archive has all that was written so far; nobody hurries it. @returns for how long that took */
async function waitForArchive({ cluster, options }: Scene): Promise<number> {
  const written_ms = performance.now();
  await withClient(cluster.urlOf('postgres'), async (client) => {
    const { rows } = await client.query<{ segment: string }>(
      'SELECT pg_walfile_name(pg_current_wal_lsn()) AS segment',
    );
    const hasArrived = async () => {
      const archived = await client.query(
        'SELECT FROM pg_stat_archiver WHERE last_archived_wal >= $1',
        [rows[0]?.segment],
      );
      return archived.rows.length > 0;
    };
    const limit_ms = 3 * options.archiveTimeout_s * MS_PER_SECOND;
    if (!(await waitUntil(hasArrived, limit_ms)))
      throw new Error(`no change reached the archive in ${limit_ms} ms`);
  });
  return secondsSince(written_ms);
}

async function compare({ cluster }: Scene, expected: Fingerprint): Promise<string[]> {
  return differencesOf(expected, await takeFingerprint(cluster.url));
}

function secondsSince(moment_ms: number): number {
  return (performance.now() - moment_ms) / MS_PER_SECOND;
}

function reportOf({ differences, rpo_s, exposed_s, rto_s, damage }: DrillResult): string[] {
  return [
    `the operator's statement left ${damage} violations`,
    differences.length === 0
      ? 'every table is exactly as it was at the moment that was asked for'
      : `these tables differ: ${differences.join(', ')}`,
    `RPO ${rpo_s.toFixed(1)} s (a disk lost without warning: ${exposed_s.toFixed(1)} s)`,
    `RTO ${rto_s.toFixed(1)} s`,
  ];
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { method: { type: 'string', default: 'pgbackrest' } } });
  const { method } = values;
  if (method !== 'pgbackrest' && method !== 'pg_dump')
    throw new Error('--method takes pgbackrest or pg_dump');
  const result = await drill({
    method,
    orders: FULL_ORDERS,
    archiveTimeout_s: ARCHIVE_TIMEOUT_S,
    isDurable: true,
    printProgress: (line) => console.error(line),
  });
  for (const line of reportOf(result)) console.log(line);
  if (result.differences.length > 0) process.exitCode = 1;
}

if (import.meta.main) await main();
