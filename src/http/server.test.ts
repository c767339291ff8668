import { Type } from 'typebox';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createProbe, type Probe } from '../../test/support/probe.ts';
import { ANYONE } from './access.ts';
import { route } from './route.ts';
import { MAX_QUERY_PARAMETERS, MAX_URL_LENGTH } from './server.ts';

const things = route({
  method: 'GET',
  path: '/things/:name',
  access: ANYONE,
  operationId: 'probe',
  tag: 'Probe',
  summary: 'Probe',
  params: Type.Object({ name: Type.String() }),
  query: Type.Object({ search: Type.Optional(Type.String()) }),
  status: 200,
  returns: Type.Object({ name: Type.String(), search: Type.Optional(Type.String()) }),
  handle: async (_ctx, { params, query }) => ({ ...params, ...query }),
});

let probe: Probe;

beforeAll(async () => {
  probe = await createProbe({ routes: [things] });
});
afterAll(() => probe.close());

describe('a request id', () => {
  const idOf = async (given?: string) => {
    const headers: Record<string, string> = given === undefined ? {} : { 'x-request-id': given };
    return (await probe.call({ path: '/things/a', headers })).headers['x-request-id'];
  };

  it.each(['a', '0190a6c0-7d53-7cc1-b2a1-5b3f1f0c9a11', 'A.b_c-9', 'x'.repeat(64)])(
    'that is sane comes back: %s',
    async (id) => {
      expect(await idOf(id)).toBe(id);
    },
  );

  it.each([undefined, '', 'x'.repeat(65), 'a b', 'a,b', 'a/b', '<script>', 'é', '{"a":1}'])(
    'is made where none or a strange one is sent: %j',
    async (id) => {
      expect(await idOf(id)).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/);
    },
  );

  it('is another one for each request', async () => {
    expect(await idOf()).not.toBe(await idOf());
  });

  it.each(['/nowhere', '/things/%zz', '/things/a?x=1', `/things/${'x'.repeat(300)}`])(
    'is in the answer and its body where %s is refused',
    async (path) => {
      const answer = await probe.call({ path, headers: { 'x-request-id': 'probe-3' } });
      expect([answer.headers['x-request-id'], answer.json().request_id]).toEqual([
        'probe-3',
        'probe-3',
      ]);
    },
  );
});

describe('every answer', () => {
  const PATHS = ['/things/a', '/things/a?x=1', '/nowhere', '/things/%zz', '/api/v9/things'];

  it.each(PATHS)(
    'to %s carries the security headers and does not say what runs here',
    async (path) => {
      const { headers } = await probe.call({ path });
      expect(headers).toMatchObject({
        'content-security-policy': expect.stringContaining("frame-ancestors 'none'"),
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
        'referrer-policy': 'no-referrer',
        'permissions-policy': expect.stringContaining('camera=()'),
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-resource-policy': 'same-origin',
      });
      expect(headers['content-security-policy']).not.toContain('unsafe');
      for (const name of [
        'server',
        'x-powered-by',
        'strict-transport-security',
        'access-control-allow-origin',
      ]) {
        expect(headers).not.toHaveProperty(name);
      }
    },
  );
});

describe('an address', () => {
  it.each([
    ['/things/a/', { name: 'a' }],
    ['/things/a/?search=b', { name: 'a', search: 'b' }],
    ['/things/Pi%C3%B1a?search=%F0%9F%8D%85%20+%2B', { name: 'Piña', search: '🍅  +' }],
    ['/things/a%2Fb', { name: 'a/b' }],
    ['/things/100%25', { name: '100%' }],
    ['/things/%2500', { name: '%00' }],
    [`/things/${'x'.repeat(200)}`, { name: 'x'.repeat(200) }],
    ['/things/a?', { name: 'a' }],
    ['/things/a?search=', { name: 'a', search: '' }],
    ['/things/a?search=a=b', { name: 'a', search: 'a=b' }],
  ])('%s is read', async (path, expected) => {
    const answer = await probe.call({ path });
    expect([answer.statusCode, answer.json()]).toEqual([200, expected]);
  });

  it.each([
    ['a NUL in the path', '/things/a%00b'],
    ['a NUL in the query', '/things/a?search=%00'],
    ['a NUL in the name of a parameter', '/things/a?sea%00rch=1'],
    ['a malformed escape in the path', '/things/%zz'],
    ['half an escape in the path', '/things/%e'],
    ['a malformed escape in the query', '/things/a?search=%zz'],
    ['half an escape in the query', '/things/a?search=100%'],
    ['bytes that are not UTF-8 in the path', '/things/%ff'],
    ['bytes that are not UTF-8 in the query', '/things/a?search=%ff'],
    ['a surrogate in the query', '/things/a?search=%ED%A0%80'],
    ['an overlong form in the query', '/things/a?search=%C0%80'],
  ])('with %s is 400, not 500', async (_what, path) => {
    const answer = await probe.call({ path });
    expect([answer.statusCode, answer.json().code]).toEqual([400, 'VALIDATION_ERROR']);
  });

  it('may be as long as it is allowed to be, and no longer', async () => {
    const path = (length: number) => `/api/v1/things/a?search=${'x'.repeat(length - 24)}`;
    expect(path(MAX_URL_LENGTH)).toHaveLength(MAX_URL_LENGTH);
    expect((await probe.call({ path: path(MAX_URL_LENGTH) })).statusCode).toBe(200);
    const refused = await probe.call({ path: path(MAX_URL_LENGTH + 1) });
    expect(refused.json()).toMatchObject({
      status: 400,
      code: 'VALIDATION_ERROR',
      detail: 'The address is longer than 4096 characters.',
    });
  });

  it('with more query parameters than any operation has is refused without naming each', async () => {
    const path = (count: number) =>
      `/things/a?${Array.from({ length: count }, (_, i) => `p${i}=1`).join('&')}`;
    const refused = await probe.call({ path: path(MAX_QUERY_PARAMETERS + 1) });
    expect(refused.json()).toMatchObject({
      code: 'VALIDATION_ERROR',
      detail: 'The query holds more than 32 parameters.',
    });
    expect(refused.json()).not.toHaveProperty('errors');
    const named = await probe.call({ path: path(MAX_QUERY_PARAMETERS) });
    expect(named.json().errors[0]).toMatchObject({ pointer: '/p0' });
  });

  it('with an escaped traversal leads nowhere', async () => {
    expect((await probe.call({ path: '/things/..%2f..%2fetc%2fpasswd' })).json()).toEqual({
      name: '../../etc/passwd',
    });
    expect((await probe.call({ path: '/things/../../nowhere' })).statusCode).toBe(404);
  });
});
