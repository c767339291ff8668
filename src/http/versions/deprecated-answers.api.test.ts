import Fastify from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createActor } from '../../../test/support/actors.ts';
import { createTestApp, type TestApp } from '../../../test/support/app.ts';
import { createProduct } from '../../../test/support/builders.ts';
import { inlined } from '../../../test/support/openapi.ts';
import { DAY_MS } from '../../lib/time.ts';
import { registerDeprecations } from './deprecated-answers.ts';
import { DEPRECATIONS, type Deprecation } from './deprecations.ts';

const deprecated_at = new Date('2026-01-01T00:00:00Z');
const sunset_at = new Date('2026-09-01T00:00:00Z');
const dates = { deprecated_at, sunset_at };
const PAGE = 'https://api.example.com/docs/versions';
const LINKS = `<${PAGE}>; rel="deprecation"; type="text/html", <${PAGE}>; rel="sunset"; type="text/html"`;
const PUBLIC = { PUBLIC_URL: 'https://api.example.com' };
const ABSENT = '0190a6c0-7d53-7cc1-b2a1-5b3f1f0c9a11';

const OPERATIONS: readonly Deprecation[] = [
  { target: 'GET /api/v1/products', successor: 'GET /api/v2/products', ...dates },
  { target: 'GET /api/v1/products/:id', successor: 'GET /api/v2/products/:id', ...dates },
  { target: 'GET /api/v1/cart', ...dates },
];

const announced = (answer: { headers: object }) => {
  const { deprecation, sunset, link } = answer.headers as Record<string, string | undefined>;
  return { deprecation, sunset, link };
};
const told = (successor?: string) => ({
  deprecation: '@1767225600',
  sunset: 'Tue, 01 Sep 2026 00:00:00 GMT',
  link: successor === undefined ? LINKS : `${LINKS}, <${successor}>; rel="successor-version"`,
});
const NOTHING = { deprecation: undefined, sunset: undefined, link: undefined };

describe('a deprecated operation', () => {
  let test: TestApp;
  let token: string;
  let productId: string;

  beforeAll(async () => {
    test = await createTestApp({ deprecations: OPERATIONS, env: PUBLIC });
    const seller = await createActor(test, { role: 'seller' });
    ({ token } = await createActor(test));
    ({ id: productId } = await createProduct(test, seller));
    await createProduct(test, seller);
  });
  afterAll(() => test.close());

  it('says on every answer since when, until when, and what to use instead', async () => {
    const path = `/products/${productId}`;
    const answer = await test.call({ path });
    expect(answer.statusCode).toBe(200);
    const successor = `https://api.example.com/api/v2/products/${productId}`;
    expect(announced(answer)).toEqual(told(successor));
    expect(announced(await test.call({ path: `${path}/` }))).toEqual(told(successor));
    expect(announced(await test.call({ method: 'HEAD', path }))).toEqual(told(successor));
    const headers = { 'if-none-match': String(answer.headers.etag) };
    const unchanged = await test.call({ path, headers });
    expect([unchanged.statusCode, announced(unchanged)]).toEqual([304, told(successor)]);
  });

  it.each([
    [400, `/products/${ABSENT}?surprise=1`, `/${ABSENT}`, undefined],
    [401, `/products/${ABSENT}`, `/${ABSENT}`, 'bad'],
    [404, `/products/${ABSENT}`, `/${ABSENT}`, undefined],
    [404, '/products/a%3E%22%2Fb', '/a%3E%22%2Fb', undefined],
    [400, '/products?page=0', '', undefined],
  ])('says so when it refuses with %i: %s', async (status, path, rest, token) => {
    const answer = await test.call({ path, token });
    expect(answer.statusCode).toBe(status);
    expect(announced(answer)).toEqual(told(`https://api.example.com/api/v2/products${rest}`));
  });

  it('keeps the links to its pages', async () => {
    const answer = await test.call({ path: '/products?page_size=1' });
    const { link = '' } = announced(answer);
    expect(link).toMatch(/^<[^>]+[?&]page=2[^>]*>; rel="next", /);
    expect(link.slice(link.indexOf(', ') + 2)).toBe(
      told('https://api.example.com/api/v2/products').link,
    );
  });

  it('names no successor where there is none', async () => {
    const answer = await test.call({ path: '/cart', token });
    expect([answer.statusCode, announced(answer)]).toEqual([200, told()]);
  });

  it('leaves all others alone: other methods, other paths, the other version', async () => {
    const others = [
      { path: '/api/v2/products' },
      { path: `/api/v2/products/${productId}` },
      { path: '/categories' },
      { method: 'DELETE', path: '/cart', token } as const,
      { method: 'PATCH', path: '/products' } as const,
      { path: '/nothing' },
      { path: '/health' },
      { path: '/docs' },
    ];
    for (const other of others) {
      expect(announced(await test.call(other)), other.path).toEqual(NOTHING);
    }
  });

  it('is counted by product of the client', async () => {
    const headers = { 'user-agent': 'okhttp/4.12.0 (maria@example.com)' };
    await test.call({ path: '/products', headers });
    await test.call({ method: 'HEAD', path: `/products/${productId}`, headers });
    await test.call({ path: '/categories', headers });
    const lines = (await test.metrics.render()).split('\n');
    const counted = lines.filter((line) => /^deprecated_requests_total.*okhttp/.test(line));
    expect(counted.toSorted()).toEqual([
      'deprecated_requests_total{operation="GET /api/v1/products",client="okhttp"} 1',
      'deprecated_requests_total{operation="GET /api/v1/products/:id",client="okhttp"} 1',
    ]);
  });

  it('is marked in its document, with the day of its end and the answer after it', async () => {
    const document = (await test.call({ path: '/openapi.json' })).json();
    const { paths, components } = inlined(document);
    const operation = paths['/api/v1/products/{id}'].get;
    expect(operation).toMatchObject({
      deprecated: true,
      'x-sunset': '2026-09-01T00:00:00.000Z',
      description: expect.stringMatching(
        /^\*\*Deprecated\*\* since 2026-01-01; answers 410 from 2026-09-01 on\. Use `GET \/api\/v2\/products\/:id` instead\./,
      ),
      responses: { 410: { description: expect.stringContaining('VERSION_RETIRED') } },
    });
    for (const [status, { headers }] of Object.entries<{ headers: object }>(operation.responses)) {
      expect(Object.keys(headers), status).toEqual(
        expect.arrayContaining(['X-Request-Id', 'Deprecation', 'Sunset', 'Link']),
      );
    }
    expect(components.headers).toMatchObject({ Deprecation: {}, Sunset: {}, Link: {} });
    expect(paths['/api/v1/cart'].get.description).toMatch(/ on\.\n\n/);
    expect(paths['/api/v1/cart'].delete).not.toHaveProperty('deprecated');
    const other = (await test.call({ path: '/api/v2/openapi.json' })).json();
    expect(JSON.stringify(other)).not.toMatch(/"deprecated"|"x-sunset"|"Sunset"|VERSION_RETIRED/);
  });

  it('is listed on the page that its links lead to', async () => {
    const { statusCode, body } = await test.call({ path: '/docs/versions' });
    expect(statusCode).toBe(200);
    expect(body).toContain(
      '<code>GET /api/v1/products</code> is deprecated since 2026-01-01 and answers 410 from 2026-09-01 on; use <code>GET /api/v2/products</code>.',
    );
    expect(body).toContain('<code>GET /api/v1/cart</code> is deprecated since 2026-01-01');
  });
});

describe('a retired operation', () => {
  let test: TestApp;

  beforeAll(async () => {
    const limits = { RATE_LIMITS: 'on', RATE_LIMIT_ANONYMOUS: '6/hour' };
    test = await createTestApp({ deprecations: OPERATIONS, env: { ...PUBLIC, ...limits } });
  });
  afterAll(() => test.close());

  it('works to the last moment and then answers 410 with the way on', async () => {
    const left_ms = sunset_at.getTime() - test.clock.now().getTime();
    test.clock.advance(left_ms - 60_000);
    expect((await test.call({ path: '/products' })).statusCode).toBe(200);
    test.clock.advance(60_000);
    const answer = await test.call({ path: `/products/${ABSENT}` });
    expect(answer.statusCode).toBe(410);
    expect(answer.headers['content-type']).toContain('application/problem+json');
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(answer.json()).toMatchObject({
      type: 'https://api.example.com/docs/errors/VERSION_RETIRED',
      status: 410,
      code: 'VERSION_RETIRED',
      detail:
        'GET /api/v1/products/:id was retired on 2026-09-01. Use GET /api/v2/products/:id instead.',
      request_id: answer.headers['x-request-id'],
    });
    expect(announced(answer)).toEqual(told(`https://api.example.com/api/v2/products/${ABSENT}`));
    const { detail } = (await test.call({ path: '/cart' })).json();
    expect(detail).toBe('GET /api/v1/cart was retired on 2026-09-01. Nothing replaces it.');
  });

  it('needs no authentication, and counts against the quota of the address', async () => {
    test.clock.advance(DAY_MS);
    const { token } = await createActor(test);
    test.statements.length = 0;
    for (const bearer of [undefined, token, 'bad', undefined, undefined, undefined]) {
      const answer = await test.call({ path: '/products?surprise=1', token: bearer });
      expect(answer.statusCode).toBe(410);
      expect(answer.headers['ratelimit']).toContain('"anonymous";r=');
    }
    expect(test.statements).toEqual([]);
    const over = await test.call({ path: '/products', token });
    const successor = 'https://api.example.com/api/v2/products';
    expect([over.statusCode, announced(over)]).toEqual([429, told(successor)]);
    expect((await test.call({ path: '/favorites', token })).statusCode).toBe(200);
  });

  it('is still counted, so that those who did not move are known', async () => {
    await test.call({ path: '/cart', headers: { 'user-agent': 'oldapp/1.0' } });
    expect(await test.metrics.render()).toContain(
      'deprecated_requests_total{operation="GET /api/v1/cart",client="oldapp"} 1',
    );
  });
});

describe('a retired version', () => {
  let test: TestApp;

  beforeAll(async () => {
    const sooner = new Date('2026-08-01T00:00:00Z');
    const deprecations = [
      { target: 'v1', successor: 'v2', ...dates },
      { target: 'GET /api/v1/cart', deprecated_at, sunset_at: sooner },
    ];
    test = await createTestApp({ deprecations, env: PUBLIC });
    test.clock.advance(sunset_at.getTime() - test.clock.now().getTime() + DAY_MS);
  });
  afterAll(() => test.close());

  it('answers 410 for each of its operations and names the same one of its successor', async () => {
    const { paths } = (await test.call({ path: '/openapi.json' })).json();
    const operations = Object.entries<object>(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => ({ method: method.toUpperCase(), path })),
    );
    expect(operations.length).toBeGreaterThan(90);
    for (const { method, path } of operations) {
      const url = path.replace(/\{\w+\}/g, ABSENT);
      const answer = await test.app.inject({ method: method as 'GET', url });
      expect(answer.statusCode, `${method} ${path}`).toBe(410);
      if (path.endsWith('/cart') && method === 'GET') continue;
      expect(answer.headers.link, `${method} ${path}`).toContain(
        `<https://api.example.com${url.replace('/v1/', '/v2/')}>; rel="successor-version"`,
      );
    }
  });

  it('follows the line that ends an operation first', async () => {
    const answer = await test.call({ path: '/cart' });
    expect(announced(answer).sunset).toBe('Sat, 01 Aug 2026 00:00:00 GMT');
  });

  it('still has its document and its 404s, and marks every operation', async () => {
    expect((await test.call({ path: '/nothing' })).statusCode).toBe(404);
    const { paths } = (await test.call({ path: '/openapi.json' })).json();
    const operations = Object.values<Record<string, object>>(paths).flatMap(Object.values);
    expect(operations.filter((operation) => !operation.deprecated)).toEqual([]);
  });

  it('leaves its successor alone', async () => {
    const answer = await test.call({ path: '/api/v2/products' });
    expect([answer.statusCode, announced(answer)]).toEqual([200, NOTHING]);
  });
});

describe('a table', () => {
  it('that is wrong keeps the app from starting, and each fault is named', async () => {
    const app = Fastify();
    const table = [
      { target: 'v7', ...dates },
      { target: 'GET /api/v1/gone', ...dates },
    ];
    registerDeprecations(app, {
      table,
      clock: { now: () => deprecated_at },
      config: { isDevelopment: false },
      publicUrl: 'https://api.example.com',
      metrics: { countDeprecatedRequest: () => {} },
      limits: { take: () => undefined, succeed: () => undefined },
    });
    app.get('/api/v1/here', () => 'here');
    await expect(app.ready()).rejects.toThrow(
      'The table of deprecations: v7 is unknown; GET /api/v1/gone is unknown',
    );
    await app.close();
  });

  it('of today announces nothing, and the page says so', async () => {
    expect(DEPRECATIONS).toEqual([]);
    const test = await createTestApp();
    try {
      expect((await test.call({ path: '/docs/versions' })).body).toContain('<p>None.</p>');
      expect(announced(await test.call({ path: '/products' }))).toEqual(NOTHING);
    } finally {
      await test.close();
    }
  });
});
