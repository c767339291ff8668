// A PostgreSQL that leads and another one that streams from it, as processes that can be frozen, killed and promoted.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { getBinaries } from '../../src/db/embedded/files/binaries.ts';
import { findPlace, type Place, preparePlace } from '../../src/db/embedded/files/paths.ts';
import { waitUntil } from '../../src/db/embedded/wait.ts';
import { prepareDatabase } from '../../src/process/prepare.ts';

const ROOT = join(import.meta.dirname, '../..');
const START_TIMEOUT_MS = 30_000;
const DATABASE = 'market';
const PORT = 5432;
/** Not `synchronous_commit=off`: what is committed must be what is streamed. */
const SETTINGS = [
  'fsync=off',
  'full_page_writes=off',
  'shared_preload_libraries=pg_stat_statements',
];

export interface StreamingServer {
  readonly url: string;
  /** As the superuser. @returns the rows */
  query<Row extends object>(sql: string): Promise<Row[]>;
  /** Stops every process of it where it stands, as a machine that hangs. */
  freeze(): void;
  thaw(): void;
  /** Nothing of it is left but its files. */
  kill(): Promise<void>;
  start(): Promise<void>;
}

export interface Streaming {
  readonly leader: StreamingServer;
  readonly replica: StreamingServer;
  close(): Promise<void>;
}

/** Both hold a migrated database. */
export async function startStreaming(): Promise<Streaming> {
  await using stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'freshbytes-streaming-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  await chmod(folder, 0o755);
  const leader = await makeServer(join(folder, 'leader'), stack);
  run(leader, 'initdb', ['--auth=trust', '--username=postgres', '--no-sync', '--locale=C.UTF-8']);
  await leader.server.start();
  await leader.server.query(`CREATE DATABASE ${DATABASE}`, 'postgres');
  await leader.server.query('CREATE EXTENSION pg_stat_statements');
  await prepareDatabase(leader.server.url);
  await leader.server.stop();
  const replica = await makeServer(join(folder, 'replica'), stack);
  const copied = spawnSync('cp', ['-a', leader.data, replica.data], leader.place.account);
  if (copied.status !== 0) throw new Error(String(copied.stderr));
  const source = `host=${leader.place.socketDir} port=${PORT} user=postgres`;
  appendFileSync(
    join(replica.data, 'postgresql.auto.conf'),
    `primary_conninfo = '${source}'\nwal_retrieve_retry_interval = '100ms'\n`,
  );
  writeFileSync(join(replica.data, 'standby.signal'), '');
  await leader.server.start();
  await replica.server.start();
  const running = stack.move();
  return {
    leader: leader.server,
    replica: replica.server,
    close: () => running.disposeAsync(),
  };
}

interface Made {
  readonly place: Place;
  readonly data: string;
  readonly binDir: string;
  readonly server: StreamingServer & {
    query<Row extends object>(sql: string, database?: string): Promise<Row[]>;
    stop(): Promise<void>;
  };
}

async function makeServer(folder: string, stack: AsyncDisposableStack): Promise<Made> {
  await mkdir(folder);
  await chmod(folder, 0o755);
  const place = await findPlace(folder);
  await preparePlace(place);
  const { binDir } = await getBinaries({ place, projectDir: ROOT, clusterMajor: undefined });
  const data = join(place.socketDir, 'data');
  let child: ChildProcess | undefined;
  const urlOf = (database: string) =>
    `postgres://postgres@/${database}?host=${encodeURIComponent(place.socketDir)}&port=${PORT}`;
  const query = async <Row extends object>(sql: string, database = DATABASE): Promise<Row[]> => {
    const client = new pg.Client({ connectionString: urlOf(database) });
    await client.connect();
    try {
      return (await client.query<Row>(sql)).rows;
    } finally {
      await client.end();
    }
  };
  const signal = (name: NodeJS.Signals) => {
    if (child?.pid === undefined) return;
    for (const pid of [child.pid, ...childrenOf(child.pid)]) process.kill(pid, name);
  };
  const end = async (name: NodeJS.Signals) => {
    if (child === undefined) return;
    const ended = once(child, 'exit');
    if (name === 'SIGKILL') signal(name);
    else child.kill(name);
    await ended;
    child = undefined;
  };
  const server = {
    url: urlOf(DATABASE),
    query,
    freeze: () => signal('SIGSTOP'),
    thaw: () => signal('SIGCONT'),
    kill: () => end('SIGKILL'),
    stop: () => end('SIGINT'),
    start: async () => {
      const settings = SETTINGS.flatMap((setting) => ['-c', setting]);
      child = spawn(
        join(binDir, 'postgres'),
        ['-D', data, '-k', place.socketDir, '-p', String(PORT), '-h', '', ...settings],
        { ...place.account, cwd: '/', env: {}, stdio: 'ignore' },
      );
      if (!(await waitUntil(() => isAnswering(query), START_TIMEOUT_MS)))
        throw new Error(`PostgreSQL in ${folder} does not answer`);
    },
  };
  stack.defer(async () => {
    server.thaw();
    await end('SIGKILL');
    await rm(place.socketDir, { recursive: true, force: true, maxRetries: 10 });
  });
  return { place, data, binDir, server };
}

function isAnswering(query: (sql: string, database: string) => Promise<unknown>): Promise<boolean> {
  return query('SELECT 1', 'postgres').then(
    () => true,
    () => false,
  );
}

function run({ place, data, binDir }: Made, program: string, args: readonly string[]): void {
  const made = spawnSync(join(binDir, program), [...args, '-D', data], {
    ...place.account,
    cwd: '/',
    env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' },
    encoding: 'utf8',
  });
  if (made.status !== 0) throw new Error(made.stderr);
}

/** A postmaster's children are no group. */
function childrenOf(pid: number): number[] {
  const list = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return list.split(' ').filter(Boolean).map(Number);
}
