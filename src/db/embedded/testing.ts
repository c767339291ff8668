// What the tests of the embedded database share: folders of their own, applications in processes of their
// own, and a look at which processes serve a folder.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Client } from 'pg';
import { afterAll, onTestFinished } from 'vitest';
import { type EmbeddedOptions, startEmbedded } from './embedded.ts';
import { waitUntil } from './wait.ts';

const APP_FILE = fileURLToPath(new URL('./testing.app.ts', import.meta.url));
const WAIT_MS = 20_000;

export const IS_ROOT = process.getuid?.() === 0;
export const DAEMON = { uid: 1, gid: 1 };

/** A folder that everyone may enter, removed after the test with whatever still serves it. */
export function makeFolder(): string {
  const folder = makeOpenFolder();
  onTestFinished(() => removeFolder(folder));
  return folder;
}

/** A folder with a stopped cluster, one for all tests of a file because making it takes a while. */
export async function getUsedFolder(): Promise<string> {
  usedFolder ??= makeUsedFolder();
  const folder = await usedFolder;
  onTestFinished(() => killServing(folder));
  return folder;
}

let usedFolder: Promise<string> | undefined;
afterAll(async () => {
  if (usedFolder) removeFolder(await usedFolder);
});

async function makeUsedFolder(): Promise<string> {
  const folder = makeOpenFolder();
  const server = await startEmbedded({ dataDir: folder, fast: true });
  await server.stop();
  return folder;
}

function makeOpenFolder(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'embedded-')));
  chmodSync(folder, 0o755);
  return folder;
}

export function removeFolder(folder: string): void {
  killServing(folder);
  rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
}

function killServing(folder: string): void {
  for (const { pid } of listServing(folder)) process.kill(pid, 'SIGKILL');
}

type Serving = { pid: number; session: number; uid: number; args: string[] };

/** The processes whose arguments name the folder, the applications of the tests among them. */
export function listServing(folder: string): Serving[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.map(Number).flatMap((pid) => readServing(pid, folder) ?? []);
}

function readServing(pid: number, folder: string): Serving | undefined {
  try {
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
    if (!command.includes(folder)) return undefined;
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const uid = Number(/^Uid:\s+(\d+)/m.exec(status)?.[1]);
    return { pid, session: Number(fields[3]), uid, args: command.split('\0') };
  } catch {
    // It ended while we looked.
    return undefined;
  }
}

/** The postmaster and the watcher that serve the folder. */
export function getServing(folder: string): { postmaster: Serving; watcher: Serving } {
  const all = listServing(folder);
  const postmaster = all.find(({ args }) => args[0]?.endsWith('/postgres') && args[1] === '-D');
  const watcher = all.find(({ args }) => args[1]?.endsWith('watcher.ts'));
  if (!postmaster || !watcher) throw new Error(`No server runs for ${folder}.`);
  return { postmaster, watcher };
}

/** Waits for a condition; fails with its name when it does not come. */
export async function eventually(what: string, check: () => boolean | Promise<boolean>) {
  if (!(await waitUntil(check, WAIT_MS))) throw new Error(`Not seen in ${WAIT_MS} ms: ${what}`);
}

type AppEvent = { owned?: boolean; url?: string; dataDir?: string; version?: string };
export type App = {
  child: ChildProcess;
  /** Its server; rejects with its error output if it ends without one. */
  server: Promise<{ owned: boolean; url: string; dataDir: string; version: string }>;
  /** Asks it to stop, and waits for its end. */
  stop: () => Promise<number | null>;
};

type AppOptions = EmbeddedOptions & { account?: { uid: number; gid: number } };

/** Starts an application in a process group of its own, so that a Ctrl-C can be sent to it. */
export function startApp({ account, ...options }: AppOptions): App {
  const child = spawn(process.execPath, [APP_FILE, JSON.stringify({ fast: true, ...options })], {
    ...account,
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const ended = once(child, 'close');
  let errors = '';
  child.stderr.on('data', (text: Buffer) => {
    errors += text;
  });
  const server = new Promise<Awaited<App['server']>>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const { owned, url, dataDir, version }: AppEvent = JSON.parse(line);
      if (owned !== undefined && url && dataDir && version) {
        resolve({ owned, url, dataDir, version });
      }
    });
    void ended.then(() => reject(new Error(errors)));
  });
  // Tests that kill an application do not wait for its server.
  server.catch(() => undefined);
  async function stop(): Promise<number | null> {
    child.stdin?.end();
    await ended;
    return child.exitCode;
  }
  return { child, server, stop };
}

/** The first column of the first row that the statement answers. */
export async function query(url: string, sql: string): Promise<unknown> {
  const client = new Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    const { rows } = await client.query({ text: sql, rowMode: 'array' });
    return rows[0]?.[0];
  } finally {
    await client.end();
  }
}
