import { Type } from 'typebox';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createProbe, type Probe } from '../../../test/support/probe.ts';
import { isProblem, STALE_VERSION } from '../../lib/problem.ts';
import { requireVersion } from '../../lib/versions.ts';
import { ANYONE } from '../access.ts';
import { listRoute, route } from '../route.ts';
import { etagOf, expectedVersions, isNotModified } from './conditional.ts';

describe('etagOf', () => {
  it('names the version and the bytes', () => {
    const etag = etagOf(3, '{"a":1}');
    expect(etag).toMatch(/^"3-[\w-]{16}"$/);
    expect(etagOf(3, '{"a":1}')).toBe(etag);
    expect(etagOf(3, '{"a":2}')).not.toBe(etag);
    expect(etagOf(4, '{"a":1}')).not.toBe(etag);
  });
});

describe('isNotModified', () => {
  const etag = '"3-abcdefghijklmnop"';
  it.each([
    [undefined, false],
    ['', false],
    [etag, true],
    [`W/${etag}`, true],
    ['*', true],
    [' * ', true],
    [`"1-x", ${etag}`, true],
    [`"1-x",${etag},"2-y"`, true],
    ['"3"', false],
    ['"3-other"', false],
    [etag.slice(1, -1), false],
  ])('of If-None-Match: %s is %s', (header, expected) => {
    expect(isNotModified(header, etag)).toBe(expected);
  });
});

describe('expectedVersions', () => {
  it.each([
    [undefined, undefined],
    ['*', undefined],
    [' * ', undefined],
    ['"3"', [3]],
    ['"3-abc_-1"', [3]],
    ['"3", "4-abc"', [3, 4]],
    ['3', []],
    ['W/"3"', []],
    ['"v3"', []],
    ['"-3"', []],
    ['"3" and more', []],
    ['"9999999999"', []],
    ['', []],
  ])('of If-Match: %s are %j', (header, expected) => {
    expect(expectedVersions(header)).toEqual(expected);
  });
});

describe('requireVersion', () => {
  it.each([undefined, [3], [2, 3]])(
    'lets a writer through who expects %j of version 3',
    (expected) => {
      expect(() => requireVersion(expected, 3)).not.toThrow();
    },
  );

  it.each([[[]], [[2]], [[2, 4]]])(
    'stops a writer who expects %j of version 3, and names the current one',
    (expected) => {
      let refusal: unknown;
      try {
        requireVersion(expected, 3);
      } catch (error) {
        refusal = error;
      }
      expect(isProblem(refusal, STALE_VERSION)).toBe(true);
      expect(refusal).toMatchObject({
        message: expect.stringContaining('version is 3'),
        extras: { headers: { etag: '"3"' } },
      });
    },
  );
});

describe('over HTTP', () => {
  const thing = { name: 'Kamatis', version: 3 };
  const returns = Type.Object({ name: Type.String(), version: Type.Integer() });
  const facts = { access: ANYONE, operationId: 'probe', tag: 'Probe', summary: 'Probe' };
  const routes = [
    route({
      ...facts,
      method: 'GET',
      path: '/thing',
      status: 200,
      returns,
      cache: 'public',
      handle: async () => thing,
    }),
    route({
      ...facts,
      method: 'PATCH',
      path: '/thing',
      status: 200,
      returns,
      body: Type.Object({ name: Type.String() }, { additionalProperties: false }),
      handle: async (_ctx, { body, expected }) => {
        requireVersion(expected, thing.version);
        return { ...thing, ...body };
      },
    }),
    listRoute({
      ...facts,
      path: '/things',
      item: returns,
      cache: 'public',
      list: async () => ({ rows: [thing], hasMore: false, count: 1 }),
    }),
  ];
  let probe: Probe;

  beforeAll(async () => {
    probe = await createProbe({ routes });
  });
  afterAll(() => probe.close());

  it.each(['/thing', '/things', '/api/v2/things'])(
    '%s is sent once and then known by its tag',
    async (path) => {
      const first = await probe.call({ path });
      const etag = String(first.headers['etag']);
      const again = await probe.call({ path, headers: { 'if-none-match': etag } });
      expect([again.statusCode, again.body]).toEqual([304, '']);
      expect(again.headers).toMatchObject({
        etag,
        'cache-control': first.headers['cache-control'],
        vary: first.headers['vary'],
      });
      const other = await probe.call({ path, headers: { 'if-none-match': '"3-something-else"' } });
      expect([other.statusCode, other.body]).toEqual([200, first.body]);
    },
  );

  it('HEAD has the same tag, length and headers as GET, and no body', async () => {
    const get = await probe.call({ path: '/thing' });
    const head = await probe.call({ method: 'HEAD', path: '/thing' });
    const { date: _getDate, 'x-request-id': _getId, ...expected } = get.headers;
    expect([head.statusCode, head.body]).toEqual([200, '']);
    expect(head.headers).toMatchObject(expected);
    const etag = String(get.headers['etag']);
    expect(
      (await probe.call({ method: 'HEAD', path: '/thing', headers: { 'if-none-match': etag } }))
        .statusCode,
    ).toBe(304);
  });

  it.each(['"3"', '*', undefined])('a change with If-Match: %s is made', async (ifMatch) => {
    const headers: Record<string, string> = ifMatch === undefined ? {} : { 'if-match': ifMatch };
    const answer = await probe.call({
      method: 'PATCH',
      path: '/thing',
      body: { name: 'Talong' },
      headers,
    });
    expect([answer.statusCode, answer.json().name]).toEqual([200, 'Talong']);
  });

  it('a change with the whole tag that GET gave is made, for it compares the version alone', async () => {
    const etag = String((await probe.call({ path: '/thing' })).headers['etag']);
    const answer = await probe.call({
      method: 'PATCH',
      path: '/thing',
      body: { name: 'Talong' },
      headers: { 'if-match': etag },
    });
    expect(answer.statusCode).toBe(200);
  });

  it.each(['"2"', '"2-abc"', 'nonsense'])(
    'a change with If-Match: %s is 412 and tells the current tag',
    async (ifMatch) => {
      const answer = await probe.call({
        method: 'PATCH',
        path: '/thing',
        body: { name: 'Talong' },
        headers: { 'if-match': ifMatch },
      });
      expect([answer.statusCode, answer.json().code, answer.headers['etag']]).toEqual([
        412,
        'STALE_VERSION',
        '"3"',
      ]);
    },
  );
});
