// PostgreSQL's main process, the postmaster: what its pid file says, whether the process of that pid is
// really it, and how to end it.

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { isCode, recover } from '../../../lib/errors.ts';
import type { Place } from '../files/paths.ts';
import { waitUntil } from '../wait.ts';

// First a fast shutdown, then one without the last checkpoint, then force; each loses nothing that was
// committed. Together they stay below what a start waits for the last server.
const ENDINGS = [
  { signal: 'SIGINT', wait_ms: 15_000 },
  { signal: 'SIGQUIT', wait_ms: 7_000 },
  { signal: 'SIGKILL', wait_ms: 3_000 },
] as const;

export const PORT = 5432;

type PidFile = {
  pid: number;
  /** Absent in the first moments of a start. */
  socketDir?: string;
  isReady: boolean;
};

/** What `postmaster.pid` says; undefined when there is none. The server writes it line by line. */
export async function readPidFile(clusterDir: string): Promise<PidFile | undefined> {
  const lines = (await findText(pidFilePath(clusterDir)))?.split('\n') ?? [];
  const pid = Number(lines[0]);
  if (!pid) return undefined;
  const socketDir = lines[4];
  return { pid, ...(socketDir && { socketDir }), isReady: lines[7]?.trim() === 'ready' };
}

function pidFilePath(clusterDir: string): string {
  return join(clusterDir, 'postmaster.pid');
}

function findText(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch(recover(undefined, 'ENOENT'));
}

/**
 * Ends a server that outlived its watcher. Needs the lock. Answers the pid of a file that was left by a
 * server that is gone: PostgreSQL needs a signal, as another process may have that number now.
 */
export async function endOrphan(place: Place): Promise<number | undefined> {
  const pidFile = pidFilePath(place.clusterDir);
  const socketLock = join(place.socketDir, `.s.PGSQL.${PORT}.lock`);
  for (const path of [pidFile, socketLock]) {
    const text = await findText(path);
    const pid = Number(text?.split('\n')[0]);
    if (pid && isPostmaster(pid, place)) await endPostmaster(pid, () => !isPostmaster(pid, place));
    // An empty one is what a power cut leaves. PostgreSQL refuses to guess; our lock shows that it is stale.
    else if (text === '' || path === socketLock) await rm(path, { force: true });
  }
  return (await readPidFile(place.clusterDir))?.pid;
}

/**
 * Whether the process is the postmaster that we started for this place. Decided by its arguments, which
 * everyone may read, unlike its folder; a process that ended but was not yet reaped has none.
 */
export function isPostmaster(pid: number, { clusterDir, socketDir }: Place): boolean {
  const [program = '', ...args] = readCommandLine(pid);
  return basename(program) === 'postgres' && args.includes(clusterDir) && args.includes(socketDir);
}

function readCommandLine(pid: number): string[] {
  try {
    if (process.platform === 'linux')
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    return execFileSync('ps', ['-o', 'args=', '-p', String(pid)], { encoding: 'utf8' }).split(' ');
  } catch {
    // No such process, however the platform puts it.
    return [];
  }
}

/** Ends the postmaster, more firmly each time that `isGone` does not come true. */
export async function endPostmaster(pid: number, isGone: () => boolean): Promise<void> {
  for (const { signal, wait_ms } of ENDINGS) {
    if (isGone()) return;
    sendSignal(pid, signal);
    if (await waitUntil(isGone, wait_ms)) return;
  }
  throw new Error(`PostgreSQL (process ${pid}) does not end, not even when killed.`);
}

function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (!isCode(error, 'ESRCH')) throw error;
  }
}
