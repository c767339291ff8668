// PostgreSQL servers that follow, replace and outlive each other at one address, as replicas and restored copies do.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { vi } from 'vitest';
import { findFreePort } from '../../../scripts/free-port.ts';
import { getBinaries } from '../../../src/db/embedded/files/binaries.ts';
import { findPlace, preparePlace, removeSocketDir } from '../../../src/db/embedded/files/paths.ts';

const ROOT = join(import.meta.dirname, '../../..');
const START_TIMEOUT_MS = 30_000;
const POLL_MS = 50;
/** What a test may do without while no machine loses its power. */
const FAST = ['fsync=off', 'max_wal_size=1GB'];

interface StartOptions {
  /** In place of the address of the leader. */
  readonly port?: number;
  /** Begins as a standby of this port; of nobody where it is 0. */
  readonly follows?: number;
  readonly settings?: readonly string[];
}

export interface Replicas {
  /** Where the leader listens, whoever that is. */
  readonly port: number;
  /** Of the superuser. */
  url(database: string, port?: number): string;
  /** An empty cluster. */
  init(name: string): void;
  /** The files of a server that does not run. */
  copy(from: string, to: string): void;
  /** Those of the leader while it runs, for a standby of it. */
  copyLeader(from: string, to: string): Promise<void>;
  start(name: string, options?: StartOptions): Promise<void>;
  /** `SIGINT` sends everything to the standbys first, `SIGKILL` nothing. */
  stop(name: string, signal: 'SIGINT' | 'SIGKILL'): Promise<void>;
  query<Row extends object>(sql: string, port?: number): Promise<Row[]>;
  close(): Promise<void>;
}

export async function createReplicas(): Promise<Replicas> {
  const folder = await mkdtemp(join(tmpdir(), 'freshbytes-replicas-'));
  await chmod(folder, 0o755);
  const place = await findPlace(folder);
  await preparePlace(place);
  const { binDir } = await getBinaries({ place, projectDir: ROOT, clusterMajor: undefined });
  const account = { ...place.account, cwd: '/' };
  const leaderPort = await findFreePort();
  const running = new Map<string, ChildProcess>();
  const dataOf = (name: string) => join(place.socketDir, name);

  const run = (program: string, args: readonly string[]): void => {
    const { status, stderr } = spawnSync(program, args, { ...account, encoding: 'utf8' });
    if (status !== 0) throw new Error(stderr);
  };
  const url = (database: string, port = leaderPort) =>
    `postgres://postgres@127.0.0.1:${port}/${database}`;
  const withClient = async <T>(
    port: number | undefined,
    work: (client: pg.Client) => Promise<T>,
  ) => {
    const client = new pg.Client({ connectionString: url('postgres', port) });
    client.on('error', () => {});
    await client.connect();
    try {
      return await work(client);
    } finally {
      await client.end();
    }
  };
  const query = async <Row extends object>(sql: string, port?: number): Promise<Row[]> =>
    withClient(port, async (client) => (await client.query<Row>(sql)).rows);
  const stop: Replicas['stop'] = async (name, signal) => {
    const server = running.get(name);
    if (server === undefined) return;
    running.delete(name);
    if (server.exitCode !== null || server.signalCode !== null) return;
    const ended = once(server, 'exit');
    server.kill(signal);
    await ended;
  };

  return {
    port: leaderPort,
    url,
    query,
    stop,
    init: (name) => {
      const args = ['--auth=trust', '--username=postgres', '--encoding=UTF8', '--locale=C.UTF-8'];
      run(join(binDir, 'initdb'), [...args, '--no-sync', '-D', dataOf(name)]);
    },
    copy: (from, to) => run('cp', ['-a', dataOf(from), dataOf(to)]),
    copyLeader: (from, to) =>
      withClient(undefined, async (client) => {
        await client.query(`SELECT pg_backup_start('copy', fast => true)`);
        run('cp', ['-a', dataOf(from), dataOf(to)]);
        const { rows } = await client.query<{ labelfile: string }>(
          'SELECT labelfile FROM pg_backup_stop(wait_for_archive => false)',
        );
        const label = join(dataOf(to), 'backup_label');
        await writeFile(label, rows[0]?.labelfile ?? '');
        // The account of the server renames it.
        await chmod(label, 0o666);
      }),
    start: async (name, { port = leaderPort, follows, settings = [] } = {}) => {
      const data = dataOf(name);
      // Of a server that was killed; its number may belong to another process by now.
      await rm(join(data, 'postmaster.pid'), { force: true });
      await rm(join(data, 'standby.signal'), { force: true });
      if (follows !== undefined) {
        await writeFile(join(data, 'standby.signal'), '');
        const source =
          follows === 0
            ? ''
            : `host=127.0.0.1 port=${follows} user=postgres application_name=${name}`;
        settings = [...settings, `primary_conninfo=${source}`];
      }
      const where = ['-D', data, '-k', place.socketDir, '-p', String(port), '-h', '127.0.0.1'];
      const set = [...FAST, ...settings].flatMap((setting) => ['-c', setting]);
      const server = spawn(join(binDir, 'postgres'), [...where, ...set], {
        ...account,
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      let said = '';
      server.stderr.on('data', (chunk) => {
        said += String(chunk);
      });
      running.set(name, server);
      const isUp = async () => {
        if (server.exitCode !== null) throw new Error(`${name} ended:\n${said}`);
        return query('SELECT 1', port).then(
          () => true,
          () => false,
        );
      };
      await vi
        .waitUntil(isUp, { timeout: START_TIMEOUT_MS, interval: POLL_MS })
        .catch((error: unknown) => {
          throw new Error(`${name} did not start:\n${said}`, { cause: error });
        });
    },
    close: async () => {
      for (const name of [...running.keys()]) await stop(name, 'SIGKILL');
      await removeSocketDir(place.socketDir).catch(() => {});
      await rm(place.socketDir, { recursive: true, force: true });
      await rm(folder, { recursive: true, force: true });
    },
  };
}
