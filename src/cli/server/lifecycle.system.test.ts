// How people start and leave a server: under npm, in a terminal that closes, into a pipe whose reader goes.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { findFreePort } from '../../../scripts/free-port.ts';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { passedOn } from '../../../test/support/processes/cli.ts';
import { tryToListen } from './listening.ts';

/** Each is a chain of processes, which a busy machine starts slowly. */
vi.setConfig({ testTimeout: 180_000 });

const START = { timeout: 90_000, interval: 100 };
const END = { timeout: 30_000, interval: 50 };
/** It changes what the log holds, which the log says. */
const WRITES_A_LINE = 'SIGUSR2';
const BIN = 'bin/freshbytes.js';
const HAS_SCRIPT = spawnSync('script', ['--version']).status === 0;
/** This Node, under the number of an old one. */
const AGED = [
  '--import',
  'data:text/javascript,Object.defineProperty(process.versions,"node",{value:"20.1.0"})',
];

let database: TestDatabase;
let port: number;
const started: ChildProcess[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  port = await findFreePort();
});
afterEach(async () => {
  for (const child of started.splice(0)) killGroup(child);
  await vi.waitUntil(isPortFree, END);
});
afterAll(() => database.drop());

/** A process group of its own, so that nothing of it outlives the test. */
async function startServing(command: string, ...args: string[]): Promise<ChildProcess> {
  const child = spawn(command, args, {
    detached: true,
    env: {
      ...passedOn(),
      HOME: process.env['HOME'],
      NODE_ENV: 'test',
      DATABASE_URL: database.url,
      PORT: String(port),
      WORKER_PORT: String(port),
    },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  started.push(child);
  child.stdout.resume();
  child.stderr.resume();
  await vi.waitUntil(isServing, START);
  return child;
}

async function isServing(): Promise<boolean> {
  const answer = await fetch(`http://127.0.0.1:${port}/health/live`).catch(() => undefined);
  return answer?.ok === true;
}

async function isPortFree(): Promise<boolean> {
  return (await tryToListen('127.0.0.1', port)) === undefined;
}

function isGroupGone({ pid = 0 }: ChildProcess): boolean {
  return spawnSync('pgrep', ['--pgroup', String(pid)]).status === 1;
}

function killGroup({ pid = 0 }: ChildProcess): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // All of it has ended.
  }
}

async function expectEnd(child: ChildProcess): Promise<void> {
  await vi.waitUntil(() => isGroupGone(child), END);
  expect(await isPortFree()).toBe(true);
}

describe.each(['start', 'worker', 'dev'])('npm run %s', (script) => {
  it('ends, server and all, when npm is stopped', async () => {
    const npm = await startServing('npm', 'run', script);
    const ended = once(npm, 'exit');
    npm.kill('SIGTERM');
    await ended;
    await expectEnd(npm);
  });

  it('does not outlive an npm that is killed', async () => {
    const npm = await startServing('npm', 'run', script);
    npm.kill('SIGKILL');
    await expectEnd(npm);
  });
});

describe('a launcher with an old Node', () => {
  it.each(['SIGTERM', 'SIGHUP', 'SIGINT', 'SIGKILL'] as const)(
    'takes its server along on %s',
    async (signal) => {
      const launcher = await startServing(process.execPath, ...AGED, BIN, 'serve');
      launcher.kill(signal);
      await expectEnd(launcher);
    },
  );
});

describe('dev', () => {
  it('takes its server along when it is killed', async () => {
    const dev = await startServing(process.execPath, BIN, 'dev');
    dev.kill('SIGKILL');
    await expectEnd(dev);
  });
});

describe('output whose reader is gone', () => {
  it.runIf(HAS_SCRIPT).each(['start', 'worker', 'dev'])(
    'ends npm run %s when its terminal closes',
    async (name) => {
      const terminal = await startServing('script', '-qec', `npm run ${name}`, '/dev/null');
      terminal.kill('SIGKILL');
      await vi.waitUntil(isPortFree, END);
    },
  );

  it.runIf(HAS_SCRIPT)('ends a server that no hang-up reaches with its next line', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'freshbytes-lifecycle-'));
    const pidFile = join(folder, 'pid');
    const serve = `echo $$ > ${pidFile}; exec ${process.execPath} ${BIN} serve`;
    const command = `setsid --wait sh -c '${serve}'`;
    const terminal = await startServing('script', '-qec', command, '/dev/null');
    const pid = Number(await readFile(pidFile, 'utf8'));
    terminal.kill('SIGKILL');
    await once(terminal, 'exit');
    process.kill(pid, WRITES_A_LINE);
    await vi.waitUntil(isPortFree, END);
    await rm(folder, { recursive: true });
  });

  it('ends a server that writes into a pipe without a reader', async () => {
    const server = await startServing(process.execPath, BIN, 'serve');
    server.stdout?.destroy();
    server.kill(WRITES_A_LINE);
    await expectEnd(server);
  });
});
