// The process that owns a running PostgreSQL: it holds the lock, makes the cluster if need be, starts the
// server, and ends it cleanly when the last process that uses it is gone, however that went. It runs
// in a session of its own, so that Ctrl-C reaches the server's users first.

import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { messageOf } from '../../../lib/errors.ts';
import { getBinaries } from '../files/binaries.ts';
import {
  holderSocket,
  type Place,
  preparePlace,
  removeSocketDir,
  sweepUnfinished,
} from '../files/paths.ts';
import { takeLock } from '../lock.ts';
import {
  endServer,
  findClusterMajor,
  hasEnded,
  initialise,
  type Launch,
  startServer,
} from './cluster.ts';
import { createRestarts } from './restarts.ts';
import { openServerLog, type ServerLog } from './server-log.ts';

/** What the watcher is started with, as JSON in its only argument. */
export type Order = { place: Place; projectDir: string; fast: boolean };

/** What the watcher reports to the process that started it. */
export type Report =
  | { kind: 'progress'; text: string }
  | { kind: 'ready' }
  | { kind: 'busy' }
  | { kind: 'kept'; holders: number }
  | { kind: 'failed'; text: string };

/** Who needs the server: the process that started us, and each connection to the holders' socket. */
const holders = new Set<object>([process]);
const ending = new AbortController();

function leave(holder: object): void {
  holders.delete(holder);
  if (holders.size === 0) ending.abort();
}

function report(message: Report): Promise<void> {
  return new Promise((resolve) => {
    // The starter may be gone by now; there is nobody else to report to.
    if (!process.connected || !process.send) return resolve();
    process.send(message, undefined, undefined, () => resolve());
  });
}

function listenToStarter(): void {
  process.on('disconnect', () => leave(process));
  // It may have gone while this file was loading.
  if (!process.connected) leave(process);
  process.on('message', (message) => {
    if (message !== 'release') return;
    leave(process);
    if (holders.size > 0) void report({ kind: 'kept', holders: holders.size });
  });
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    process.on(signal, () => ending.abort());
  }
}

/** Lets further processes hold the server: it lives until each of them has closed its connection. */
async function listenToHolders(socketDir: string): Promise<void> {
  const path = holderSocket(socketDir);
  await rm(path, { force: true });
  const server = createServer((socket) => {
    if (ending.signal.aborted) return socket.destroy();
    holders.add(socket);
    // At its end, not only at its close: a process that left and got the answer must not count any more.
    socket.on('end', () => leave(socket));
    socket.on('close', () => leave(socket));
    // A holder killed in the middle of a write; 'close' follows.
    socket.on('error', () => socket.destroy());
    socket.resume();
    return socket.write('held\n');
  });
  server.listen(path);
  await once(server, 'listening');
}

async function prepare(order: Order, log: ServerLog): Promise<Launch> {
  const { place, projectDir, fast } = order;
  const clusterMajor = await findClusterMajor(place.clusterDir);
  const binaries = await getBinaries({ place, projectDir, clusterMajor });
  const launch = { place, binaries, fast, log, signal: ending.signal };
  ending.signal.throwIfAborted();
  if (clusterMajor === undefined) {
    const text = `Creating a PostgreSQL ${binaries.version} database in ${place.clusterDir}`;
    await report({ kind: 'progress', text });
    await initialise(launch);
  }
  return launch;
}

/** Runs the server until nobody needs it, and starts it again whenever it ends by itself, whatever ended it. */
async function serve(launch: Launch): Promise<void> {
  const restarts = createRestarts();
  let fault = await runUntilEnd(launch, welcomeHolders);
  let reported: string | undefined;
  while (!ending.signal.aborted) {
    launch.log.write(`${fault.text}\n`);
    // A full disk gives the same error for hours: it is reported once.
    if (fault.text !== reported) await report({ kind: 'progress', text: fault.text });
    reported = fault.text;
    await pauseUnlessUnneeded(restarts.next(fault.ran_ms));
    if (ending.signal.aborted) return;
    fault = await runUntilEnd(launch, tellReturn).catch(faultOfStart);
  }
}

type Fault = { text: string; ran_ms: number };

/** @returns what ended it, which means nothing once nobody needs it */
async function runUntilEnd(
  launch: Launch,
  onStarted: (place: Place) => Promise<void>,
): Promise<Fault> {
  const server = await startServer(launch);
  const started_ms = performance.now();
  try {
    await onStarted(launch.place);
    const unneeded = once(ending.signal, 'abort');
    const isUsed = !ending.signal.aborted && !hasEnded(server);
    if (isUsed) await Promise.race([unneeded, once(server, 'exit')]);
  } finally {
    await endServer(server);
  }
  const how = server.signalCode ?? `exit code ${server.exitCode}`;
  const text = `The database server ended by itself (${how}) and is started again.`;
  return { text, ran_ms: performance.now() - started_ms };
}

async function welcomeHolders({ socketDir }: Place): Promise<void> {
  await listenToHolders(socketDir);
  await report({ kind: 'ready' });
}

function tellReturn(): Promise<void> {
  return report({ kind: 'progress', text: 'The database server runs again.' });
}

/** Of a server that does not start, as on a full disk: it is tried again until it does. */
function faultOfStart(error: unknown): Fault {
  return { text: `${messageOf(error)} It is tried again until it starts.`, ran_ms: 0 };
}

async function pauseUnlessUnneeded(delay_ms: number): Promise<void> {
  try {
    await delay(delay_ms, undefined, { signal: ending.signal });
  } catch (error) {
    if (!ending.signal.aborted) throw error;
  }
}

async function run(order: Order): Promise<void> {
  const { place } = order;
  const lock = await takeLock(place.clusterDir);
  if (lock === undefined) return report({ kind: 'busy' });
  process.umask(0o022);
  await preparePlace(place);
  const log = openServerLog(join(place.homeDir, 'postgres.log'));
  try {
    await serve(await prepare(order, log));
  } catch (error) {
    log.write(`The watcher ended: ${messageOf(error)}\n`);
    throw error;
  } finally {
    await sweepUnfinished(place.homeDir);
    await removeSocketDir(place.socketDir);
  }
}

listenToStarter();
try {
  await run(JSON.parse(process.argv[2] ?? '') as Order);
} catch (error) {
  await report({ kind: 'failed', text: messageOf(error) });
}
// Not by itself: holders' connections and the channel to the starter would keep this process.
process.exit();
