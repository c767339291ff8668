import { Type } from 'typebox';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createProbe, type Probe, userActor } from '../../../test/support/probe.ts';
import { ANYONE } from '../access.ts';
import { listRoute, type RouteFacts, route } from '../route.ts';

type Cache = RouteFacts<never, never, never>['cache'];

const CACHES: readonly Cache[] = ['public', 'personal', undefined];
const NO_STORE = { 'cache-control': 'no-store', vary: undefined };
const VARY = 'Authorization, Accept-Encoding, Origin';

const routes = CACHES.flatMap((cache) => {
  const returns = Type.Object({ name: Type.String() });
  const facts = {
    access: ANYONE,
    operationId: 'probe',
    tag: 'Probe',
    summary: 'Probe',
    ...(cache === undefined ? {} : { cache }),
  };
  const handle = async () => ({ name: 'Kamatis' });
  const path = `/${cache ?? 'private'}`;
  return [
    route({ ...facts, method: 'GET', path, status: 200, returns, handle }),
    route({ ...facts, method: 'POST', path, status: 201, returns, handle }),
    route({ ...facts, method: 'DELETE', path, status: 204, handle: async () => undefined }),
    listRoute({
      ...facts,
      path: `${path}/list`,
      item: returns,
      list: async () => ({ rows: [], hasMore: false, count: 0 }),
    }),
  ];
});

let probe: Probe;

beforeAll(async () => {
  probe = await createProbe({ routes, callers: { maria: userActor() } });
});
afterAll(() => probe.close());

async function headersOf(call: Parameters<Probe['call']>[0]) {
  const { headers, statusCode } = await probe.call(call);
  expect(statusCode).toBeLessThan(300);
  return { 'cache-control': headers['cache-control'], vary: headers['vary'] };
}

describe('what shared caches may keep', () => {
  it.each(['/public', '/public/list'])(
    '%s of nobody in particular, if they ask again each time',
    async (path) => {
      const kept = { 'cache-control': 'public, max-age=0, must-revalidate', vary: VARY };
      expect(await headersOf({ path })).toEqual(kept);
      expect(await headersOf({ path, method: 'HEAD' })).toEqual(kept);
    },
  );

  it.each(['/public', '/public/list', '/private', '/private/list'])(
    'not %s of somebody signed in',
    async (path) => {
      expect(await headersOf({ path, token: 'maria' })).toEqual({
        'cache-control': 'private, no-cache',
        vary: VARY,
      });
    },
  );

  it('not what is said to be neither public nor personal', async () => {
    expect(await headersOf({ path: '/private' })).toEqual({
      'cache-control': 'private, no-cache',
      vary: VARY,
    });
  });

  it.each([undefined, 'maria'])('nothing personal, nowhere, for any caller (%s)', async (token) => {
    const caller = token === undefined ? {} : { token };
    expect(await headersOf({ path: '/personal', ...caller })).toEqual(NO_STORE);
    expect(await headersOf({ path: '/personal/list', ...caller })).toEqual(NO_STORE);
  });

  it.each(['/public', '/private', '/personal'])('no answer to a change of %s', async (path) => {
    expect(await headersOf({ path, method: 'POST' })).toEqual(NO_STORE);
    expect(await headersOf({ path, method: 'DELETE' })).toEqual(NO_STORE);
  });

  it('no refusal', async () => {
    const answer = await probe.call({ path: '/public?x=1' });
    expect([answer.statusCode, answer.headers['cache-control']]).toEqual([400, 'no-store']);
  });
});
