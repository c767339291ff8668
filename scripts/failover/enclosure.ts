// A drill runs in namespaces of its own: its network is nobody else's, and whatever it started ends with it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { programPath } from './machines/programs.ts';

const NAMESPACES = ['--net', '--mount', '--ipc', '--pid', '--fork', '--kill-child', '--mount-proc'];
/** The first process of a namespace of processes: whoever loses a parent becomes its child, and is reaped. */
const FIRST_PROCESS = '"$@" & wait $!';
const LAST_LINES = 60;
const INTERRUPTED = 130;
export const RESULT_FILE = 'result.json';

export interface Enclosed {
  /** A script of ours, which is given a folder of its own and leaves what it found in its `RESULT_FILE`. */
  readonly script: string;
  readonly args: readonly string[];
  /** Whether the folder with all logs stays. */
  readonly keeps: boolean;
  readonly printProgress: (line: string) => void;
}

/** @returns what the script left. @throws Error with its last lines where it failed */
export async function runEnclosed<Result>({
  script,
  args,
  keeps,
  printProgress,
}: Enclosed): Promise<Result> {
  if (process.getuid?.() !== 0) throw new Error('only root may make networks: run it as root');
  const folder = await mkdtemp(join(tmpdir(), 'freshbytes-failover-'));
  const command = ['sh', '-c', FIRST_PROCESS, 'sh', process.execPath, script, folder, ...args];
  const child = spawn(programPath('unshare'), [...NAMESPACES, ...command], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = once(child, 'close');
  const interrupt = () => {
    child.kill('SIGKILL');
    void ended.then(() => clean(folder, keeps)).finally(() => process.exit(INTERRUPTED));
  };
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr])
    createInterface(stream).on('line', (line) => {
      lines.push(line);
      printProgress(line);
    });
  try {
    const [code] = await ended;
    if (code !== 0) throw new Error(`the drill failed:\n${lines.slice(-LAST_LINES).join('\n')}`);
    return JSON.parse(await readFile(join(folder, RESULT_FILE), 'utf8'));
  } finally {
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
    await clean(folder, keeps);
    if (keeps) printProgress(`Its files: ${folder}`);
  }
}

async function clean(folder: string, keeps: boolean): Promise<void> {
  if (!keeps) await rm(folder, { recursive: true, force: true, maxRetries: 10 });
}
