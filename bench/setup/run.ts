// What every part of one run shares: a folder for its files, what must be undone at the end, and whether it was broken off.
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Run {
  /** Temporary; removed at the end. */
  readonly dir: string;
  /** Undoes, in reverse order, what was started. */
  readonly stack: AsyncDisposableStack;
  /** Aborted on Ctrl-C: ends the processes that were started, and keeps new ones from starting. */
  readonly signal: AbortSignal;
}

const READABLE_MODE = 0o755;

export async function openRun(stack: AsyncDisposableStack, signal: AbortSignal): Promise<Run> {
  const dir = await mkdtemp(join(tmpdir(), 'freshbytes-bench-'));
  stack.defer(() => rm(dir, { recursive: true, force: true }));
  // Started as root, PostgreSQL runs as another account, which must reach its data.
  await chmod(dir, READABLE_MODE);
  return { dir, stack, signal };
}

/** Progress on stderr, beside the results on stdout. */
export function printProgress(line: string): void {
  process.stderr.write(`${line}\n`);
}
