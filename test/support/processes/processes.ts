// Servers in processes of their own, over a test's database: what can be killed, and what comes back.
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vi } from 'vitest';
import { findFreePort } from '../../../scripts/free-port.ts';
import { newId } from '../../../src/lib/ids.ts';
import { createTestApp, type TestApp } from '../app.ts';
import type { TestDatabase } from '../database.ts';
import { makePrivateKey } from '../private-key.ts';
import { type RunningCli, startCli } from './cli.ts';

const START_TIMEOUT_MS = 120_000;
const POLL_MS = 20;

export interface ServerProcess {
  /** `http://127.0.0.1:<port>`; the same after a restart. */
  readonly url: string;
  /** What it printed so far, its log. */
  readonly printed: () => string;
  /** Sends a signal and waits for the end. @returns the exit code; null where the signal ended it */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null>;
}

export interface ProcessBench {
  /** The same database and keys in this process, at the same time of day, for rows and tokens. */
  readonly test: TestApp;
  /** Starts a server and waits until it is ready; a second one needs a `PORT` of its own. */
  start(env?: Readonly<Record<string, string>>): Promise<ServerProcess>;
  /** Kills what still runs, and drops the database. */
  close(): Promise<void>;
}

/** @param options the database, where it is not a fresh one; dropped with the bench */
export async function createProcessBench(
  options: { readonly database?: TestDatabase } = {},
): Promise<ProcessBench> {
  const secrets = { APP_SECRET: newId(), JWT_PRIVATE_KEYS: makePrivateKey() };
  const test = await createTestApp({ poolSize: 2, env: secrets, ...options });
  test.clock.advance(Date.now() - test.clock.now().getTime());
  const port = await findFreePort();
  const started: RunningCli[] = [];
  const shared = {
    ...secrets,
    NODE_ENV: 'development',
    PORT: String(port),
    DATABASE_URL: test.databaseUrl,
    DATA_DIR: join(tmpdir(), `freshbytes-processes-${newId()}`),
    RATE_LIMITS: 'off',
    LOG_LEVEL: 'error',
  };
  return {
    test,
    start: async (env = {}) => {
      const cli = startCli(['serve'], { env: { ...shared, ...env } });
      started.push(cli);
      return whenReady(cli, `http://127.0.0.1:${env['PORT'] ?? port}`);
    },
    close: async () => {
      for (const { child, ended } of started) {
        child.kill('SIGKILL');
        await ended;
      }
      await test.close();
    },
  };
}

async function whenReady(
  { child, ended, output }: RunningCli,
  url: string,
): Promise<ServerProcess> {
  const isReady = async () => {
    if (child.exitCode !== null || child.signalCode !== null) {
      throw new Error(`the server ended:\n${output.stdout}\n${output.stderr}`);
    }
    const answer = await fetch(`${url}/health/ready`).catch(() => undefined);
    return answer?.ok === true;
  };
  await vi.waitUntil(isReady, { timeout: START_TIMEOUT_MS, interval: POLL_MS });
  return {
    url,
    printed: () => output.stdout,
    end: async (signal) => {
      child.kill(signal);
      return (await ended).exitCode;
    },
  };
}
