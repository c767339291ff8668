import { Type } from 'typebox';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { TEST_START } from '../../../test/support/clock.ts';
import { createProbe, type Probe } from '../../../test/support/probe.ts';
import * as problems from '../../lib/problem.ts';
import { isProblem, Problem, type ProblemKind } from '../../lib/problem.ts';
import { ANYONE } from '../access.ts';
import { route } from '../route.ts';
import { isDatabaseDown, toProblem } from './problem-answers.ts';

const KINDS = Object.values(problems).filter(
  (value): value is ProblemKind => typeof value === 'object' && 'code' in value,
);

/** What the next request to /throws meets. */
let thrown: unknown;

const facts = {
  access: ANYONE,
  operationId: 'probe',
  tag: 'Probe',
  summary: 'Probe',
  status: 200,
} as const;
const routes = [
  route({
    ...facts,
    method: 'GET',
    path: '/throws',
    returns: Type.Object({ code: Type.String() }),
    handle: async () => {
      throw thrown;
    },
  }),
  route({
    ...facts,
    method: 'PATCH',
    path: '/things/:id',
    params: Type.Object({ id: Type.String() }),
    status: 204,
    handle: async () => undefined,
  }),
];

let probe: Probe;

beforeAll(async () => {
  probe = await createProbe({ routes, env: { PUBLIC_URL: 'https://api.example.com' } });
});
beforeEach(() => {
  probe.entries.length = 0;
});
afterAll(() => probe.close());

function withCode(message: string, code: string, more: object = {}): Error {
  return Object.assign(new Error(message), { code, ...more });
}

describe('every kind of problem', () => {
  it.each(KINDS)('$code ($status) is answered in the one form', async (kind) => {
    thrown = new Problem(kind, 'What would do.');
    const answer = await probe.call({ path: '/throws?', headers: { 'x-request-id': 'probe-1' } });
    expect(answer.statusCode).toBe(kind.status);
    expect(answer.headers).toMatchObject({
      'content-type': 'application/problem+json; charset=utf-8',
      'cache-control': 'no-store',
      'x-request-id': 'probe-1',
      'x-content-type-options': 'nosniff',
    });
    const { timestamp, ...body } = answer.json();
    expect(body).toEqual({
      type: `https://api.example.com/docs/errors/${kind.code}`,
      title: kind.title,
      status: kind.status,
      detail: 'What would do.',
      instance: '/api/v1/throws',
      code: kind.code,
      request_id: 'probe-1',
    });
    expect(timestamp.slice(0, 10)).toBe(TEST_START.toISOString().slice(0, 10));
    expect('retry-after' in answer.headers).toBe(kind.status === 503);
    expect('www-authenticate' in answer.headers).toBe(kind.status === 401);
  });

  it('has a code of its own form, a status that refuses and a title without a full stop', () => {
    for (const { code, status, title } of KINDS) {
      expect(code).toMatch(/^[A-Z]+(_[A-Z]+)*$/);
      expect(status).toBeGreaterThanOrEqual(400);
      expect(title).toMatch(/^[A-Z].*[^.]$/);
    }
  });

  it('carries its own members, fields and headers', async () => {
    const errors = [{ pointer: '/quantity', message: 'must be at most 3', code: 'maximum' }];
    const members = { products: [{ id: 'x', available_quantity: '3.000' }] };
    thrown = new Problem(problems.CONFLICT, 'Too few.', {
      members,
      errors,
      headers: { 'retry-after': '9' },
    });
    const answer = await probe.call({ path: '/throws' });
    expect(answer.json()).toMatchObject({ ...members, errors });
    expect(answer.headers['retry-after']).toBe('9');
  });

  it('shows its path without the query, which may hold personal data', async () => {
    const answer = await probe.call({ path: '/throws?email=maria@example.com' });
    expect(answer.json()).toMatchObject({ status: 400, instance: '/api/v1/throws' });
  });
});

describe('the words of lib/problem', () => {
  it.each([
    [
      problems.notFound('address'),
      { status: 404, code: 'NOT_FOUND', detail: 'There is no such address.' },
    ],
    [
      problems.conflict('/user_email', 'is taken'),
      { status: 409, errors: [{ pointer: '/user_email', message: 'is taken', code: 'taken' }] },
    ],
    [
      problems.invalidField('/zip', 'must be four digits'),
      {
        status: 400,
        errors: [{ pointer: '/zip', message: 'must be four digits', code: 'invalid' }],
      },
    ],
  ])('%s', async (problem, expected) => {
    thrown = problem;
    expect((await probe.call({ path: '/throws' })).json()).toMatchObject(expected);
  });

  it('tell problems from errors and one kind from another', () => {
    const problem = problems.notFound('lot');
    expect([
      isProblem(problem),
      isProblem(problem, problems.NOT_FOUND),
      isProblem(problem, problems.CONFLICT),
    ]).toEqual([true, true, false]);
    expect([
      isProblem(new Error('no')),
      isProblem({ kind: problems.NOT_FOUND }),
      isProblem(undefined),
    ]).toEqual([false, false, false]);
  });
});

describe('a fault of ours', () => {
  const SECRETS = [
    'select',
    'users',
    'password',
    '/work/',
    '/app/',
    '.ts',
    'node_modules',
    'ECONN',
    'secret',
  ];

  it.each([
    ['an error', new Error('select * from users where password = secret')],
    [
      'an error of the database',
      withCode('duplicate key value violates unique constraint "users_email_key"', '23505', {
        detail: 'Key (email)=(secret)',
      }),
    ],
    [
      'a missing file',
      withCode("ENOENT: no such file or directory, open '/app/secret.ts'", 'ENOENT', {
        syscall: 'open',
        path: '/app/secret.ts',
      }),
    ],
    ['a text', 'select secret from users'],
    ['an object', { password: 'secret' }],
    ['an error that claims a status', Object.assign(new Error('select'), { statusCode: 503 })],
  ])('(%s) is 500, told to the log and to nobody else', async (_what, fault) => {
    thrown = fault;
    const answer = await probe.call({ path: '/throws', headers: { 'x-request-id': 'probe-2' } });
    expect([answer.statusCode, answer.json().code]).toEqual([500, 'INTERNAL_ERROR']);
    for (const secret of SECRETS) expect(answer.body).not.toContain(secret);
    expect(probe.entries).toEqual([
      expect.objectContaining({ level: 'error', request_id: 'probe-2', msg: 'request failed' }),
    ]);
  });

  it('is not what the caller did wrong, so refusals are not logged as errors', async () => {
    thrown = problems.notFound('lot');
    await probe.call({ path: '/throws' });
    await probe.call({ path: '/nowhere' });
    expect(probe.entries).toEqual([]);
  });
});

describe('toProblem', () => {
  it.each([
    ['a lost connection', withCode('connection failure', '08006')],
    ['a server that shuts down', withCode('terminating connection', '57P01')],
    ['a server that starts up', withCode('the database system is starting up', '57P03')],
    [
      'a server that became a replica',
      withCode('cannot execute INSERT in a read-only transaction', '25006'),
    ],
    ['too many connections', withCode('sorry, too many clients already', '53300')],
    [
      'a statement that took too long',
      withCode('canceling statement due to statement timeout', '57014'),
    ],
    ['a deadlock that outlasted the retries', withCode('deadlock detected', '40P01')],
    [
      'a refused connection',
      withCode('connect ECONNREFUSED', 'ECONNREFUSED', { syscall: 'connect' }),
    ],
    [
      'a missing socket',
      withCode('connect ENOENT', 'ENOENT', { syscall: 'connect', address: '/run/.s.PGSQL.5432' }),
    ],
    ['a name that is not known', withCode('getaddrinfo EAI_AGAIN', 'EAI_AGAIN')],
    ['a pool without a free connection', new Error('timeout exceeded when trying to connect')],
    ['a connection that was cut', new Error('Connection terminated unexpectedly')],
    ['a connection that took too long', new Error('timeout expired')],
    ['an answer that never came', new Error('Query read timeout')],
    ['a connection that is closed', new Error('Client was closed and is not queryable')],
    [
      'a connection that broke',
      new Error('Client has encountered a connection error and is not queryable'),
    ],
  ])('of %s is 503', (_what, error) => {
    expect(isDatabaseDown(error)).toBe(true);
    expect(toProblem(error).kind).toBe(problems.SERVICE_UNAVAILABLE);
  });

  it.each([
    ['text', '22021'],
    ['a number', '22003'],
    ['a time', '22008'],
  ])('of %s that the database cannot hold is 400', (_what, code) => {
    expect(toProblem(withCode('out of range', code)).kind).toBe(problems.VALIDATION_ERROR);
  });

  it.each([
    ['FST_ERR_CTP_BODY_TOO_LARGE', problems.PAYLOAD_TOO_LARGE],
    ['FST_REQ_FILE_TOO_LARGE', problems.PAYLOAD_TOO_LARGE],
    ['FST_ERR_CTP_INVALID_MEDIA_TYPE', problems.UNSUPPORTED_MEDIA_TYPE],
    ['FST_INVALID_MULTIPART_CONTENT_TYPE', problems.UNSUPPORTED_MEDIA_TYPE],
    ['FST_ERR_CTP_INVALID_CONTENT_LENGTH', problems.VALIDATION_ERROR],
    ['FST_ERR_BAD_URL', problems.VALIDATION_ERROR],
    ['FST_ERR_MAX_PARAM_LENGTH', problems.NOT_FOUND],
  ])('of %s is %j', (code, kind) => {
    expect(toProblem(withCode('refused', code)).kind).toBe(kind);
  });
});

describe('an address', () => {
  it.each(['GET', 'POST', 'PUT', 'DELETE', 'OPTIONS'] as const)(
    'that exists is 405 for %s and says what it answers',
    async (method) => {
      const answer = await probe.call({ method, path: '/things/1' });
      expect([answer.statusCode, answer.json().code, answer.headers['allow']]).toEqual([
        405,
        'METHOD_NOT_ALLOWED',
        'PATCH',
      ]);
    },
  );

  it('that answers GET answers HEAD too', async () => {
    const answer = await probe.call({ method: 'DELETE', path: '/throws/' });
    expect([answer.statusCode, answer.headers['allow']]).toEqual([405, 'GET, HEAD']);
  });

  it.each(['/nowhere', '/things', '/things/1/2', '//things/1', '/api/v2/nowhere', '/api/v1'])(
    'that does not exist is 404: %s',
    async (path) => {
      const answer = await probe.call({ path });
      expect([answer.statusCode, answer.json().code]).toEqual([404, 'NOT_FOUND']);
    },
  );

  it.each(['/api/v3/things', '/api/v0', '/api/v10/things', '/api/V1/things', '/api/things'])(
    'of an unknown version names the known ones: %s',
    async (path) => {
      const answer = await probe.call({ path });
      expect(answer.json()).toMatchObject({
        status: 404,
        code: 'UNKNOWN_API_VERSION',
        known_versions: ['v1', 'v2'],
        detail: 'Known versions are v1 and v2.',
      });
    },
  );
});
