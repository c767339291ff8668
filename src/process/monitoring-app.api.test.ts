import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createActor } from '../../test/support/actors.ts';
import { createTestApp, type TestApp } from '../../test/support/app.ts';
import { createLog } from '../telemetry/log.ts';
import { buildMonitoringApp } from './monitoring-app.ts';

const METRICS_TOKEN = 'metrics-token-of-the-tests';

let test: TestApp;
let app: FastifyInstance;

beforeAll(async () => {
  test = await createTestApp({ env: { METRICS_TOKEN } });
  const { services, health, metrics } = test;
  const log = createLog({ level: 'silent', pretty: false, version: '1.0.0' });
  const limits = { take: () => undefined, succeed: () => undefined };
  app = buildMonitoringApp({ services, health, metrics, limits, log });
});
afterAll(async () => {
  await app.close();
  await test.close();
});

const get = (url: string, token?: string) =>
  app.inject({ url, headers: token === undefined ? {} : { authorization: `Bearer ${token}` } });

describe('a process without the API', () => {
  it.each(['/health/live', '/health/ready', '/health', '/health/'])('answers %s', async (url) => {
    expect((await get(url)).statusCode).toBe(200);
  });

  it('shows loads to admins and the metrics token alone', async () => {
    const { token } = await createActor(test, { role: 'admin' });
    const customer = await createActor(test);
    const shows = async (given?: string) => 'system' in (await get('/health', given)).json().checks;
    expect(await shows(token)).toBe(true);
    expect(await shows(METRICS_TOKEN)).toBe(true);
    expect(await shows(customer.token)).toBe(false);
    expect(await shows()).toBe(false);
  });

  it('shows metrics to the metrics token alone, and counts the requests', async () => {
    expect((await get('/metrics')).statusCode).toBe(401);
    const { statusCode, body } = await get('/metrics', METRICS_TOKEN);
    expect(statusCode).toBe(200);
    expect(body).toContain('http_requests_total{method="GET",endpoint="/metrics",status="401"} 1');
  });

  it.each(['/', '/api/v1/products', '/api/v1/health', '/docs', '/.well-known/jwks.json'])(
    'refuses %s as a problem, with the headers of the API',
    async (url) => {
      const answer = await get(url);
      expect([answer.statusCode, answer.json().code]).toEqual([404, 'NOT_FOUND']);
      expect(answer.headers['content-security-policy']).toContain("frame-ancestors 'none'");
      expect(answer.headers['x-request-id']).toBeDefined();
    },
  );

  it('takes few connections', () => {
    expect(app.server.maxConnections).toBeLessThanOrEqual(100);
  });
});
