// The processes that are measured: the API as production runs it, and the floors beside it.
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { findFreePort } from '../../scripts/free-port.ts';
import type { FloorPlan } from '../floors/floor-server.ts';
import type { Run } from './run.ts';

const BIN = fileURLToPath(new URL('../../bin/freshbytes.js', import.meta.url));
const FLOOR = fileURLToPath(new URL('../floors/floor-server.ts', import.meta.url));
const START_TIMEOUT_MS = 60_000;
const POLL_MS = 25;
/** Of Linux, whatever the machine. */
const CLOCK_TICKS_PER_SECOND = 100;
/** Fields of /proc/<pid>/stat behind the name, which may hold spaces. */
const USER_TIME_FIELD = 11;
const SYSTEM_TIME_FIELD = 12;
const MAX_STDERR_CHARS = 4_000;

export interface MeasuredProcess {
  /** Without a slash at its end. */
  readonly origin: string;
  /** CPU seconds of all its threads since its start; undefined where there is no /proc. */
  cpuSeconds(): number | undefined;
  /** Ends it in good order, and waits for the end. */
  stop(): Promise<void>;
}

export interface ApiOptions {
  readonly env: Readonly<Record<string, string>>;
  readonly databaseUrl: string;
  /** For Node itself, e.g. `--cpu-prof`. */
  readonly nodeOptions?: readonly string[];
}

/** Starts the API and waits until it is ready. Its log goes to /dev/null: written, and kept by nobody. */
export async function startApi(run: Run, options: ApiOptions): Promise<MeasuredProcess> {
  const port = await findFreePort();
  const log = await open('/dev/null', 'w');
  try {
    const child = spawn(process.execPath, [...(options.nodeOptions ?? []), BIN, 'serve'], {
      cwd: run.dir,
      env: { ...options.env, DATABASE_URL: options.databaseUrl, PORT: String(port) },
      stdio: ['ignore', log.fd, 'pipe'],
      signal: run.signal,
    });
    const started = supervise(run, child, `http://127.0.0.1:${port}`);
    await started.until(isReady);
    return started;
  } finally {
    await log.close();
  }
}

/** Starts one floor. Its plan goes by file, because it may hold thousands of statements. */
export async function startFloor(
  run: Run,
  name: string,
  plan: FloorPlan,
): Promise<MeasuredProcess> {
  const port = await findFreePort();
  const path = join(run.dir, `floor-${name}.json`);
  await writeFile(path, JSON.stringify(plan));
  const child = spawn(process.execPath, [FLOOR, path, String(port)], {
    env: { NODE_ENV: 'production' },
    stdio: ['ignore', 'ignore', 'pipe'],
    signal: run.signal,
  });
  const started = supervise(run, child, `http://127.0.0.1:${port}`);
  await started.until(answers);
  return started;
}

function supervise(run: Run, child: ChildProcess, origin: string) {
  let stderr = '';
  child.stderr?.on('data', (text: Buffer) => {
    stderr = (stderr + String(text)).slice(-MAX_STDERR_CHARS);
  });
  let isOver = false;
  // `close` follows `error` too, such as that of an aborted start.
  child.on('error', (error) => {
    stderr += error.message;
  });
  const ended = new Promise<void>((resolve) => {
    child.on('close', () => {
      isOver = true;
      resolve();
    });
  });
  const stop = async () => {
    child.kill('SIGTERM');
    await ended;
  };
  run.stack.defer(stop);
  return {
    origin,
    stop,
    cpuSeconds: () => (child.pid === undefined ? undefined : cpuSecondsOf(child.pid)),
    until: async (isThere: (origin: string) => Promise<boolean>) => {
      const deadline_ms = performance.now() + START_TIMEOUT_MS;
      while (!(await isThere(origin))) {
        run.signal.throwIfAborted();
        if (isOver) throw new Error(`a process ended before it served:\n${stderr}`);
        if (performance.now() > deadline_ms) throw new Error(`a process did not start:\n${stderr}`);
        await pause(POLL_MS);
      }
    },
  };
}

async function isReady(origin: string): Promise<boolean> {
  const answer = await fetch(`${origin}/health/ready`).catch(() => undefined);
  return answer?.ok === true;
}

/** Whatever it answers. */
async function answers(origin: string): Promise<boolean> {
  return (await fetch(origin, { method: 'OPTIONS' }).catch(() => undefined)) !== undefined;
}

function cpuSecondsOf(pid: number): number | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    // Not Linux: the column stays empty.
    return undefined;
  }
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const ticks = Number(fields[USER_TIME_FIELD]) + Number(fields[SYSTEM_TIME_FIELD]);
  return ticks / CLOCK_TICKS_PER_SECOND;
}
