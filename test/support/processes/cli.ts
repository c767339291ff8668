// The command line as people run it: a process of its own, with nothing of this one's environment but the path and where
// compiled modules are kept.
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const BIN = fileURLToPath(new URL('../../../bin/freshbytes.js', import.meta.url));

export interface CliResult {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** What arrives on its standard input. */
  readonly input?: string;
}

export interface RunningCli {
  readonly child: ChildProcess;
  readonly output: { stdout: string; stderr: string };
  readonly ended: Promise<CliResult>;
  /** Resolves once stdout holds `text`; rejects where the process ends without it. */
  printed(text: string): Promise<void>;
}

/**
 * What a process that runs this checkout needs to start, and to start fast: a quarter of what a start costs is compiling.
 * A copy of it elsewhere would only fill the cache.
 */
export function passedOn(): Record<string, string> {
  const { PATH = '', TEST_COMPILE_CACHE: cache } = process.env;
  return { PATH, ...(cache === undefined ? {} : { NODE_COMPILE_CACHE: cache }) };
}

/** Runs a command to its end. */
export function runCli(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  return startCli(args, options).ended;
}

export function startCli(
  args: readonly string[],
  { env = {}, input = '' }: CliOptions = {},
): RunningCli {
  const child = spawn(process.execPath, [BIN, ...args], {
    env: { ...passedOn(), NODE_ENV: 'test', ...env },
    stdio: 'pipe',
  });
  const output = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk) => {
    output.stdout += String(chunk);
  });
  child.stderr.on('data', (chunk) => {
    output.stderr += String(chunk);
  });
  // A command that ends without reading closes the pipe first.
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  const ended = new Promise<CliResult>((resolve) => {
    child.on('close', (exitCode) => resolve({ exitCode, ...output }));
  });
  const printed = (text: string) =>
    new Promise<void>((resolve, reject) => {
      const look = () => output.stdout.includes(text) && resolve();
      child.stdout.on('data', look);
      void ended.then(() =>
        reject(new Error(`ended without "${text}":\n${output.stdout}\n${output.stderr}`)),
      );
      look();
    });
  return { child, output, ended, printed };
}
