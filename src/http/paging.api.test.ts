import fc from 'fast-check';
import { sql } from 'kysely';
import { Type } from 'typebox';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../test/support/database.ts';
import { createProbe, type Probe } from '../../test/support/probe.ts';
import type { Ctx } from '../context.ts';
import { fetchPage, MAX_COUNT, type PageRequest } from '../db/paging/paging.ts';
import { ANYONE } from './access.ts';
import { cursorPaging } from './paging.ts';
import { listRoute } from './route.ts';

/** Five stored rows and, where `many` asks for them, more than can be reached by number. */
const FEW = 5;
const MANY = MAX_COUNT + 50;

interface Numbers {
  n: number;
}

const facts = {
  access: ANYONE,
  operationId: 'probe',
  tag: 'Probe',
  summary: 'Probe',
  item: Type.Object({ n: Type.Integer() }),
};
const query = Type.Object({
  many: Type.Optional(Type.Boolean()),
  search: Type.Optional(Type.String()),
});
const list = (ctx: Ctx, rows: number, page: PageRequest) => {
  const numbers = ctx.db.$extendTables<{ numbers: Numbers }>();
  const query = numbers.selectFrom('numbers').select('n').where('n', '<=', rows);
  return fetchPage(ctx.db, query, {
    order: [{ expression: 'n', direction: 'asc', type: 'integer' }],
    page,
  });
};
const routes = [
  listRoute({
    ...facts,
    path: '/numbers',
    query,
    list: (ctx, { query, page }) => list(ctx, query.many ? MANY : FEW, page),
  }),
  listRoute({ ...facts, path: '/others', query, list: (ctx, { page }) => list(ctx, FEW, page) }),
];

let database: TestDatabase;
let probe: Probe;

beforeAll(async () => {
  database = await createTestDatabase();
  probe = await createProbe({
    routes,
    databaseUrl: database.url,
    env: { PUBLIC_URL: 'https://api.example.com' },
  });
  await sql`CREATE TABLE numbers (n integer PRIMARY KEY)`.execute(probe.db);
  await sql`INSERT INTO numbers SELECT generate_series(1, ${sql.lit(MANY)})`.execute(probe.db);
});
afterAll(async () => {
  await probe.close();
  await database.drop();
});

async function get(path: string) {
  const answer = await probe.call({ path, headers: { host: 'evil.example' } });
  return { status: answer.statusCode, body: answer.json(), link: answer.headers['link'] };
}
const pathOf = (url: string) => url.replace('https://api.example.com', '');

describe('v1 lists', () => {
  const at = (page: number) => `https://api.example.com/api/v1/numbers?page=${page}&page_size=2`;
  const rows = (...ns: number[]) => ns.map((n) => ({ n }));

  it.each([
    { page: 1, next: at(2), previous: null, results: rows(1, 2), link: `<${at(2)}>; rel="next"` },
    {
      page: 2,
      next: at(3),
      previous: at(1),
      results: rows(3, 4),
      link: `<${at(3)}>; rel="next", <${at(1)}>; rel="prev"`,
    },
    { page: 3, next: null, previous: at(2), results: rows(5), link: `<${at(2)}>; rel="prev"` },
    { page: 4, next: null, previous: at(3), results: [], link: `<${at(3)}>; rel="prev"` },
  ])(
    'page $page of three names its neighbours by PUBLIC_URL, whatever Host says',
    async ({ page, link, ...expected }) => {
      const answer = await get(`/numbers?page=${page}&page_size=2`);
      expect(answer).toEqual({ status: 200, body: { count: FEW, ...expected }, link });
    },
  );

  it('show twenty from the first on by default', async () => {
    const { body } = await get('/numbers?many=true');
    expect(body.results.map((row: Numbers) => row.n)).toEqual(
      Array.from({ length: 20 }, (_, i) => i + 1),
    );
  });

  it('without a neighbour have no Link', async () => {
    expect((await get('/numbers')).link).toBeUndefined();
  });

  it('carry filters along to their neighbours', async () => {
    const { body } = await get('/numbers?many=true&search=a%26b%20%C3%B1&page_size=10&page=2');
    for (const url of [body.next, body.previous]) {
      const { searchParams } = new URL(url);
      expect(Object.fromEntries(searchParams)).toMatchObject({
        many: 'true',
        search: 'a&b ñ',
        page_size: '10',
      });
    }
    expect((await get(pathOf(body.next))).body.results[0]).toEqual({ n: 21 });
  });

  it('can be walked from end to end', async () => {
    const seen: number[] = [];
    for (let path: string | null = '/numbers?page_size=2'; path !== null; ) {
      const { body } = await get(path);
      seen.push(...body.results.map((row: Numbers) => row.n));
      path = body.next === null ? null : pathOf(body.next);
    }
    expect(seen).toEqual([1, 2, 3, 4, 5]);
  });

  it('count up to 10,000 and say where they stopped', async () => {
    const { body } = await get('/numbers?many=true&page_size=100');
    expect(body).toMatchObject({ count: MAX_COUNT, count_capped: true });
    expect((await get('/numbers')).body).not.toHaveProperty('count_capped');
  });

  it('end at row 10,000: the last page has no next one, and what lies beyond is 400 and names v2', async () => {
    const last = await get('/numbers?many=true&page_size=100&page=100');
    expect([last.status, last.body.next, last.body.results.at(-1)]).toEqual([
      200,
      null,
      { n: MAX_COUNT },
    ]);
    const beyond = await get('/numbers?many=true&page_size=100&page=101');
    expect([beyond.status, beyond.body.code]).toEqual([400, 'VALIDATION_ERROR']);
    expect(beyond.body.detail).toContain('https://api.example.com/api/v2/numbers');
    expect(beyond.body.errors).toEqual([expect.objectContaining({ pointer: '/page' })]);
  });

  it.each([
    'page=0',
    'page=-1',
    'page=1.5',
    'page=x',
    'page=',
    'page=9999999999',
    'page_size=0',
    'page_size=101',
    'cursor=abc',
    'limit=5',
  ])('refuse %s', async (query) => {
    expect(await get(`/numbers?${query}`)).toMatchObject({
      status: 400,
      body: { code: 'VALIDATION_ERROR' },
    });
  });
});

describe('v2 lists', () => {
  const V2 = '/api/v2/numbers';
  const cursorAfter = async (path: string): Promise<string> => (await get(path)).body.next_cursor;

  it('hand out a cursor while there is more, and the next page as a link', async () => {
    const first = await get(`${V2}?limit=3`);
    expect(first.body).toEqual({
      data: [{ n: 1 }, { n: 2 }, { n: 3 }],
      next_cursor: expect.any(String),
      has_more: true,
    });
    const url = /^<(.*)>; rel="next"$/.exec(String(first.link))?.[1] ?? '';
    const second = await get(pathOf(url));
    expect(second.body).toEqual({ data: [{ n: 4 }, { n: 5 }], next_cursor: null, has_more: false });
    expect(second.link).toBeUndefined();
  });

  it('go beyond row 10,000', async () => {
    let seen = 0;
    for (let cursor = ''; ; ) {
      const { body } = await get(`${V2}?many=true&limit=100${cursor}`);
      seen += body.data.length;
      if (!body.has_more) break;
      cursor = `&cursor=${body.next_cursor}`;
    }
    expect(seen).toBe(MANY);
  });

  it('take a cursor with another page size', async () => {
    const cursor = await cursorAfter(`${V2}?limit=2`);
    expect((await get(`${V2}?limit=1&cursor=${cursor}`)).body.data).toEqual([{ n: 3 }]);
  });

  it('take a cursor at an address with a trailing slash', async () => {
    const cursor = await cursorAfter(`${V2}?limit=2`);
    expect((await get(`${V2}/?limit=1&cursor=${cursor}`)).body.data).toEqual([{ n: 3 }]);
  });

  it.each([
    ['of another list', '/api/v2/others?cursor='],
    ['of another filter', `${V2}?search=kamatis&cursor=`],
    ['of a filter that is gone', `${V2}?cursor=`],
  ])('refuse a cursor %s', async (_what, path) => {
    const cursor = await cursorAfter(
      `${V2}?limit=2${path === `${V2}?cursor=` ? '&many=true' : ''}`,
    );
    const answer = await get(`${path}${cursor}`);
    expect(answer).toMatchObject({
      status: 400,
      body: { code: 'VALIDATION_ERROR', errors: [{ pointer: '/cursor' }] },
    });
  });

  it('refuse a cursor in which anything was changed', async () => {
    const cursor = await cursorAfter(`${V2}?limit=2`);
    const bytes = Buffer.from(cursor, 'base64url');
    const anyByte = fc.integer({ min: 0, max: bytes.length - 1 });
    const anyBit = fc.integer({ min: 0, max: 7 });
    await fc.assert(
      fc.asyncProperty(anyByte, anyBit, async (i, bit) => {
        const forged = Buffer.from(bytes);
        forged[i] = (forged[i] ?? 0) ^ (1 << bit);
        expect((await get(`${V2}?limit=2&cursor=${forged.toString('base64url')}`)).status).toBe(
          400,
        );
      }),
      { numRuns: 40 },
    );
  });

  it.each([
    '',
    'x',
    'null',
    'W10',
    'MTIzNDU2Nzg5MDEyMzQ1NlsxXQ',
    '%F0%9F%8D%85',
    'a'.repeat(1_024),
    'a'.repeat(1_025),
  ])('refuse the invented cursor %s', async (cursor) => {
    expect((await get(`${V2}?cursor=${cursor}`)).status).toBe(400);
  });

  it('refuse a cursor that was signed with another secret', async () => {
    const page = { rows: [], hasMore: true, last: ['2'] };
    const address = { url: `https://api.example.com${V2}`, query: {} };
    const { body } = cursorPaging(['another-secret']).answer(
      page,
      { kind: 'cursor', size: 2 },
      address,
    );
    const { next_cursor } = body as { next_cursor: string };
    expect((await get(`${V2}?cursor=${next_cursor}`)).status).toBe(400);
  });

  it.each(['limit=0', 'limit=101', 'limit=x', 'page=1', 'page_size=5'])(
    'refuse %s',
    async (query) => {
      expect(await get(`${V2}?${query}`)).toMatchObject({
        status: 400,
        body: { code: 'VALIDATION_ERROR' },
      });
    },
  );
});
