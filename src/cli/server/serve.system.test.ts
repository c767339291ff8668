import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import {
  type CliOptions,
  type RunningCli,
  runCli,
  startCli,
} from '../../../test/support/processes/cli.ts';

/** Each server is a process of its own, which a busy machine starts slowly. */
vi.setConfig({ testTimeout: 120_000 });

const LISTENING = 'Server listening at ';
const WAIT = { timeout: 20_000, interval: 50 };
const EXIT_SIGTERM = 143;

const started: RunningCli[] = [];

afterEach(async () => {
  for (const { child, ended } of started.splice(0)) {
    child.kill('SIGKILL');
    await ended;
  }
});

/** Starts `serve` on a free port. */
async function startServing(
  env: NonNullable<CliOptions['env']>,
): Promise<RunningCli & { url: string }> {
  const running = startCli(['serve'], { env: { PORT: '0', ...env } });
  started.push(running);
  await running.printed(LISTENING);
  const url = /Server listening at (http:\/\/[\d.:]+)/.exec(running.output.stdout)?.[1];
  if (url === undefined) throw new Error(`no address in ${running.output.stdout}`);
  return { ...running, url };
}

describe('serve on a given database', () => {
  let database: TestDatabase;

  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(() => database.drop());

  /** Holds a table, so that requests for places wait until it is let go. */
  async function holdPlaces(): Promise<() => Promise<void>> {
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    await client.query('BEGIN; LOCK TABLE places IN ACCESS EXCLUSIVE MODE');
    return () => client.end();
  }

  /** A request that has reached the database and waits there; in an object, or awaiting this would await the answer. */
  async function openRequest(url: string): Promise<{ answer: Promise<Response> }> {
    const answer = fetch(`${url}/api/v1/places`);
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    await vi.waitUntil(async () => {
      const { rows } = await client.query(
        "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
      );
      return rows.length > 0;
    }, WAIT);
    await client.end();
    return { answer };
  }

  it('on a stop signal reports not ready, goes on serving, finishes what is in flight, and ends with 0', async () => {
    const { url, child, ended } = await startServing({
      DATABASE_URL: database.url,
      DRAIN_MS: '1500',
    });
    expect((await fetch(`${url}/health/ready`)).status).toBe(200);
    const letGo = await holdPlaces();
    const { answer } = await openRequest(url);
    child.kill('SIGTERM');
    // npm and the terminal both pass on one Ctrl-C.
    child.kill('SIGINT');
    await vi.waitUntil(async () => (await fetch(`${url}/health/ready`)).status === 503, WAIT);
    expect((await fetch(`${url}/health/live`)).status).toBe(200);
    await letGo();
    expect((await answer).status).toBe(200);
    expect((await ended).exitCode).toBe(0);
  });

  it('on a second signal ends at once', async () => {
    const { url, child, ended } = await startServing({
      DATABASE_URL: database.url,
      DRAIN_MS: '60000',
    });
    const letGo = await holdPlaces();
    const { answer } = await openRequest(url);
    const broken = expect(answer).rejects.toThrow();
    await vi.waitUntil(() => {
      child.kill('SIGTERM');
      return child.exitCode !== null || child.signalCode !== null;
    }, WAIT);
    expect((await ended).exitCode).toBe(EXIT_SIGTERM);
    await broken;
    await letGo();
  });

  it('reports that its port is taken before it makes a database', async () => {
    const other = createServer();
    await once(other.listen(0, '127.0.0.1'), 'listening');
    const { port } = other.address() as AddressInfo;
    const { exitCode, stderr } = await runCli(['serve'], {
      env: { DATA_DIR: join(tmpdir(), `freshbytes-never-${port}`), PORT: String(port) },
    });
    expect(exitCode).toBe(3);
    expect(stderr).toContain(`127.0.0.1:${port} is in use: another program listens there`);
    expect(stderr).toMatch(/^Starting FreshBytes/);
    expect(existsSync(join(tmpdir(), `freshbytes-never-${port}`))).toBe(false);
    other.close();
  });

  it('worker runs the jobs without a port, and ends with 0', async () => {
    const { child, ended, printed } = startCli(['worker'], { env: { DATABASE_URL: database.url } });
    await printed('"msg":"working"');
    child.kill('SIGTERM');
    expect((await ended).exitCode).toBe(0);
  });
});

describe('serve on an empty machine', () => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'freshbytes-serve-'));
    // Where root runs this, PostgreSQL's account must get in.
    await chmod(folder, 0o755);
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('brings its database and its market, keeps both over kill -9, and shares them with other commands', async () => {
    const env = { NODE_ENV: 'development', DATA_DIR: folder };
    const signIn = (url: string) =>
      fetch(`${url}/api/v1/auth/login`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({
          user_email: 'customer@freshbytes.test',
          password: 'demo-Freshbytes-2026',
        }),
      });
    const first = await startServing(env);
    await first.printed('Ctrl-C stops it');
    for (const word of [
      '/docs',
      '/dev/messages',
      'admin@freshbytes.test',
      'demo-Freshbytes-2026',
      folder,
    ]) {
      expect(first.output.stdout).toContain(word);
    }
    expect((await signIn(first.url)).status).toBe(200);
    expect((await runCli(['check-invariants'], { env })).exitCode).toBe(0);
    first.child.kill('SIGKILL');
    await first.ended;
    const second = await startServing(env);
    expect(second.output.stderr).not.toContain('Seeding');
    expect((await signIn(second.url)).status).toBe(200);
    second.child.kill('SIGINT');
    expect((await second.ended).exitCode).toBe(0);
  });
});

describe('an uncaught error', () => {
  it('is logged and stops the process with exit code 1', () => {
    const script = `
      const { awaitStopRequest } = await import('./src/cli/server/stop-request.ts');
      const log = { fatal: ({ err }) => console.log('logged', err.message), info: () => {} };
      const { requested } = awaitStopRequest(log);
      setImmediate(() => Promise.reject(new Error('lost')));
      process.exit(await requested);`;
    const { status, stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
      encoding: 'utf8',
    });
    expect([status, stdout]).toEqual([1, 'logged lost\n']);
  });
});
