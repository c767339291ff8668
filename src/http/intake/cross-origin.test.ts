import { Type } from 'typebox';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createProbe, type Probe, type ProbeCall, userActor } from '../../../test/support/probe.ts';
import { ANYONE } from '../access.ts';
import { route } from '../route.ts';

const FRONTEND = 'https://market.freshbytes.ph';
const things = route({
  method: 'POST',
  path: '/things',
  access: ANYONE,
  operationId: 'probe',
  tag: 'Probe',
  summary: 'Probe',
  body: Type.Object({}),
  idempotency: 'none',
  status: 204,
  handle: async () => undefined,
});

/** What Chromium asks before a POST with JSON, a token and a key. */
const asked = (origin: string, path = '/things'): ProbeCall => ({
  method: 'OPTIONS',
  path,
  headers: {
    host: 'api.freshbytes.ph',
    accept: '*/*',
    'access-control-request-method': 'POST',
    'access-control-request-headers': 'authorization,content-type,idempotency-key,if-match',
    origin,
    'sec-fetch-mode': 'cors',
    'sec-fetch-site': 'same-site',
    'sec-fetch-dest': 'empty',
    referer: `${origin}/`,
  },
});

function open(env: Record<string, string>): Promise<Probe> {
  return createProbe({ routes: [things], callers: { maria: userActor() }, env });
}

const CORS = /^access-control-/;
const corsHeaders = (headers: object) => Object.keys(headers).filter((name) => CORS.test(name));

describe('with CORS_ORIGINS', () => {
  let probe: Probe;
  beforeAll(async () => {
    const limits = { RATE_LIMITS: 'on', RATE_LIMIT_ANONYMOUS: '8/hour' };
    probe = await open({
      ...limits,
      CORS_ORIGINS: `${FRONTEND}, https://admin.freshbytes.ph:8443`,
    });
  });
  afterAll(() => probe.close());

  it('a browser gets what it may send, and it costs no quota', async () => {
    for (let i = 0; i < 20; i += 1) {
      const { statusCode, headers, body } = await probe.call(asked(FRONTEND));
      expect([statusCode, body]).toEqual([204, '']);
      expect(headers).toMatchObject({
        'access-control-allow-origin': FRONTEND,
        'access-control-allow-methods': 'GET, HEAD, POST, PUT, PATCH, DELETE',
        'access-control-max-age': '600',
        vary: 'Origin',
        'x-request-id': expect.any(String),
      });
      const allowed = String(headers['access-control-allow-headers']).toLowerCase().split(', ');
      expect(allowed).toEqual(
        expect.arrayContaining(['authorization', 'content-type', 'idempotency-key', 'if-match']),
      );
      expect(headers).not.toHaveProperty('access-control-allow-credentials');
    }
  });

  it('the request that follows may be made, and its answer read with all that clients need', async () => {
    const headers = { origin: FRONTEND, 'content-type': 'application/json' };
    const answer = await probe.call({ method: 'POST', path: '/things', headers, body: {} });
    expect([answer.statusCode, answer.headers['access-control-allow-origin']]).toEqual([
      204,
      FRONTEND,
    ]);
    const exposed = String(answer.headers['access-control-expose-headers']).split(', ');
    expect(exposed).toEqual(
      expect.arrayContaining([
        ...['ETag', 'Idempotency-Replayed', 'Link', 'Location', 'RateLimit', 'RateLimit-Policy'],
        ...['Retry-After', 'WWW-Authenticate', 'X-Request-Id'],
      ]),
    );
  });

  it.each([
    ['/nowhere', 'GET', 404, 'NOT_FOUND'],
    ['/api/v9/things', 'GET', 404, 'UNKNOWN_API_VERSION'],
    ['/things', 'DELETE', 405, 'METHOD_NOT_ALLOWED'],
    ['/things', 'OPTIONS', 405, 'METHOD_NOT_ALLOWED'],
    ['/nowhere', 'OPTIONS', 404, 'NOT_FOUND'],
  ] as const)(
    '%s, %s is refused as without, and the page may read why',
    async (path, method, status, code) => {
      const answer = await probe.call({ path, method, headers: { origin: FRONTEND } });
      expect([answer.statusCode, answer.json().code]).toEqual([status, code]);
      expect(answer.headers['access-control-allow-origin']).toBe(FRONTEND);
      if (status === 405) expect(answer.headers['allow']).toBe('POST');
    },
  );

  it.each([
    'https://evil.example',
    'http://market.freshbytes.ph',
    'https://market.freshbytes.ph.evil.example',
    'https://market.freshbytes.ph:8443',
    'http://localhost:3000',
    'null',
  ])('the origin %s gets no permission', async (origin) => {
    const preflight = await probe.call(asked(origin));
    expect(preflight.statusCode).not.toBe(204);
    expect(corsHeaders(preflight.headers)).toEqual([]);
    expect(preflight.headers['vary']).toBe('Origin');
  });
});

describe('without CORS_ORIGINS', () => {
  it.each([
    'http://localhost:5173',
    'http://127.0.0.1:3000',
    'http://[::1]:8080',
    'https://localhost',
  ])('development is open to %s', async (origin) => {
    const probe = await open({ NODE_ENV: 'development' });
    expect((await probe.call(asked(origin))).statusCode).toBe(204);
    const answer = await probe.call({ path: '/nowhere', headers: { origin } });
    expect(answer.headers['access-control-allow-origin']).toBe(origin);
    await probe.close();
  });

  it('development is closed to everybody else', async () => {
    const probe = await open({ NODE_ENV: 'development' });
    for (const origin of ['https://evil.example', 'http://localhost.evil.example', 'null'])
      expect(corsHeaders((await probe.call(asked(origin))).headers)).toEqual([]);
    await probe.close();
  });

  it('nothing else is open to anybody', async () => {
    const probe = await open({});
    const { statusCode, headers } = await probe.call(asked('http://localhost:5173'));
    expect([statusCode, corsHeaders(headers), headers['vary']]).toEqual([405, [], undefined]);
    await probe.close();
  });
});
