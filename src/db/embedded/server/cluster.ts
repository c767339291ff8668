// One PostgreSQL cluster: made once, aside and whole, then started with settings for a developer's machine.

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { messageOf, recover } from '../../../lib/errors.ts';
import { giveTo } from '../account.ts';
import type { Binaries } from '../files/binaries.ts';
import { type Place, UNFINISHED_PREFIX } from '../files/paths.ts';
import { waitUntil } from '../wait.ts';
import { endOrphan, endPostmaster, PORT, readPidFile } from './postmaster.ts';
import type { ServerLog } from './server-log.ts';

export const SUPERUSER = 'freshbytes';

const FIRST_MAJOR_WITH_BUILTIN_LOCALE = 17;
const INITDB_TIMEOUT_MS = 120_000;
// Covers the recovery of a full gigabyte of log after a kill -9, on a slow disk.
const READY_TIMEOUT_MS = 60_000;
const LAST_BACKENDS_TIMEOUT_MS = 30_000;
const RETRY_INTERVAL_MS = 100;
const TAIL_CHARS = 2_000;
// Nothing of the caller's environment may steer the server (PGDATA, PGOPTIONS, TZ and others).
const ENVIRONMENT = { PATH: '/usr/bin:/bin', LC_ALL: 'C' };

const SETTINGS = {
  listen_addresses: '',
  port: String(PORT),
  max_connections: '100',
  shared_buffers: '256MB',
  min_wal_size: '128MB',
  max_wal_size: '1GB',
  checkpoint_timeout: '15min',
  random_page_cost: '1.1',
  jit: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
  lc_messages: 'C',
  logging_collector: 'off',
  log_destination: 'stderr',
  log_line_prefix: '%m [%p] ',
  log_checkpoints: 'off',
};
const FAST_SETTINGS = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };

export type Launch = {
  place: Place;
  binaries: Binaries;
  /** Gives up durability, for tests. */
  fast: boolean;
  log: ServerLog;
  /** Ends a start that nobody waits for any more. */
  signal: AbortSignal;
};

/** The major version that made the cluster; undefined when there is none yet. */
export async function findClusterMajor(clusterDir: string): Promise<number | undefined> {
  const version = await readFile(join(clusterDir, 'PG_VERSION'), 'utf8').catch(
    recover(undefined, 'ENOENT'),
  );
  if (version !== undefined) return Number.parseInt(version, 10);
  if (await isEmptyOrAbsent(clusterDir)) return undefined;
  throw new Error(`${clusterDir} holds files, but no PostgreSQL database. Move it away.`);
}

async function isEmptyOrAbsent(dir: string): Promise<boolean> {
  const names = await readdir(dir).catch(recover([], 'ENOENT'));
  return names.length === 0;
}

/** Makes the cluster in a side folder and renames it, so that one that exists is whole. */
export async function initialise({ place, binaries, fast, signal }: Launch): Promise<void> {
  const unfinished = await mkdtemp(join(place.homeDir, UNFINISHED_PREFIX));
  await giveTo(place.account, unfinished);
  const args = [
    `--pgdata=${unfinished}`,
    `--username=${SUPERUSER}`,
    '--encoding=UTF8',
    '--data-checksums',
    // Trust is safe behind the private socket folder; there is no other way in.
    '--auth-local=trust',
    '--auth-host=reject',
    // pg_trgm asks the C library what a letter is, so that the builtin provider alone would lose the ñ.
    '--locale=C.UTF-8',
    ...(binaries.major >= FIRST_MAJOR_WITH_BUILTIN_LOCALE
      ? ['--locale-provider=builtin', '--builtin-locale=C.UTF-8']
      : []),
    ...(fast ? ['--no-sync'] : []),
  ];
  await promisify(execFile)(join(binaries.binDir, 'initdb'), args, {
    ...place.account,
    cwd: '/',
    env: ENVIRONMENT,
    timeout: INITDB_TIMEOUT_MS,
    killSignal: 'SIGKILL',
    signal,
  });
  await rename(unfinished, place.clusterDir);
}

/** Starts the server and waits until it takes connections. Throws with its own last words. */
export async function startServer(launch: Launch): Promise<ChildProcess> {
  const deadline = performance.now() + LAST_BACKENDS_TIMEOUT_MS;
  for (;;) {
    launch.signal.throwIfAborted();
    const stalePid = await endOrphan(launch.place);
    const attempt = spawnServer(launch, stalePid);
    if (await becomesReady(attempt, launch)) return attempt.server;
    const lastWords = attempt.lastWords();
    // Backends of a postmaster that was killed end a moment after it, and until then guard the data.
    const isGuarded = lastWords.includes('shared memory block');
    if (!isGuarded || performance.now() >= deadline) {
      throw new Error(`PostgreSQL did not start: ${lastWords} (log: ${launch.log.path})`);
    }
    await delay(RETRY_INTERVAL_MS);
  }
}

type Attempt = { server: ChildProcess; isOver: () => boolean; lastWords: () => string };

function spawnServer({ place, binaries, fast, log }: Launch, stalePid?: number): Attempt {
  const settings = Object.entries({ ...SETTINGS, ...(fast && FAST_SETTINGS) });
  const args = settings.flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const server = spawn(
    join(binaries.binDir, 'postgres'),
    ['-D', place.clusterDir, '-k', place.socketDir, ...args],
    {
      ...place.account,
      cwd: '/',
      // A pid file that names this pid is then taken for stale, whoever has the number now. Were we
      // wrong, PostgreSQL would still see by its shared memory that the data is in use.
      env: { ...ENVIRONMENT, ...(stalePid && { PG_GRANDPARENT_PID: String(stalePid) }) },
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  let tail = '';
  let isOver = false;
  server.stderr.on('data', (text: Buffer) => {
    log.write(text);
    tail = (tail + text).slice(-TAIL_CHARS);
  });
  server.on('error', (error) => {
    tail += messageOf(error);
  });
  server.on('close', () => {
    isOver = true;
  });
  return { server, isOver: () => isOver, lastWords: () => withoutProgress(tail) };
}

/** What went wrong, without the prefix of each line, so that the same fault has the same words each time. */
function withoutProgress(text: string): string {
  return text
    .replaceAll(/^.* LOG: .*\n?/gm, '')
    .replaceAll(/^\S+ \S+ \S+ \[\d+\] /gm, '')
    .trim();
}

async function becomesReady({ server, isOver }: Attempt, { place, signal }: Launch) {
  let isReady = false;
  await waitUntil(async () => {
    const file = await readPidFile(place.clusterDir);
    isReady = file?.pid === server.pid && file?.isReady === true;
    return isReady || isOver() || signal.aborted;
  }, READY_TIMEOUT_MS);
  if (isReady || isOver()) return isReady;
  await endServer(server);
  signal.throwIfAborted();
  throw new Error(`PostgreSQL was not ready ${READY_TIMEOUT_MS / 1000} s after its start.`);
}

/** Ends the server that this process started. */
export async function endServer(server: ChildProcess): Promise<void> {
  if (server.pid !== undefined) await endPostmaster(server.pid, () => hasEnded(server));
}

export function hasEnded(server: ChildProcess): boolean {
  return server.exitCode !== null || server.signalCode !== null;
}
