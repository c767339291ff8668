import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../test/support/database.ts';
import { type RunningCli, runCli, startCli } from '../../test/support/processes/cli.ts';
import { readScrape, type Scrape, sampleOf } from '../../test/support/scrape.ts';
import { hasPromtool, lintMetrics } from '../../test/support/servers/promtool.ts';

/** Each is a process of its own, which a busy machine starts slowly. */
vi.setConfig({ testTimeout: 120_000 });

const METRICS_TOKEN = 'metrics-token-of-the-tests';
const WAIT = { timeout: 20_000, interval: 50 };

let database: TestDatabase;
const started: RunningCli[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
});
afterEach(async () => {
  for (const { child, ended } of started.splice(0)) {
    child.kill('SIGKILL');
    await ended;
  }
});
afterAll(() => database.drop());

/** Starts `serve` or `worker` on a free port and waits until it listens. */
async function start(
  command: 'serve' | 'worker',
  env: Readonly<Record<string, string>> = {},
): Promise<RunningCli & { url: string }> {
  const shared = { DATABASE_URL: database.url, METRICS_TOKEN, PORT: '0', WORKER_PORT: '0' };
  const running = startCli([command], { env: { ...shared, ...env } });
  started.push(running);
  await vi.waitUntil(() => {
    if (running.child.exitCode !== null) throw new Error(running.output.stderr);
    return running.output.stdout.includes('Server listening at ');
  }, WAIT);
  const url = /Server listening at (http:\/\/[\d.:]+)/.exec(running.output.stdout)?.[1] ?? '';
  return { ...running, url };
}

const fetchMetrics = (url: string) =>
  fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${METRICS_TOKEN}` } });

async function scrape(url: string): Promise<Scrape> {
  const answer = await fetchMetrics(url);
  return readScrape(await answer.text());
}

const statusOf = async (address: string) => (await fetch(address)).status;

async function codeOf(answer: Response): Promise<unknown> {
  const { code } = (await answer.json()) as { code: unknown };
  return code;
}

async function connect(): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  return client;
}

describe('the port of a worker', () => {
  it('answers health and metrics under the rules of the API, and nothing else', async () => {
    const { url } = await start('worker');
    expect(await statusOf(`${url}/health/live`)).toBe(200);
    expect(await statusOf(`${url}/health/ready`)).toBe(200);
    const health = await (await fetch(`${url}/health`)).json();
    expect(health).toMatchObject({ status: 'healthy' });
    expect(health).not.toHaveProperty('checks.system');
    const refused = await fetch(`${url}/metrics`);
    expect([refused.status, await codeOf(refused)]).toEqual([401, 'UNAUTHENTICATED']);
    expect((await fetchMetrics(url)).status).toBe(200);
    for (const path of ['/api/v1/products', '/api/v1/health', '/.well-known/jwks.json', '/docs']) {
      const answer = await fetch(`${url}${path}`);
      expect([path, answer.status, await codeOf(answer)]).toEqual([path, 404, 'NOT_FOUND']);
      expect(answer.headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
    }
  });

  it('is the only one to report marketplace metrics beside replicas of the API, exactly and over restarts', async () => {
    const client = await connect();
    await client.query(
      'INSERT INTO business_counts (orders_created, revenue_centavos) VALUES (41, 1234550)',
    );
    const replica = await start('serve', { WORKER: 'off' });
    for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
      const worker = await start('worker');
      const told = await scrape(worker.url);
      expect(sampleOf(told, 'orders_created_total')).toBe(41);
      expect(sampleOf(told, 'revenue_generated_total')).toBe(12_345.5);
      worker.child.kill(signal);
      await worker.ended;
    }
    expect(sampleOf(await scrape(replica.url), 'orders_created_total')).toBeUndefined();
    await client.end();
  });

  it.skipIf(!hasPromtool)('serves metrics that promtool finds nothing to say about', async () => {
    const { url } = await start('worker');
    // The second scrape also counts the first.
    await fetchMetrics(url);
    expect(lintMetrics(await (await fetchMetrics(url)).text())).toBe('');
  });

  it('says that it is not ready while the worker stops and finishes its jobs, and answers until then', async () => {
    const { url, child, ended } = await start('worker');
    const client = await connect();
    await client.query('BEGIN; LOCK TABLE outbox_messages IN ACCESS EXCLUSIVE MODE');
    const isJobWaiting = async () => {
      // A transaction sees the activity of its first look until it asks for another.
      await client.query('SELECT pg_stat_clear_snapshot()');
      const { rows } = await client.query(
        `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
      );
      return rows.length > 0;
    };
    await vi.waitUntil(isJobWaiting, WAIT);
    child.kill('SIGTERM');
    await vi.waitUntil(async () => (await statusOf(`${url}/health/ready`)) === 503, WAIT);
    expect(await statusOf(`${url}/health/live`)).toBe(200);
    expect((await fetchMetrics(url)).headers.get('connection')).toBe('close');
    expect(child.exitCode).toBeNull();
    await client.end();
    expect((await ended).exitCode).toBe(0);
  });

  it('that is taken ends it with words that name the setting', async () => {
    const other = createServer();
    await once(other.listen(0, '127.0.0.1'), 'listening');
    const { port } = other.address() as AddressInfo;
    const { exitCode, stderr } = await runCli(['worker'], {
      env: { DATABASE_URL: database.url, WORKER_PORT: String(port) },
    });
    expect(exitCode).toBe(3);
    expect(stderr).toContain(`127.0.0.1:${port} is in use`);
    expect(stderr).toContain('WORKER_PORT');
    other.close();
  });

  it('is none where nobody asked for one', async () => {
    const running = startCli(['worker'], { env: { DATABASE_URL: database.url } });
    started.push(running);
    await running.printed('"msg":"working"');
    expect(running.output.stdout).not.toContain('listening');
  });
});

describe('SIGUSR2', () => {
  it('makes a running server log more, and less again, without a restart', async () => {
    const { url, child, output, printed } = await start('serve', { WORKER: 'off' });
    const requests = () => output.stdout.split('"endpoint":"/health/live"').length - 1;
    await statusOf(`${url}/health/live`);
    expect(requests()).toBe(0);
    child.kill('SIGUSR2');
    await printed('"old_level":"info","new_level":"debug"');
    await statusOf(`${url}/health/live`);
    await vi.waitUntil(() => requests() === 1, WAIT);
    child.kill('SIGUSR2');
    await printed('"old_level":"debug","new_level":"info"');
    await statusOf(`${url}/health/live`);
    // A line that is written in any case, after which one of the probe would have come.
    await statusOf(`${url}/api/v1/nowhere`);
    await printed('"endpoint":"unmatched"');
    expect(requests()).toBe(1);
  });
});
