// `dev`: runs `serve` and starts it again after each change of the source. The embedded database stays up meanwhile,
// compiled modules are kept, and the next server has loaded its packages before it is needed.
import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { CliError, EXIT, type ExitCode } from '../../lib/exit.ts';
import { printError, printProgress } from '../output.ts';
import { findDatabase, readConfig } from '../settings.ts';
import { requireFreePort } from './listening.ts';
import { awaitStopRequest } from './stop-request.ts';
import { isSource, watchFolders } from './watch-folders.ts';

const PROJECT_DIR = fileURLToPath(new URL('../../..', import.meta.url));
const STANDBY = fileURLToPath(new URL('standby.ts', import.meta.url));
const COMPILE_CACHE = fileURLToPath(
  new URL('../../../node_modules/.cache/compile', import.meta.url),
);
/** Several files saved at once are one change. */
const SETTLE_MS = 100;
/** A server that is asked to stop may wait for a client; a developer who has saved does not. */
const STOP_TIMEOUT_MS = 3_000;
/** In place of the exit code of a server that a signal ended. */
const KILLED = -1;

export async function dev(): Promise<ExitCode> {
  const config = readConfig();
  if (config.isProduction) throw new CliError('`dev` is for development only.', EXIT.usage);
  const { requested, signal } = awaitStopRequest({ info: () => {}, fatal: tellFatal });
  await requireFreePort('PORT', config);
  await using stack = new AsyncDisposableStack();
  await findDatabase(stack, config);
  if (signal.aborted) return await requested;
  const changes = createChanges();
  using _watching = watchFolders([`${PROJECT_DIR}src`, `${PROJECT_DIR}migrations`], (path) => {
    if (isSource(path)) changes.add();
  });
  const asked = requested.then(() => undefined);
  using servers = createServers();
  for (let isFirst = true; ; isFirst = false) {
    const code = await runUntil(servers.start(), Promise.race([changes.next(), asked]));
    if (code !== undefined) {
      if (isFinal(code, isFirst)) return code;
      printProgress('The server has ended. It starts again after the next change.');
      await Promise.race([changes.next(), asked]);
    }
    if (signal.aborted) return await requested;
    printProgress('Starting again after a change');
  }
}

/** @returns the exit code of a server that ended by itself before `enough` */
async function runUntil(server: ChildProcess, enough: Promise<void>): Promise<number | undefined> {
  const ended = once(server, 'exit').then(([code]): number => (code as number | null) ?? KILLED);
  const code = await Promise.race([ended, enough.then(() => undefined)]);
  if (code === undefined) await endServer(server, ended);
  return code;
}

/** A server that was asked to stop, and settings or a port that are not there: no change of the source brings those. */
function isFinal(code: number, isFirst: boolean): code is ExitCode {
  return code === EXIT.done || (isFirst && (code === EXIT.usage || code === EXIT.unavailable));
}

interface Servers extends Disposable {
  /** Lets the server that waits begin, and has the next one wait. */
  start(): ChildProcess;
}

function createServers(): Servers {
  let waiting = prepareServer();
  return {
    start: () => {
      const server = waiting.connected ? waiting : prepareServer();
      server.send('start');
      waiting = prepareServer();
      return server;
    },
    [Symbol.dispose]: () => {
      waiting.kill('SIGKILL');
    },
  };
}

function prepareServer(): ChildProcess {
  const env = {
    NODE_COMPILE_CACHE: COMPILE_CACHE,
    ...process.env,
    FRESHBYTES_PARENT: String(process.pid),
  };
  const stdio: StdioOptions = ['inherit', 'inherit', 'inherit', 'ipc'];
  return spawn(process.execPath, [STANDBY, 'serve'], { stdio, env });
}

async function endServer(server: ChildProcess, ended: Promise<number>): Promise<void> {
  server.kill('SIGTERM');
  const patience = new AbortController();
  const late = delay(STOP_TIMEOUT_MS, undefined, { signal: patience.signal }).then(
    () => server.kill('SIGKILL'),
    () => {},
  );
  await ended;
  patience.abort();
  await late;
}

interface Changes {
  add(): void;
  /** Resolves once the changes since it was last awaited have settled. */
  next(): Promise<void>;
}

function createChanges(): Changes {
  let settled = Promise.withResolvers<void>();
  let timer: NodeJS.Timeout | undefined;
  const settle = (): void => {
    settled.resolve();
    settled = Promise.withResolvers();
  };
  return {
    add: () => {
      clearTimeout(timer);
      timer = setTimeout(settle, SETTLE_MS);
    },
    next: () => settled.promise,
  };
}

function tellFatal({ err }: { err: Error }): void {
  printError(err.stack ?? err.message);
}
