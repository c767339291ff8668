// One machine that stands for many: a folder of its own, and programs that run as an ordinary account, each on one of the
// machines of the network.
import { type ChildProcess, spawn } from 'node:child_process';
import { chownSync, closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type Account, findAccount } from '../../../src/db/embedded/account.ts';
import { waitUntil } from '../../../src/db/embedded/wait.ts';
import { CLIENTS, type HostName, type NodeName } from './hosts.ts';
import { commandAt, processesOf } from './network.ts';

const LAST_LINES = 8;
/** Polling all the time would take the processor from the service. */
const POLL_INTERVAL_MS = 500;
/** New processes may begin while others are sent a signal. */
const SWEEPS = 5;

export type Environment = Readonly<Record<string, string>>;
export type Signal = 'SIGKILL' | 'SIGSTOP' | 'SIGCONT';

export interface Start {
  /** Names its log. */
  readonly name: string;
  readonly host: HostName;
  readonly program: string;
  readonly args: readonly string[];
  /** Added at the first start only. */
  readonly firstArgs?: readonly string[];
  readonly env?: Environment;
  /** Whether it is our own code, which the ordinary account may be unable to read. */
  readonly isOurs?: boolean;
}

export interface Machine {
  readonly folder: string;
  /** A folder that belongs to the account, made when it is first asked for. @returns its path */
  folderOf(name: string): string;
  /** A file that belongs to the account, and that nobody else reads. @returns its path */
  write(name: string, content: string): string;
  start(start: Start): void;
  /** Starts again what was started on a machine and has ended. */
  revive(node: NodeName): void;
  /** Waits for a condition. @throws Error with the last words of all programs where it does not come */
  until(what: string, check: () => Promise<boolean>, timeout_ms: number): Promise<void>;
}

export async function createMachine(folder: string): Promise<Machine> {
  const account = await findAccount(undefined);
  giveTo(account, folder);
  const running = new Map<Start, ChildProcess>();
  const pathOfLog = ({ name }: Start) => join(folder, `${name}.log`);
  const start = (it: Start, args: readonly string[]) =>
    running.set(it, startProgram({ ...it, args }, pathOfLog(it), account));
  return {
    folder,
    folderOf: (name) => {
      const path = join(folder, name);
      mkdirSync(path, { mode: 0o700, recursive: true });
      giveTo(account, path);
      return path;
    },
    write: (name, content) => {
      const path = join(folder, name);
      writeFileSync(path, content, { mode: 0o600 });
      giveTo(account, path);
      return path;
    },
    start: (it) => start(it, [...it.args, ...(it.firstArgs ?? [])]),
    revive: (node) => {
      for (const [it, child] of running)
        if (it.host === node && !isRunning(child)) start(it, it.args);
    },
    until: async (what, check, timeout_ms) => {
      const isSo = async () => (await check()) || (await pause(POLL_INTERVAL_MS, false));
      if (await waitUntil(isSo, timeout_ms)) return;
      const tails = [...running.keys()].map((it) => tailOf(pathOfLog(it)));
      throw new Error(`${what}: not within ${timeout_ms} ms\n${tails.join('\n')}`);
    },
  };
}

/** Which processes of a machine. */
export interface Chosen {
  /** All programs where absent. */
  readonly program?: string | undefined;
  /** The youngest process only. */
  readonly isOne?: boolean | undefined;
}

/** @throws Error where there is no such process */
export function sendTo(node: NodeName, signal: Signal, { program, isOne = false }: Chosen): void {
  const sent = new Set<number>();
  for (let sweep = 0; sweep < SWEEPS; sweep += 1) {
    const found = processesOf(node).filter((pid) => !sent.has(pid) && isOf(pid, program));
    if (found.length === 0) break;
    // The parents first, by their numbers: they would start new ones.
    const ordered = found.toSorted((a, b) => a - b);
    for (const pid of isOne ? ordered.slice(-1) : ordered) {
      sent.add(pid);
      sendSignal(pid, signal);
    }
    if (isOne) break;
  }
  if (sent.size === 0) throw new Error(`${node} runs no ${program ?? 'process'}`);
}

function isOf(pid: number, program: string | undefined): boolean {
  if (program === undefined) return true;
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === program;
  } catch {
    // It has ended meanwhile.
    return false;
  }
}

function sendSignal(pid: number, signal: Signal): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    // It has ended meanwhile.
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

function startProgram(
  { host, program, args, env = {}, isOurs = false }: Start,
  log: string,
  account: Account | undefined,
): ChildProcess {
  const output = openSync(log, 'a');
  // The account may not enter a network: it is taken on afterwards.
  const lent =
    account === undefined || host === CLIENTS
      ? []
      : [`--setuid=${account.uid}`, `--setgid=${account.gid}`];
  const [first = program, ...rest] = [...commandAt(host), ...lent, program, ...args];
  const child = spawn(first, rest, {
    ...(host === CLIENTS && !isOurs ? account : {}),
    cwd: '/',
    env: { PATH: process.env['PATH'], LANG: 'C.UTF-8', ...env },
    stdio: ['ignore', output, output],
  });
  closeSync(output);
  return child;
}

function isRunning({ pid, exitCode, signalCode }: ChildProcess): boolean {
  return pid !== undefined && exitCode === null && signalCode === null;
}

function tailOf(path: string): string {
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
  return [`--- ${path}`, ...lines.slice(-LAST_LINES)].join('\n');
}

function giveTo(account: Account | undefined, path: string): void {
  if (account !== undefined) chownSync(path, account.uid, account.gid);
}
