// What the contract promises of every route alike, asked of every route: paths, validation, ids, forms of values, lists,
// tags, caching and idempotency. How each of these works is tested beside src/http.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AnyRoute } from '../../src/http/route.ts';
import { newId } from '../../src/lib/ids.ts';
import { type Caller, createCallers } from '../authorization/cast.ts';
import { makeSale } from '../authorization/fixtures.ts';
import { grantedCall, type People } from '../authorization/granted.ts';
import { type Call, createStrangers, send } from '../authorization/requests.ts';
import { nameOf, routes, versionedRoutes } from '../authorization/routes.ts';
import { createTestApp, type TestApp } from '../support/app.ts';
import { faultsOfForm } from '../support/forms.ts';
import { inlined } from '../support/openapi.ts';

const PUBLIC_URL = 'https://api.example.com';
const PREPARE_TIMEOUT_MS = 120_000;

interface Operation {
  readonly responses: object;
  readonly parameters: readonly object[];
}

/** Each route as somebody calls it who may: nothing here changes anything before the last part. */
const calls = new Map<string, Call>();
let test: TestApp;
let document: {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: object;
};

beforeAll(async () => {
  test = await createTestApp({ env: { PUBLIC_URL } });
  document = inlined((await test.call({ path: '/api/v1/openapi.json' })).json());
  const people = await createPeople();
  const [seller, customer] = [personOf(people, 'seller'), personOf(people, 'customer')];
  await makeSale(test, { customer, seller });
  for (const route of routes) calls.set(nameOf(route), await grantedCall(test, people, route));
  await favor(customer.token, callOf('PUT /favorites/:product_id').names.id);
}, PREPARE_TIMEOUT_MS);
afterAll(() => test.close());

async function createPeople(): Promise<People> {
  return { callers: await createCallers(test), strangers: await createStrangers(test) };
}

function personOf({ callers }: People, kind: Caller['kind']) {
  const actor = callers.find((caller) => caller.kind === kind)?.actor;
  if (actor === undefined) throw new Error(`no ${kind}`);
  return actor;
}

function callOf(name: string): Call {
  const call = calls.get(name);
  if (call === undefined) throw new Error(`no call of ${name}`);
  return call;
}

/** What the published document says of an operation: `GET /products/:id`. */
function documented(name: string): Operation {
  const [method = '', path = ''] = name.split(' ');
  const operations = document.paths[`/api/v1${path.replace(/:(\w+)/g, '{$1}')}`];
  const operation = operations?.[method.toLowerCase()];
  if (operation === undefined) throw new Error(`${name} is not in the document`);
  return operation;
}

async function favor(token: string, product_id: string): Promise<void> {
  await test.call({ method: 'PUT', path: `/favorites/${product_id}`, token });
}

const each = (some: readonly AnyRoute[]) => it.each(some.map(nameOf));
const gets = routes.filter(({ method }) => method === 'GET');
const lists = routes.filter(({ kind }) => kind === 'list');
const named = routes.filter(({ path }) => path.includes(':'));
const ABSENT = { id: newId(), part_id: newId() };

describe('a slash at the end of the path makes no difference:', () => {
  each(routes)('%s', async (name) => {
    const call: Call = { ...callOf(name), caller: { kind: 'nobody' }, names: ABSENT, body: {} };
    const seen = async (suffix: string) => {
      const answer = await send(test, call, { suffix });
      return [answer.statusCode, answer.statusCode < 400 ? answer.body : answer.json().detail];
    };
    expect(await seen('/')).toEqual(await seen(''));
  });
});

describe('an unknown query parameter is refused and named:', () => {
  each(routes)('%s', async (name) => {
    const answer = await send(test, callOf(name), { suffix: '?surprise=1' });
    expect([answer.statusCode, answer.json().code]).toEqual([400, 'VALIDATION_ERROR']);
    expect(answer.json().errors).toMatchObject([{ pointer: '/surprise' }]);
  });
});

describe('before anything is looked up, what a body may not hold is refused:', () => {
  const withBody = routes.filter(({ method, body }) => method === 'POST' || body !== undefined);
  // A provider's event has the provider's own form.
  const closed = withBody.filter(
    (route) => !route.consumes && !route.path.startsWith('/webhooks/'),
  );
  const withoutBody = routes.filter((route) => route.method !== 'GET' && !withBody.includes(route));

  async function refusalOf(name: string) {
    const call = callOf(name);
    const body = { ...(call.body as object | undefined), surprise: 1 };
    const answer = await send(test, { ...call, names: ABSENT, body });
    expect([answer.statusCode, answer.json().code]).toEqual([400, 'VALIDATION_ERROR']);
    return answer.json();
  }

  each(closed)('%s names the unknown member', async (name) => {
    expect((await refusalOf(name)).errors).toMatchObject([{ pointer: '/surprise' }]);
  });

  each(withoutBody)('%s takes no body at all', async (name) => {
    expect((await refusalOf(name)).detail).toContain('body');
  });
});

describe('an id of the wrong form is 404:', () => {
  each(named)('%s', async (name) => {
    const answer = await send(test, { ...callOf(name), names: { id: 'x1', part_id: 'x2' } });
    expect([answer.statusCode, answer.json().code]).toEqual([404, 'NOT_FOUND']);
  });
});

describe('answers name and write every value as the contract says:', () => {
  each(gets)('%s', async (name) => {
    const answer = await send(test, callOf(name));
    expect(answer.statusCode).toBe(200);
    expect(faultsOfForm(answer.json())).toEqual([]);
  });
});

describe('an answer has a tag, and is not sent again to who has it:', () => {
  each(gets)('%s', async (name) => {
    const first = await send(test, callOf(name));
    const etag = String(first.headers.etag);
    expect(etag).toMatch(/^"\d+-[\w-]{16}"$/);
    const second = await send(test, callOf(name), { headers: { 'if-none-match': etag } });
    expect([second.statusCode, second.body, second.headers.etag]).toEqual([304, '', etag]);
    const { responses, parameters } = documented(name);
    expect(responses).toHaveProperty('304.headers.ETag');
    expect(parameters).toContainEqual(expect.objectContaining({ name: 'If-None-Match' }));
  });
});

describe('caches keep what is public, ask again each time, and keep nothing else:', () => {
  const PERSONAL =
    /^\/(auth|users|cart|favorites|orders|payments|audit-logs|admin|sellers\/:id\/(orders|customers|balance|payouts|payout-destination|statement))/;

  each(gets)('%s', async (name) => {
    const call = callOf(name);
    const signedIn = await send(test, { ...call, caller: callOf('GET /audit-logs').caller });
    const { headers } = await send(test, call);
    if (call.caller.kind === 'nobody') {
      expect(headers['cache-control']).toBe('public, max-age=0, must-revalidate');
      expect(headers.vary).toContain('Authorization');
      expect(signedIn.headers['cache-control']).toBe('private, no-cache');
      return;
    }
    const isPersonal = PERSONAL.test(call.route.path);
    expect(headers['cache-control']).toBe(isPersonal ? 'no-store' : 'private, no-cache');
  });
});

describe('lists page by number in v1 and by cursor in v2:', () => {
  each(lists)('%s', async (name) => {
    const call = callOf(name);
    const [v1, v2] = [
      await send(test, call, { suffix: '?page_size=1', headers: { host: 'evil.example' } }),
      await send(test, call, { suffix: '?limit=1', version: 'v2' }),
    ].map((answer) => answer.json());
    expect(Object.keys(v1)).toEqual(['count', 'next', 'previous', 'results']);
    expect(Object.keys(v2)).toEqual(['data', 'next_cursor', 'has_more']);
    expect(v2.data).toEqual(v1.results);
    expect(v2.has_more).toBe(v1.count > 1);
    if (v1.next === null) return;
    expect(v1.next).toMatch(new RegExp(`^${PUBLIC_URL}/api/v1/.*page=2`));
    const { search } = new URL(v1.next);
    const byNumber = await send(test, call, { suffix: search });
    const suffix = `?limit=1&cursor=${v2.next_cursor}`;
    const byCursor = await send(test, call, { suffix, version: 'v2' });
    expect(byCursor.json().data).toEqual(byNumber.json().results);
  });

  each(lists)(
    '%s refuses pages out of range, the other version’s words and forged cursors',
    async (name) => {
      const wrong = {
        v1: ['page=0', 'page_size=101', 'limit=5'],
        v2: ['limit=101', 'page=1', 'cursor=MQ'],
      };
      for (const version of ['v1', 'v2'] as const) {
        for (const query of wrong[version]) {
          const answer = await send(test, callOf(name), { suffix: `?${query}`, version });
          expect([query, answer.statusCode]).toEqual([query, 400]);
        }
      }
    },
  );
});

describe('what is not a list is the same in v1 and v2:', () => {
  each(gets.filter(({ kind }) => kind === 'single'))('%s', async (name) => {
    const answers = [
      await send(test, callOf(name)),
      await send(test, callOf(name), { version: 'v2' }),
    ];
    expect(answers[1]?.json()).toEqual(answers[0]?.json());
  });
});

describe('a change of what somebody else has changed is 412, once access is clear:', () => {
  const versioned = versionedRoutes.filter(({ method, path }) =>
    /^(PATCH|DELETE) \/(products|promos|sellers)\/:id$/.test(`${method} ${path}`),
  );
  each(versioned)('%s', async (name) => {
    const call = callOf(name);
    const headers = { 'if-match': '"999"' };
    const stale = await send(test, call, { headers });
    expect([stale.statusCode, stale.json().code]).toEqual([412, 'STALE_VERSION']);
    const others = await send(test, { ...call, names: ABSENT }, { headers });
    expect(others.statusCode).toBe(404);
  });
});

describe('amounts and quantities may leave places out and come back with all of them:', () => {
  it.each([
    ['50', '50.00'],
    ['0.01', '0.01'],
    ['99.9', '99.90'],
    ['999999.99', '999999.99'],
  ])('a price of %s is %s', async (price, shown) => {
    const call = callOf('POST /products');
    const answer = await send(test, call, { body: { ...(call.body as object), price } });
    expect(answer.json().price).toBe(shown);
  });

  it.each([
    ['8', '8.000'],
    ['0.001', '0.001'],
    ['2.5', '2.500'],
    ['99999.999', '99999.999'],
  ])('a quantity of %s is %s', async (quantity, shown) => {
    const call = callOf('POST /products/:id/lots');
    const answer = await send(test, call, { body: { ...(call.body as object), quantity } });
    expect(answer.json().quantity_on_hand).toBe(shown);
  });
});

describe('a POST with a key has one effect, and its repeat the first answer:', () => {
  const remembered = routes.filter(
    ({ method, path }) => method === 'POST' && !/^\/(auth|webhooks|dev)\//.test(path),
  );
  each(remembered)('%s', async (name) => {
    const call = await grantedCall(test, await createPeople(), callOf(name).route);
    const headers = { 'idempotency-key': newId() };
    const first = await send(test, call, { headers });
    expect(first.statusCode).toBeLessThan(300);
    expect(first.headers['idempotency-replayed']).toBeUndefined();
    const second = await send(test, call, { headers });
    expect(second.headers['idempotency-replayed']).toBe('true');
    expect([second.statusCode, second.body]).toEqual([first.statusCode, first.body]);
  });
});
