// Runs the project's commands as an operator does, and says which.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { waitUntil } from '../../src/db/embedded/wait.ts';
import { findFreePort } from '../free-port.ts';

const BIN = join(import.meta.dirname, '../../bin/freshbytes.js');
const START_TIMEOUT_MS = 90_000;

export interface Commands {
  /** Runs `freshbytes <args>` to its end. @returns what it printed. @throws Error where its exit code is another */
  run(args: readonly string[], exitCode?: number): Promise<string>;
  serve(): Promise<RunningServer>;
}

export interface RunningServer {
  readonly url: string;
  stop(): Promise<void>;
}

type Environment = Readonly<Record<string, string>>;

export function createCommands(env: Environment, printProgress: (line: string) => void): Commands {
  const start = (args: readonly string[], extra: Environment = {}) => {
    printProgress(`$ freshbytes ${args.join(' ')}`);
    const child = spawn(process.execPath, [BIN, ...args], {
      env: { PATH: process.env['PATH'], ...env, ...extra },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const output = Promise.all([text(child.stdout), text(child.stderr)]);
    return { child, output };
  };
  return {
    run: async (args, exitCode = 0) => {
      const { child, output } = start(args);
      const [code] = await once(child, 'close');
      const [printed, said] = await output;
      if (code === exitCode) return printed;
      throw new Error(`freshbytes ${args.join(' ')} ended with ${code}:\n${printed}${said}`);
    },
    serve: async () => {
      const port = await findFreePort();
      const { child, output } = start(['serve'], { PORT: String(port) });
      const url = `http://127.0.0.1:${port}`;
      const hasStarted = await waitUntil(() => isReady(child, url), START_TIMEOUT_MS);
      if (!hasStarted || child.exitCode !== null) {
        child.kill('SIGKILL');
        throw new Error(`the server did not start:\n${(await output).join('\n')}`);
      }
      return { url, stop: () => stop(child) };
    },
  };
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const ended = once(child, 'close');
  child.kill('SIGTERM');
  await ended;
}

async function isReady(child: ChildProcess, url: string): Promise<boolean> {
  if (child.exitCode !== null) return true;
  const answer = await fetch(`${url}/health/ready`).catch(() => undefined);
  return answer?.ok === true;
}
