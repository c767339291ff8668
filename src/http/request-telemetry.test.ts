import { describe, expect, it } from 'vitest';
import { loadConfig } from '../config.ts';
import type { Services, UserActor } from '../context.ts';
import { systemClock } from '../lib/time.ts';
import { createLog } from '../telemetry/log.ts';
import { createMetrics } from '../telemetry/metrics.ts';
import { ANYONE } from './access.ts';
import { registerCaller } from './caller.ts';
import { registerRequestTelemetry } from './request-telemetry.ts';
import { createServer } from './server.ts';

const MARIA: UserActor = {
  kind: 'user',
  user_id: '0190a6c0-7d53-7cc1-b2a1-5b3f1f0c9a11',
  session_id: '0190a6c0-7d53-7cc1-b2a1-5b3f1f0c9a12',
  role: 'customer',
  is_verified: true,
  has_mfa: false,
};

/** A server with one route, signed in as Maria, and the lines that it logs. */
function openServer() {
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  const log = createLog({ level: 'info', pretty: false, version: '1.0.0', destination });
  const config = loadConfig({ NODE_ENV: 'test' }, '1.0.0');
  const { app } = createServer({ config, log, clock: systemClock });
  registerRequestTelemetry(app, createMetrics(log));
  registerCaller(app, {
    services: { config, clock: systemClock, log } as Partial<Services> as Services,
    authenticate: async () => MARIA,
    limits: { take: async () => undefined },
  });
  const mounted = { mounted: { access: ANYONE } as never };
  app.get('/people/:id', { config: mounted }, async () => ({}));
  app.get('/probe', { config: { isExempt: true } }, async () => ({}));
  const entries = () => lines.map((line): Record<string, unknown> => JSON.parse(line));
  return { app, entries };
}

describe('each request', () => {
  it('leaves one line with what an operator asks for', async () => {
    const { app, entries } = openServer();
    const headers = { authorization: 'Bearer token', 'x-request-id': 'abc-1' };
    await app.inject({ url: '/people/7', headers, remoteAddress: '203.0.113.9' });
    expect(entries()).toEqual([
      expect.objectContaining({
        level: 'info',
        msg: 'request',
        request_id: 'abc-1',
        method: 'GET',
        endpoint: '/people/:id',
        status: 200,
        duration_ms: expect.any(Number),
        user_id: MARIA.user_id,
        ip_prefix: '203.0.113.0/24',
      }),
    ]);
  });

  it('leaves neither its path, its query, its token nor a whole address', async () => {
    const { app, entries } = openServer();
    const headers = { authorization: 'Bearer s3cret-token' };
    await app.inject({
      url: '/people/maria@example.com?phone=09171234567',
      headers,
      remoteAddress: '203.0.113.9',
    });
    await app.inject({ url: '/nowhere/maria@example.com', remoteAddress: '203.0.113.9' });
    expect(entries().map(({ endpoint }) => endpoint)).toEqual(['/people/:id', 'unmatched']);
    expect(JSON.stringify(entries())).not.toMatch(/maria|0917|s3cret|203\.0\.113\.9/);
  });

  it('leaves a line also where it was refused before anybody asked who sent it', async () => {
    const { app, entries } = openServer();
    await app.inject({ url: '/people/7?a=%00' });
    expect(entries()).toEqual([expect.objectContaining({ status: 400, endpoint: '/people/:id' })]);
  });

  it('of a probe leaves nothing at the level of people', async () => {
    const { app, entries } = openServer();
    await app.inject({ url: '/probe' });
    expect(entries()).toEqual([]);
  });
});
