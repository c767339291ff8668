import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { Type } from 'typebox';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { createProbe, type Probe, userActor } from '../../../test/support/probe.ts';
import { createTestCache, type TestCache } from '../../cache/cache.testkit.ts';
import type { Ctx } from '../../context.ts';
import { notFound } from '../../lib/problem.ts';
import { IdParams } from '../../lib/schema.ts';
import { ANYONE } from '../access.ts';
import { listRoute, route } from '../route.ts';
import { acceptedEncoding } from './content-encoding.ts';

const ID = '0190a6c0-7d53-7cc1-b2a1-5b3f1f0c9a11';
const LONG = 'kamatis '.repeat(400);

let loads = 0;
/** Who the routes were told asks, each time that they ran. */
const askers: string[] = [];
function note({ actor }: Ctx): void {
  loads += 1;
  askers.push(actor.kind === 'user' ? actor.role : actor.kind);
}

const facts = {
  access: ANYONE,
  operationId: 'probe',
  tag: 'Probe',
  summary: 'Probe',
  cache: 'public',
} as const;
const routes = [
  route({
    ...facts,
    method: 'GET',
    path: '/things/:id',
    params: IdParams,
    status: 200,
    returns: Type.Object({ version: Type.Integer(), text: Type.String() }),
    tags: ({ id }) => [`thing:${id}`],
    handle: async (ctx, { params }) => {
      note(ctx);
      if (params.id !== ID) throw notFound('thing');
      return { version: 3, text: `${LONG}${loads}` };
    },
  }),
  listRoute({
    ...facts,
    path: '/things',
    query: Type.Object({ a: Type.Optional(Type.String()), b: Type.Optional(Type.String()) }),
    item: Type.Object({ name: Type.String() }),
    tags: () => ['things'],
    list: async (ctx, { query }) => {
      note(ctx);
      return { rows: [{ name: `${query.a}/${query.b}` }], hasMore: true, count: 99 };
    },
  }),
];

let database: TestDatabase;
let kept: TestCache;
let probe: Probe;
beforeAll(async () => {
  database = await createTestDatabase();
  kept = await createTestCache(database);
  const seller = { id: ID, status: 'PENDING' } as const;
  const callers = {
    customer: userActor(),
    applicant: userActor({ seller }),
    seller: userActor({ role: 'seller', seller: { ...seller, status: 'VERIFIED' } }),
    admin: userActor({ role: 'admin' }),
  };
  probe = await createProbe({ routes, callers, cache: kept.cache });
});
afterAll(async () => {
  await probe.close();
  await kept.close();
  await database.drop();
});
beforeEach(() => {
  kept.cache.invalidate(['things', `thing:${ID}`]);
  loads = 0;
  askers.length = 0;
});

describe('a public answer', () => {
  it('is made once, whichever order its parameters, their defaults and the slash come in', async () => {
    for (const path of [
      '/things?a=1&b=2',
      '/things?b=2&a=1',
      '/things/?b=2&a=1&page=1',
      '/things?page_size=20&a=1&b=2',
    ]) {
      expect((await probe.call({ path })).json().results).toEqual([{ name: '1/2' }]);
    }
    expect(loads).toBe(1);
  });

  it('is made apart for what differs: values, pages, versions and where a separator falls', async () => {
    for (const path of [
      '/things?a=1&b=2',
      '/things?a=2&b=1',
      '/things?a=1&b=2&page=2',
      '/things?a=1%26b%3D2',
      '/things?a=1',
      '/api/v2/things?a=1',
    ])
      expect((await probe.call({ path })).statusCode).toBe(200);
    expect(loads).toBe(6);
  });

  it('comes with its links and its tag from the cache as it did from the route', async () => {
    const [first, second] = [
      await probe.call({ path: '/things' }),
      await probe.call({ path: '/things' }),
    ];
    expect(second.body).toBe(first.body);
    for (const name of ['link', 'etag', 'content-type', 'cache-control', 'vary', 'content-length'])
      expect([name, second.headers[name]]).toEqual([name, first.headers[name]]);
    expect(first.headers['link']).toContain('rel="next"');
  });

  it('answers HEAD with the headers and no body', async () => {
    const got = await probe.call({ path: '/things' });
    const head = await probe.call({ path: '/things', method: 'HEAD' });
    expect([head.statusCode, head.body]).toEqual([200, '']);
    expect(head.headers['etag']).toBe(got.headers['etag']);
    expect(head.headers['content-length']).toBe(got.headers['content-length']);
  });

  it('that is a refusal is not kept', async () => {
    const path = '/things/0190a6c0-7d53-7cc1-b2a1-5b3f1f0c9a12';
    expect((await probe.call({ path })).statusCode).toBe(404);
    const again = await probe.call({ path });
    expect([again.statusCode, loads]).toEqual([404, 2]);
    expect(again.json().request_id).toBe(again.headers['x-request-id']);
  });
});

describe('who gets the kept answer', () => {
  it('nobody in particular and customers, and it was made for nobody', async () => {
    const path = `/things/${ID}`;
    const one = await probe.call({ path, token: 'customer' });
    const two = await probe.call({ path });
    expect(two.body).toBe(one.body);
    expect(askers).toEqual(['anonymous']);
    expect(one.headers['cache-control']).toBe('private, no-cache');
    expect(two.headers['cache-control']).toBe('public, max-age=0, must-revalidate');
  });

  it.each(['applicant', 'seller', 'admin'])('not an %s: theirs is made for them', async (token) => {
    await probe.call({ path: `/things/${ID}` });
    await probe.call({ path: `/things/${ID}`, token });
    await probe.call({ path: `/things/${ID}`, token });
    expect(askers).toEqual(['anonymous', ...askers.slice(1)]);
    expect(askers).toHaveLength(3);
    await probe.call({ path: `/things/${ID}` });
    expect(askers).toHaveLength(3);
  });
});

describe('encodings', () => {
  const ask = (encoding: string | undefined, headers = {}) =>
    probe.call({
      path: `/things/${ID}`,
      headers: { ...(encoding === undefined ? {} : { 'accept-encoding': encoding }), ...headers },
    });

  it('each has its bytes and its tag, and all say the same', async () => {
    const [plain, gzip, br] = [await ask(undefined), await ask('gzip'), await ask('gzip, br')];
    expect(plain.headers).not.toHaveProperty('content-encoding');
    expect(gzip.headers['content-encoding']).toBe('gzip');
    expect(br.headers['content-encoding']).toBe('br');
    expect(gunzipSync(gzip.rawPayload).toString()).toBe(plain.body);
    expect(brotliDecompressSync(br.rawPayload).toString()).toBe(plain.body);
    const tags = [plain, gzip, br].map(({ headers }) => String(headers['etag']));
    expect(new Set(tags).size).toBe(3);
    for (const tag of tags) expect(tag).toMatch(/^"3-[\w-]{16}"$/);
    expect(loads).toBe(1);
  });

  it('a 304 is for the encoding whose tag was sent, and for no other', async () => {
    const etag = String((await ask('br')).headers['etag']);
    const same = await ask('br', { 'if-none-match': etag });
    expect([same.statusCode, same.body, same.headers['etag']]).toEqual([304, '', etag]);
    expect((await ask('gzip', { 'if-none-match': etag })).statusCode).toBe(200);
    expect((await ask(undefined, { 'if-none-match': etag })).statusCode).toBe(200);
  });

  it('what is smaller than a packet stays as it is', async () => {
    const { headers } = await probe.call({ path: '/things', headers: { 'accept-encoding': 'br' } });
    expect(headers).not.toHaveProperty('content-encoding');
    expect(headers['vary']).toContain('Accept-Encoding');
  });

  it.each([
    [undefined, 'identity'],
    ['', 'identity'],
    ['gzip', 'gzip'],
    ['GZIP;q=0', 'identity'],
    ['GZIP', 'gzip'],
    ['GZip;Q=1.0, BR;Q=0.2', 'gzip'],
    ['gzip, deflate, br', 'br'],
    ['gzip;q=1.0, br;q=0.2', 'gzip'],
    ['gzip;q=0, br;q=0', 'identity'],
    ['identity;q=1, gzip;q=0.5', 'identity'],
    ['*', 'br'],
    ['zstd', 'identity'],
    [';;,,', 'identity'],
  ])('Accept-Encoding: %s takes %s', (header, encoding) => {
    expect(acceptedEncoding(header)).toBe(encoding);
  });
});
