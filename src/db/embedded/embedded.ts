// Starts a real PostgreSQL for a data folder, or joins the one that already runs there. The server lives
// as long as any process needs it: whoever started it may leave first.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { messageOf, recover } from '../../lib/errors.ts';
import { findPlace, hasCluster, holderSocket, type Place, removeSocketDir } from './files/paths.ts';
import { isLocked } from './lock.ts';
import { SUPERUSER } from './server/cluster.ts';
import { DATABASE, ensureDatabase } from './server/database.ts';
import { endOrphan, PORT, readPidFile } from './server/postmaster.ts';
import type { Order, Report } from './server/watcher.ts';
import { waitUntil } from './wait.ts';

const WATCHER_FILE = fileURLToPath(new URL('./server/watcher.ts', import.meta.url));
const PROJECT_DIR = fileURLToPath(new URL('../../..', import.meta.url));

/** How long a start waits for another process that is starting or ending the server. */
const OTHER_TIMEOUT_MS = 30_000;
const START_TIMEOUT_MS = 180_000;
const STOP_TIMEOUT_MS = 30_000;
const JOIN_TIMEOUT_MS = 5_000;

export type EmbeddedOptions = {
  /** Folder that keeps the data; made if absent. */
  dataDir: string;
  /** Folder whose node_modules holds PostgreSQL's programs; this project by default. */
  projectDir?: string;
  /** Called with what takes time or is worth knowing, a line at a time. */
  log?: (line: string) => void;
  /** For tests only: gives up durability for speed. */
  fast?: boolean;
  /** Makes no database where there is none yet, but throws. */
  mustExist?: boolean;
};

export type EmbeddedServer = {
  /** Folder of the Unix socket; there is no TCP port. */
  host: string;
  port: number;
  user: typeof SUPERUSER;
  database: string;
  url: string;
  /** Real path of the cluster. */
  dataDir: string;
  /** PostgreSQL's version, for instance '18.4'. */
  version: string;
  /** Whether this process started the server, rather than joined it. */
  owned: boolean;
  /**
   * Leaves the server. The last process to leave ends it; the one that started it waits for that end,
   * and leaves at once when others still need the server.
   */
  stop: () => Promise<void>;
};

type Hold = { owned: boolean; release: () => Promise<void> };
type Log = (line: string) => void;

/**
 * Starts or joins the server of a data folder, and makes the database `freshbytes` if it is absent.
 * Throws when no PostgreSQL fits, when the data is another account's, and after bounded waits.
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedServer> {
  const { dataDir, projectDir = PROJECT_DIR, log = () => undefined, fast = false } = options;
  try {
    if (options.mustExist && !(await hasCluster(dataDir))) {
      throw new Error('There is none yet; `freshbytes migrate` or `serve` makes it.');
    }
    const place = await findPlace(dataDir);
    const order = { place, projectDir: resolve(projectDir), fast };
    const hold = await holdServer(order, log);
    return await describeServer(place, hold);
  } catch (error) {
    const advice = 'To use a PostgreSQL of your own, set DATABASE_URL.';
    throw new Error(`No embedded database in ${dataDir}: ${messageOf(error)}\n${advice}`, {
      cause: error,
    });
  }
}

async function describeServer(place: Place, hold: Hold): Promise<EmbeddedServer> {
  const host = place.socketDir;
  let stopping: Promise<void> | undefined;
  const stop = () => {
    stopping ??= hold.release();
    return stopping;
  };
  try {
    return {
      host,
      port: PORT,
      user: SUPERUSER,
      database: DATABASE,
      url: `postgres://${SUPERUSER}@localhost:${PORT}/${DATABASE}?host=${encodeURIComponent(host)}`,
      dataDir: place.clusterDir,
      version: await ensureDatabase(host),
      owned: hold.owned,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function holdServer(order: Order, log: Log): Promise<Hold> {
  const { clusterDir } = order.place;
  let hold: Hold | undefined;
  let hasWaited = false;
  await waitUntil(async () => {
    hold = await joinServer(order.place, log);
    if (hold) return true;
    if (await isLocked(clusterDir)) {
      if (!hasWaited) log(`Waiting for another process to start or end ${clusterDir}`);
      hasWaited = true;
      return false;
    }
    hold = await ownServer(order, log);
    return hold !== undefined;
  }, OTHER_TIMEOUT_MS);
  if (hold) return hold;
  throw new Error(
    `Another process has been starting or ending the server of ${clusterDir} for ` +
      `${OTHER_TIMEOUT_MS / 1000} s.`,
  );
}

/** Holds the running server through its watcher's socket; undefined when there is none to hold. */
async function joinServer(place: Place, log: Log): Promise<Hold | undefined> {
  const socketDir = (await readPidFile(place.clusterDir))?.socketDir;
  if (socketDir !== place.socketDir) return undefined;
  const socket = connect(holderSocket(socketDir));
  if (!(await isWelcome(socket))) {
    socket.destroy();
    return undefined;
  }
  socket.resume();
  socket.unref();
  let left = false;
  socket.on('error', (error) => log(`The database server's watcher is gone: ${error.message}`));
  socket.on('close', () => {
    if (!left) log('The database server has ended.');
  });
  return {
    owned: false,
    release: async () => {
      left = true;
      socket.end();
      await waitUntil(() => socket.closed, JOIN_TIMEOUT_MS);
      socket.destroy();
    },
  };
}

/** The watcher greets whom it takes; it hangs up, or is not there, once the server ends. */
async function isWelcome(socket: Socket): Promise<boolean> {
  socket.setTimeout(JOIN_TIMEOUT_MS, () => socket.destroy());
  try {
    const [greeting] = await Promise.race([once(socket, 'data'), once(socket, 'close')]);
    socket.setTimeout(0);
    return Buffer.isBuffer(greeting);
  } catch (error) {
    return recover(false, 'ENOENT', 'ECONNREFUSED', 'ECONNRESET')(error);
  }
}

type Watcher = { child: ChildProcess; last?: Report; isGone: () => boolean };

/** Starts the server under a watcher of ours; undefined when another process took the lock first. */
async function ownServer(order: Order, log: Log): Promise<Hold | undefined> {
  const watcher = spawnWatcher(order, log);
  await waitUntil(() => watcher.last !== undefined || watcher.isGone(), START_TIMEOUT_MS);
  const { last } = watcher;
  if (last?.kind === 'busy') return undefined;
  if (last?.kind !== 'ready') {
    if (watcher.child.connected) watcher.child.disconnect();
    const reason = watcher.isGone()
      ? 'its watcher was killed'
      : `no answer in ${START_TIMEOUT_MS} ms`;
    throw new Error(last?.kind === 'failed' ? last.text : `The server did not start: ${reason}.`);
  }
  let left = false;
  watcher.child.on('exit', () => {
    if (!left) log('The watcher of the database server has ended.');
  });
  return {
    owned: true,
    release: () => {
      left = true;
      return leaveWatcher(watcher, order.place, log);
    },
  };
}

function spawnWatcher(order: Order, log: Log): Watcher {
  const child = spawn(process.execPath, [WATCHER_FILE, JSON.stringify(order)], {
    cwd: '/',
    detached: true,
    // PATH to look for programs. The rest stays out: NODE_OPTIONS is for our process only.
    env: { PATH: process.env['PATH'] },
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  let hasExited = false;
  // Its last output may arrive after its end, before its channel closes.
  const watcher: Watcher = { child, isGone: () => hasExited && !child.connected };
  child.on('exit', () => {
    hasExited = true;
  });
  child.on('error', (error) => {
    watcher.last = { kind: 'failed', text: error.message };
  });
  child.on('message', (report: Report) => {
    if (report.kind === 'progress') log(report.text);
    else watcher.last = report;
  });
  // Whoever forgets to stop may still end: the watcher sees it.
  child.unref();
  child.channel?.unref();
  return watcher;
}

async function leaveWatcher(watcher: Watcher, place: Place, log: Log): Promise<void> {
  const { child, isGone } = watcher;
  if (isGone()) {
    // It was killed, and a server without one is an orphan, unless a later start took it over.
    if (await isLocked(place.clusterDir)) return;
    await endOrphan(place);
    return removeSocketDir(place.socketDir);
  }
  child.send('release', (error) => {
    // It is ending by itself, which is what the wait below sees.
    if (error) log(`The watcher of the database server is gone: ${error.message}`);
  });
  const isKept = () => watcher.last?.kind === 'kept';
  if (!(await waitUntil(() => isGone() || isKept(), STOP_TIMEOUT_MS))) {
    throw new Error(
      `The server of ${place.clusterDir} did not end in ${STOP_TIMEOUT_MS / 1000} s.`,
    );
  }
  if (watcher.last?.kind === 'kept') {
    log(`The database keeps running for ${watcher.last.holders} more process(es).`);
    child.disconnect();
  }
}
