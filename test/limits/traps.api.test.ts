// What plain Fastify and pg fall into, tried over real sockets against the whole API.
import type { AddressInfo } from 'node:net';
import { sql } from 'kysely';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createActor, type TestActor } from '../support/actors.ts';
import { createTestApp, type TestApp } from '../support/app.ts';
import { exchange } from '../support/network/raw-http.ts';

const JSON_TYPE = { 'content-type': 'application/json' };
const MAX_REFUSAL_MS = 50;

let test: TestApp;
let port: number;
let seller: TestActor;

beforeAll(async () => {
  test = await createTestApp({ poolSize: 2 });
  seller = await createActor(test, { role: 'seller' });
  await test.app.listen({ port: 0, host: '127.0.0.1' });
  port = (test.app.server.address() as AddressInfo).port;
});
afterAll(() => test.close());

interface Sent {
  readonly method?: string;
  readonly body?: string | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
}

async function send(path: string, { method = 'GET', body, headers }: Sent = {}) {
  const init = {
    method,
    headers: { connection: 'close', ...headers },
    ...(body === undefined ? {} : { body }),
  };
  const answer = await fetch(`http://127.0.0.1:${port}/api/v1${path}`, init);
  const text = await answer.text();
  const isJson = answer.headers.get('content-type')?.includes('json') === true && text !== '';
  return {
    status: answer.status,
    headers: answer.headers,
    text,
    json: isJson ? JSON.parse(text) : undefined,
  };
}

const post = (path: string, body: string | Buffer, headers: Record<string, string> = JSON_TYPE) =>
  send(path, { method: 'POST', body, headers });
const asSeller = () => ({ authorization: `Bearer ${seller.token}` });

async function expectProblem(
  answer: Awaited<ReturnType<typeof send>>,
  status: number,
  code: string,
): Promise<void> {
  expect([answer.status, answer.json?.code, answer.headers.get('content-type')]).toEqual([
    status,
    code,
    'application/problem+json; charset=utf-8',
  ]);
  expect(answer.json.request_id).toBe(answer.headers.get('x-request-id'));
}

describe('an address', () => {
  it.each([
    ['a NUL in the query', '/places?search=%00'],
    ['a NUL in the path', '/sellers/a%00b'],
    ['an unknown parameter', '/places?serach=manila'],
    ['a repeated parameter', '/places?search=a&search=b'],
    ['a malformed escape in the path', '/sellers/%zz'],
    ['a malformed escape in the query', '/places?search=%zz'],
    ['a surrogate in the query', '/places?search=%ED%A0%80'],
    ['__proto__ in the query', '/places?__proto__[isAdmin]=1'],
  ])('with %s is 400', async (_what, path) =>
    expectProblem(await send(path), 400, 'VALIDATION_ERROR'),
  );

  it('of an unknown version is 404 and names the known ones', async () => {
    const answer = await send('/../v9/places');
    await expectProblem(answer, 404, 'UNKNOWN_API_VERSION');
    expect(answer.json.known_versions).toEqual(['v1', 'v2']);
  });

  it('under another method is 405 and names what it answers', async () => {
    const answer = await send('/places', { method: 'DELETE' });
    await expectProblem(answer, 405, 'METHOD_NOT_ALLOWED');
    expect(answer.headers.get('allow')).toBe('GET, HEAD');
    expect((await send(`/sellers/${seller.seller_id}/verify`)).headers.get('allow')).toBe('POST');
  });

  it('may end in a slash', async () => {
    expect((await send('/places/')).status).toBe(200);
    expect((await send(`/sellers/${seller.seller_id}/`)).status).toBe(200);
  });

  it('answers HEAD like GET, without a body', async () => {
    const [get, head] = [await send('/places'), await send('/places', { method: 'HEAD' })];
    expect([head.status, head.text]).toEqual([200, '']);
    for (const name of ['etag', 'content-length', 'content-type', 'cache-control']) {
      expect(head.headers.get(name)).toBe(get.headers.get(name));
    }
  });
});

describe('a body', () => {
  const product = {
    name: 'Kamatis',
    category_id: '0190a6c0-7d53-7cc1-b2a1-5b3f1f0c9a11',
    description: 'Ripe',
    unit: 'kg',
    price: '100',
    shelf_life_days: 7,
  };
  const postProduct = (changes: object) =>
    post('/products', JSON.stringify({ ...product, ...changes }), { ...JSON_TYPE, ...asSeller() });

  it('with a member that nobody knows is refused, not trimmed', async () => {
    const answer = await postProduct({ seller_id: 'somebody else' });
    await expectProblem(answer, 400, 'VALIDATION_ERROR');
    expect(answer.json.errors).toEqual([expect.objectContaining({ pointer: '/seller_id' })]);
  });

  it.each([
    ['"7" for 7', { shelf_life_days: '7' }, '/shelf_life_days'],
    ['100 for "100"', { price: 100 }, '/price'],
    ['"true" for true', { is_active: 'true' }, '/is_active'],
    ['null for a text', { name: null }, '/name'],
  ])('is taken at its word: %s is refused', async (_what, change, pointer) => {
    const answer = await postProduct(change);
    await expectProblem(answer, 400, 'VALIDATION_ERROR');
    expect(answer.json.errors[0].pointer).toBe(pointer);
  });

  const login = (email: string) => `{"user_email":"${email}","password":"demo-Freshbytes-2026"}`;
  it.each([
    ['a NUL', login('a\\u0000@example.com')],
    ['a lone surrogate', login('\\ud800@example.com')],
    ['__proto__', `{"__proto__":{"role":"admin"},${login('a@example.com').slice(1)}`],
    ['20,000 nested arrays', '['.repeat(20_000) + ']'.repeat(20_000)],
    ['a number of 200,000 digits', `{"user_email":${'9'.repeat(200_000)}}`],
    ['120,000 escaped quotes without an end', `"${'\\"'.repeat(120_000)}\\\n`],
    ['100,000 members', `[${'1,'.repeat(100_000)}1]`],
  ])('with %s is refused within 50 ms', async (_what, body) => {
    const durations: number[] = [];
    for (let i = 0; i < 3; i += 1) {
      const started = performance.now();
      await expectProblem(await post('/auth/login', body), 400, 'VALIDATION_ERROR');
      durations.push(performance.now() - started);
    }
    expect(Math.min(...durations)).toBeLessThan(MAX_REFUSAL_MS);
  });

  it('with a number of a million digits is refused for its size, within 50 ms', async () => {
    const head = `POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n`;
    const started = performance.now();
    const [answer] = await exchange(port, head + '9'.repeat(1_000));
    expect(answer?.status).toBe(413);
    expect(JSON.parse(answer?.body ?? '').code).toBe('PAYLOAD_TOO_LARGE');
    expect(performance.now() - started).toBeLessThan(1_000);
  });

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'application/xml'])(
    'of type %s is 415',
    async (type) =>
      expectProblem(
        await post('/auth/login', login('a@example.com'), { 'content-type': type }),
        415,
        'UNSUPPORTED_MEDIA_TYPE',
      ),
  );

  it('of more than 256 KiB is 413', async () =>
    expectProblem(await post('/auth/login', login('a'.repeat(300_000))), 413, 'PAYLOAD_TOO_LARGE'));

  it('that is not JSON is 400', async () =>
    expectProblem(await post('/auth/login', '{"user_email":'), 400, 'VALIDATION_ERROR'));
});

describe('every answer', () => {
  it.each(['/places', '/nowhere', '/sellers/%zz'])(
    'to %s says which request it is of, and not what runs here',
    async (path) => {
      const { headers } = await send(path, { headers: { 'x-request-id': 'trap-1' } });
      expect(headers.get('x-request-id')).toBe('trap-1');
      expect([headers.get('server'), headers.get('x-powered-by')]).toEqual([null, null]);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
    },
  );

  it('of a fault hides table, statement, path and stack', async () => {
    const { db } = test.services;
    await sql`ALTER TABLE places RENAME TO places_gone`.execute(db);
    // An address that nobody has asked for yet: the others are answered from the cache.
    const answer = await send('/places?search=Ermita');
    await sql`ALTER TABLE places_gone RENAME TO places`.execute(db);
    await expectProblem(answer, 500, 'INTERNAL_ERROR');
    expect(answer.text).not.toMatch(
      /places_|relation|select|from|\.ts|node_modules|\/work|at \w+/i,
    );
    expect((await send('/places')).status).toBe(200);
  });
});

describe('a connection to the database that breaks', () => {
  let admin: pg.Client;

  beforeAll(async () => {
    admin = new pg.Client({ connectionString: test.databaseUrl });
    await admin.connect();
  });
  afterAll(() => admin.end());

  const endAll = () =>
    admin.query(
      'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
    );

  it('while idle costs no request', async () => {
    await send('/users/me', { headers: asSeller() });
    await endAll();
    const again = () => send('/users/me', { headers: asSeller() });
    await vi.waitFor(async () => expect((await again()).status).toBe(200), {
      timeout: 2_000,
      interval: 20,
    });
  });

  it('in the middle of a transaction costs that request and not the process', async () => {
    await admin.query('BEGIN; LOCK TABLE sellers');
    const waiting = send(`/sellers/${seller.seller_id}`, {
      method: 'PATCH',
      body: '{"business_name":"Bago"}',
      headers: { ...JSON_TYPE, ...asSeller() },
    });
    await vi.waitFor(async () => {
      // A transaction sees the activity of its first look until it asks for another.
      await admin.query('SELECT pg_stat_clear_snapshot()');
      const { rows } = await admin.query(
        "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
      );
      expect(rows.length).toBeGreaterThan(0);
    });
    await endAll();
    const answer = await waiting;
    await admin.query('ROLLBACK');
    await expectProblem(answer, 503, 'SERVICE_UNAVAILABLE');
    expect(answer.headers.get('retry-after')).toMatch(/^\d+$/);
    await vi.waitFor(async () => expect((await send('/places')).status).toBe(200), {
      timeout: 2_000,
      interval: 20,
    });
  });
});

describe('the count of statements', () => {
  it('sees each statement of a request once, and leaves out transaction control and the check of the caller', async () => {
    test.statements.length = 0;
    await send(`/sellers/${seller.seller_id}`, { headers: asSeller() });
    expect(test.statements).toEqual([expect.stringMatching(/^select .* from "sellers"/)]);
    test.statements.length = 0;
    await send('/sellers');
    expect(test.statements.length).toBeLessThanOrEqual(2);
  });
});
