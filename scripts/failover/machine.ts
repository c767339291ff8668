// One machine that stands for many: a folder of its own, programs that run as an ordinary account, and an end to all of it.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Account, findAccount } from '../../src/db/embedded/account.ts';
import { waitUntil } from '../../src/db/embedded/wait.ts';

const STOP_TIMEOUT_MS = 10_000;
const LAST_LINES = 8;

export type Environment = Readonly<Record<string, string>>;

export interface Program {
  isRunning(): boolean;
  /** Sends a signal and waits for the end. */
  end(signal: NodeJS.Signals): Promise<void>;
}

export interface Start {
  /** Names its log. */
  readonly name: string;
  readonly program: string;
  readonly args: readonly string[];
  readonly env?: Environment;
  /** Whether it is our own code, which the ordinary account may be unable to read. */
  readonly isOurs?: boolean;
}

export interface Machine {
  readonly folder: string;
  /** A folder that belongs to the account. @returns its path */
  makeFolder(name: string): string;
  /** A file that belongs to the account, and that nobody else reads. @returns its path */
  write(name: string, content: string): string;
  start(start: Start): Program;
  /** Waits for a condition. @throws Error with the last words of all programs where it does not come */
  until(what: string, check: () => Promise<boolean>, timeout_ms: number): Promise<void>;
  /** Runs at the end, last first, before the programs that still run are ended. */
  defer(work: () => Promise<void>): void;
  close(): Promise<void>;
}

export async function createMachine(): Promise<Machine> {
  const account = await findAccount(undefined);
  const folder = await mkdtemp(join(tmpdir(), 'freshbytes-failover-'));
  giveTo(account, folder);
  const programs: Program[] = [];
  const logs = new Set<string>();
  const deferred: (() => Promise<void>)[] = [];
  let isClosing = false;
  return {
    folder,
    makeFolder: (name) => {
      const path = join(folder, name);
      mkdirSync(path, { mode: 0o700 });
      giveTo(account, path);
      return path;
    },
    write: (name, content) => {
      const path = join(folder, name);
      writeFileSync(path, content, { mode: 0o600 });
      giveTo(account, path);
      return path;
    },
    start: (start) => {
      // Whoever was interrupted may be about to start what nobody would end.
      if (isClosing) throw new Error(`${start.name} is not started any more`);
      const path = join(folder, `${start.name}.log`);
      logs.add(path);
      const child = startProgram(start, path, start.isOurs === true ? undefined : account);
      const program = toProgram(child);
      programs.push(program);
      return program;
    },
    until: async (what, check, timeout_ms) => {
      if (await waitUntil(check, timeout_ms)) return;
      throw new Error(`${what}: not within ${timeout_ms} ms\n${[...logs].map(tailOf).join('\n')}`);
    },
    defer: (work) => deferred.push(work),
    close: async () => {
      isClosing = true;
      for (const work of deferred.toReversed()) await work();
      for (const program of programs.toReversed()) await program.end('SIGTERM');
      await rm(folder, { recursive: true, force: true, maxRetries: 10 });
    },
  };
}

function startProgram(
  { program, args, env = {} }: Start,
  log: string,
  account: Account | undefined,
): ChildProcess {
  const output = openSync(log, 'a');
  const child = spawn(program, args, {
    ...account,
    cwd: '/',
    env: { PATH: process.env['PATH'], LANG: 'C.UTF-8', ...env },
    stdio: ['ignore', output, output],
  });
  closeSync(output);
  return child;
}

function toProgram(child: ChildProcess): Program {
  const ended = once(child, 'exit');
  // Whoever waits for what it should do gives up, and shows its log.
  ended.catch(() => {});
  const isRunning = () =>
    child.pid !== undefined && child.exitCode === null && child.signalCode === null;
  return {
    isRunning,
    end: async (signal) => {
      if (!isRunning()) return;
      child.kill(signal);
      if (!(await waitUntil(() => !isRunning(), STOP_TIMEOUT_MS))) child.kill('SIGKILL');
      await ended;
    },
  };
}

function tailOf(path: string): string {
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
  return [`--- ${path}`, ...lines.slice(-LAST_LINES)].join('\n');
}

function giveTo(account: Account | undefined, path: string): void {
  if (account !== undefined) chownSync(path, account.uid, account.gid);
}

/** As many as are asked for, all different. Another program may take one before it is used. */
export async function findFreePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => server.listening || once(server, 'listening')));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return ports;
}
