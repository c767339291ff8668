import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import Fastify from 'fastify';
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createTestApp, type TestApp } from '../../../../test/support/app.ts';
import { connectRedis } from '../../../cache/redis.ts';
import { systemClock } from '../../../lib/time.ts';
import { createLog } from '../../../telemetry/log.ts';
import { createMetrics } from '../../../telemetry/metrics.ts';
import { registerOperations } from '../operations.routes.ts';
import { createHealth, type Health } from './health.service.ts';
import { createSystemGauge } from './system-load.ts';

const ANSWER_LIMIT_MS = 2_000;
const log = createLog({ level: 'silent', pretty: false, version: '1.0.0' });

/** A server that takes connections, and passes them on to `target` or leaves them without an answer. */
async function openProxy(target?: { host: string; port: number } | { path: string }) {
  const sockets = new Set<Socket>();
  const pairs: [Socket, Socket][] = [];
  const server: Server = createServer((client) => {
    sockets.add(client.on('error', () => client.destroy()));
    if (target === undefined) return;
    const upstream = connect(target);
    sockets.add(upstream.on('error', () => upstream.destroy()));
    client.pipe(upstream).pipe(client);
    pairs.push([client, upstream]);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    /** From now on nothing passes on the connections that are open, and nothing closes them either. */
    stall: () => {
      for (const [client, upstream] of pairs) {
        client.unpipe(upstream);
        upstream.unpipe(client);
      }
    },
    close: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

let test: TestApp;

beforeAll(async () => {
  test = await createTestApp();
});
afterAll(() => test.close());

describe('a database that swallows everything and answers nothing', () => {
  const cleanups: (() => unknown)[] = [];

  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });

  function openHealth(databaseUrl: string): Health {
    const { storage } = test.services.gateways;
    const options = {
      databaseUrl,
      storage,
      version: '1.0.0',
      dataDir: '.',
      clock: systemClock,
      log,
    };
    const health = createHealth(options);
    cleanups.push(() => health.close());
    return health;
  }

  it.each([
    ['/health/ready', 'not ready'],
    ['/health', 'unhealthy'],
  ])('makes %s answer 503 within two seconds', async (url) => {
    const hole = await openProxy();
    cleanups.push(hole.close);
    const app = Fastify();
    registerOperations(app, {
      services: test.services,
      authenticate: () => Promise.reject(new Error('nobody is known')),
      limits: { take: () => undefined, succeed: () => undefined },
      health: openHealth(`postgres://market@127.0.0.1:${hole.port}/market`),
      metrics: createMetrics(log),
    });
    const started_ms = performance.now();
    const answer = await app.inject(url);
    expect(performance.now() - started_ms).toBeLessThan(ANSWER_LIMIT_MS);
    expect(answer.statusCode).toBe(503);
    expect(answer.headers['retry-after']).toBeDefined();
  });

  it('is noticed on connections that are open already, and so is its return', async () => {
    const url = new URL(test.databaseUrl);
    const folder = url.searchParams.get('host');
    const port = Number(url.port || 5432);
    const proxy = await openProxy(
      folder === null ? { host: url.hostname, port } : { path: `${folder}/.s.PGSQL.${port}` },
    );
    cleanups.push(proxy.close);
    url.host = `127.0.0.1:${proxy.port}`;
    url.searchParams.delete('host');
    const health = openHealth(url.href);
    expect(await health.findObstacle()).toBeUndefined();
    proxy.stall();
    const started_ms = performance.now();
    expect(await health.findObstacle()).toBeDefined();
    expect(performance.now() - started_ms).toBeLessThan(ANSWER_LIMIT_MS);
    // New connections pass again.
    expect(await health.findObstacle()).toBeUndefined();
  });

  it('is checked once for any number of callers at once', async () => {
    const hole = await openProxy();
    cleanups.push(hole.close);
    const health = openHealth(`postgres://market@127.0.0.1:${hole.port}/market`);
    const started_ms = performance.now();
    await Promise.all(Array.from({ length: 50 }, () => health.report()));
    expect(performance.now() - started_ms).toBeLessThan(ANSWER_LIMIT_MS);
  });
});

describe('a connection of the probes that breaks', () => {
  it('is logged and replaced', async () => {
    const lines: string[] = [];
    const destination = { write: (line: string) => void lines.push(line) };
    const health = createHealth({
      databaseUrl: test.databaseUrl,
      storage: test.services.gateways.storage,
      version: '1.0.0',
      dataDir: '.',
      clock: systemClock,
      log: createLog({ level: 'warn', pretty: false, version: '1.0.0', destination }),
    });
    expect(await health.findObstacle()).toBeUndefined();
    await sql`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE datname = current_database() AND application_name = 'freshbytes-health'`.execute(
      test.services.db,
    );
    await expect.poll(() => lines.join('')).toContain('a probe lost the database');
    expect(await health.findObstacle()).toBeUndefined();
    await health.close();
  });
});

describe('the loads of the machine', () => {
  it('are measured at once too, when no time has passed', async () => {
    const measure = createSystemGauge('/nowhere', () => ({ idle_ms: 300, total_ms: 400 }));
    const loads = await Promise.all([measure(), measure()]);
    expect(loads[1]).toMatchObject({ cpu_percent: 0, disk_percent: loads[0]?.disk_percent });
  });
});

describe('a storage that is away', () => {
  it('degrades the service and no more', async () => {
    const health = createHealth({
      databaseUrl: test.databaseUrl,
      storage: { get: () => Promise.reject(new Error('refused')) },
      version: '1.0.0',
      dataDir: '.',
      clock: systemClock,
      log,
    });
    const { status, checks } = await health.report();
    expect(status).toBe('degraded');
    expect(checks.storage).toMatchObject({ status: 'degraded', reason: 'refused' });
    expect(await health.findObstacle()).toBeUndefined();
    await health.close();
  });
});

describe('a lost Redis', () => {
  it('degrades the service and no more', async () => {
    const redis = connectRedis('redis://127.0.0.1:1', log);
    const health = createHealth({
      databaseUrl: test.databaseUrl,
      redis,
      storage: test.services.gateways.storage,
      version: '1.0.0',
      dataDir: '.',
      clock: systemClock,
      log,
    });
    const { status, checks } = await health.report();
    expect(status).toBe('degraded');
    expect(checks.cache).toMatchObject({ status: 'degraded', reason: expect.any(String) });
    expect(await health.findObstacle()).toBeUndefined();
    redis.disconnect();
    await health.close();
  });
});
