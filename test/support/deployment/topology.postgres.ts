// A PostgreSQL cluster made and started as its container image does it: initdb, one database, the scripts of init, the server.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { vi } from 'vitest';
import { getBinaries } from '../../../src/db/embedded/files/binaries.ts';
import { findPlace, preparePlace, removeSocketDir } from '../../../src/db/embedded/files/paths.ts';

const ROOT = join(import.meta.dirname, '../../..');
const START_TIMEOUT_MS = 30_000;
/** What a test may do without: a crash would lose the data. */
const FAST = ['-c', 'fsync=off'];

export interface ClusterOptions {
  readonly folder: string;
  readonly port: number;
  readonly initdbArgs: readonly string[];
  readonly serverArgs: readonly string[];
  /** Of the superuser `postgres`. */
  readonly passwordFile: string;
  readonly database: string;
  /** Run in the new database by the superuser. */
  readonly initSql: string;
}

export async function startCluster(
  options: ClusterOptions,
): Promise<{ stop: () => Promise<void> }> {
  const { folder, port, initdbArgs, serverArgs, passwordFile } = options;
  await mkdir(folder);
  await chmod(folder, 0o755);
  const place = await findPlace(folder);
  await preparePlace(place);
  const { binDir } = await getBinaries({ place, projectDir: ROOT, clusterMajor: undefined });
  const data = join(place.socketDir, 'data');
  const account = { ...place.account, cwd: '/' };
  const authentication = [
    '--auth-local=trust',
    '--auth-host=scram-sha-256',
    `--pwfile=${passwordFile}`,
  ];
  const initdb = [...initdbArgs, ...authentication, '--username=postgres', '--no-sync', '-D', data];
  const made = spawnSync(join(binDir, 'initdb'), initdb, { ...account, encoding: 'utf8' });
  if (made.status !== 0) throw new Error(made.stderr);
  const where = ['-D', data, '-k', place.socketDir, '-p', String(port), '-h', '127.0.0.1'];
  const server = spawn(join(binDir, 'postgres'), [...where, ...FAST, ...serverArgs], {
    ...account,
    stdio: 'ignore',
  });
  await vi.waitFor(() => asSuperuser(place.socketDir, options, 'postgres', 'SELECT 1'), {
    timeout: START_TIMEOUT_MS,
  });
  await asSuperuser(place.socketDir, options, 'postgres', `CREATE DATABASE ${options.database}`);
  await asSuperuser(place.socketDir, options, options.database, options.initSql);
  return {
    stop: async () => {
      server.kill('SIGQUIT');
      await once(server, 'exit');
      spawnSync('rm', ['-r', data]);
      await removeSocketDir(place.socketDir);
    },
  };
}

async function asSuperuser(
  host: string,
  { port }: ClusterOptions,
  database: string,
  sql: string,
): Promise<void> {
  const client = new pg.Client({ host, port, database, user: 'postgres' });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
