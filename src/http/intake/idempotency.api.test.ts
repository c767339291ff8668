import { sql } from 'kysely';
import { Type } from 'typebox';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { createProbe, type Probe, userActor } from '../../../test/support/probe.ts';
import type { Ctx } from '../../context.ts';
import { inTransaction } from '../../db/transaction.ts';
import { newId } from '../../lib/ids.ts';
import { CONFLICT, Problem } from '../../lib/problem.ts';
import { SECOND_MS } from '../../lib/time.ts';
import { ANYONE, SIGNED_IN } from '../access.ts';
import { route } from '../route.ts';
import { forgetExpiredAnswers, IDEMPOTENCY_LIFETIME_MS } from './idempotency.ts';

/** What routes write: one row an effect. */
interface Effects {
  id: string;
  name: string;
}

/** Set by tests that need a request to stand still after its effect. */
let pause: Promise<void> | undefined;
let onEffect: () => void = () => {};

async function effect(
  ctx: Ctx,
  name: string,
): Promise<{ id: string; name: string; version: number }> {
  const row = { id: newId(), name };
  await inTransaction(ctx, async (ctx) => {
    await ctx.db.$extendTables<{ effects: Effects }>().insertInto('effects').values(row).execute();
    onEffect();
    await pause;
    if (name === 'refused') throw new Problem(CONFLICT, 'This name is taken.');
    if (name === 'broken') throw new Error('a fault');
  });
  return { ...row, version: 7 };
}

const body = Type.Object(
  { name: Type.String(), note: Type.Optional(Type.String()) },
  { additionalProperties: false },
);
const returns = Type.Object({ id: Type.String(), name: Type.String(), version: Type.Integer() });
const common = { access: SIGNED_IN, operationId: 'probe', tag: 'Probe', summary: 'Probe' } as const;
const facts = { ...common, body, status: 201, returns } as const;
const make = (ctx: Ctx, input: { body: { name: string } }) => effect(ctx, input.body.name);
const routes = [
  route({ ...facts, method: 'POST', path: '/payments', idempotency: 'required', handle: make }),
  route({ ...facts, method: 'POST', path: '/things', handle: make }),
  route({ ...facts, method: 'POST', path: '/forgetful', idempotency: 'none', handle: make }),
  route({ ...facts, method: 'POST', path: '/open', access: ANYONE, handle: make }),
  route({ ...facts, method: 'PATCH', path: '/things', handle: make }),
  route({
    ...common,
    method: 'POST',
    path: '/things/:id/close',
    params: Type.Object({ id: Type.String() }),
    status: 204,
    handle: async (ctx, { params }) => void (await effect(ctx, params.id)),
  }),
];

let database: TestDatabase;
let probe: Probe;
const CALLERS = { maria: userActor(), jose: userActor() };

beforeAll(async () => {
  database = await createTestDatabase();
  probe = await createProbe({ routes, callers: CALLERS, databaseUrl: database.url, poolSize: 8 });
  await sql`CREATE TABLE effects (id uuid PRIMARY KEY, name text NOT NULL)`.execute(probe.db);
});
beforeEach(async () => {
  pause = undefined;
  onEffect = () => {};
  await sql`DELETE FROM effects`.execute(probe.db);
});
afterAll(async () => {
  await probe.close();
  await database.drop();
});

interface Repeatable {
  readonly key?: string;
  readonly path?: string;
  readonly token?: string;
  readonly body?: unknown;
  readonly method?: 'POST' | 'PATCH';
}

function post({
  key,
  path = '/things',
  token = 'maria',
  body = { name: 'Kamatis' },
  method = 'POST',
}: Repeatable) {
  return probe.call({
    method,
    path,
    token,
    body,
    headers: key === undefined ? {} : { 'idempotency-key': key },
  });
}

async function effects(): Promise<number> {
  const { rows } = await sql<{ count: number }>`SELECT count(*) AS count FROM effects`.execute(
    probe.db,
  );
  return rows[0]?.count ?? 0;
}

describe('the same request with the same key', () => {
  it('has one effect and the first answer again, said to be a replay', async () => {
    const key = newId();
    const first = await post({ key });
    const again = await post({ key });
    expect(first.statusCode).toBe(201);
    expect(first.headers['idempotency-replayed']).toBeUndefined();
    expect([again.statusCode, again.body]).toEqual([201, first.body]);
    expect(again.headers).toMatchObject({
      'idempotency-replayed': 'true',
      etag: first.headers['etag'],
      'content-type': first.headers['content-type'],
    });
    expect(await effects()).toBe(1);
  });

  it('fifty times at once has one effect; every answer is the first one or a request to wait', async () => {
    const key = newId();
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => post({ key, path: '/payments' })),
    );
    expect(await effects()).toBe(1);
    const kept = answers.filter((answer) => answer.statusCode === 201);
    const waiting = answers.filter((answer) => answer.statusCode !== 201);
    expect(new Set(kept.map((answer) => answer.body)).size).toBe(1);
    expect(
      kept.filter((answer) => answer.headers['idempotency-replayed'] === undefined),
    ).toHaveLength(1);
    for (const answer of waiting) {
      expect([answer.statusCode, answer.json().code]).toEqual([409, 'IDEMPOTENCY_IN_PROGRESS']);
    }
  });

  it('without a body is remembered too', async () => {
    const key = newId();
    const path = '/things/1/close';
    expect((await post({ key, path, body: {} })).statusCode).toBe(204);
    const again = await post({ key, path, body: {} });
    expect([again.statusCode, again.body, again.headers['idempotency-replayed']]).toEqual([
      204,
      '',
      'true',
    ]);
    expect(await effects()).toBe(1);
  });

  it('is the same with its members in another order, spaces between them, or a slash at the end', async () => {
    const key = newId();
    const first = await post({ key, body: '{"name":"Kamatis","note":"ripe"}' });
    const again = await post({
      key,
      path: '/things/',
      body: '{ "note": "ripe", "name": "Kamatis" }',
    });
    expect([again.statusCode, again.body]).toEqual([201, first.body]);
  });
});

describe('a key', () => {
  it.each([
    ['body', { body: { name: 'Talong' } }],
    ['path', { path: '/payments' }],
    ['version of the API', { path: '/api/v2/things' }],
  ])('used with another %s is refused with 422 and changes nothing', async (_what, other) => {
    const key = newId();
    await post({ key });
    const answer = await post({ key, ...other });
    expect([answer.statusCode, answer.json().code]).toEqual([422, 'IDEMPOTENCY_KEY_REUSED']);
    expect(await effects()).toBe(1);
  });

  it('belongs to one user: another one has an effect and an answer of their own with it', async () => {
    const key = newId();
    const maria = await post({ key });
    const jose = await post({ key, token: 'jose', body: { name: 'Talong' } });
    expect([jose.statusCode, jose.json().name]).toEqual([201, 'Talong']);
    expect(jose.body).not.toBe(maria.body);
  });

  it('whose first request still runs is refused with 409 until that has ended', async () => {
    const key = newId();
    const { promise, resolve: goOn } = Promise.withResolvers<void>();
    const { promise: isRunning, resolve: running } = Promise.withResolvers<void>();
    pause = promise;
    onEffect = running;
    const first = post({ key });
    await isRunning;
    const second = await post({ key });
    expect([second.statusCode, second.json().code, second.headers['retry-after']]).toEqual([
      409,
      'IDEMPOTENCY_IN_PROGRESS',
      '1',
    ]);
    goOn();
    const { body } = await first;
    expect((await post({ key })).body).toBe(body);
    expect(await effects()).toBe(1);
  });

  it.each([
    ['refused', 409],
    ['broken', 500],
  ])('is free again after the request was %s', async (name, status) => {
    const key = newId();
    expect((await post({ key, body: { name } })).statusCode).toBe(status);
    expect(await effects()).toBe(0);
    const next = await post({ key });
    expect([next.statusCode, next.headers['idempotency-replayed']]).toEqual([201, undefined]);
  });

  it('is free again after a request that was not valid', async () => {
    const key = newId();
    expect((await post({ key, body: { nmae: 'Kamatis' } })).statusCode).toBe(400);
    expect((await post({ key })).statusCode).toBe(201);
  });

  it('is required where a repeat costs money, once the body is known to be valid', async () => {
    const answer = await post({ path: '/payments' });
    expect([answer.statusCode, answer.json().code]).toEqual([400, 'IDEMPOTENCY_KEY_REQUIRED']);
    expect((await post({ path: '/payments', body: {} })).json().code).toBe('VALIDATION_ERROR');
    expect(await effects()).toBe(0);
  });

  it.each(['', ' ', 'a b', 'clé', 'a'.repeat(256)])('of the form %j is refused', async (key) => {
    const answer = await post({ path: '/payments', key });
    expect([answer.statusCode, answer.json().code]).toEqual([400, 'VALIDATION_ERROR']);
  });

  it.each(['1', 'a'.repeat(255), '"quoted", and/or: odd!'.replaceAll(' ', '_')])(
    'of the form %j is taken',
    async (key) => {
      expect((await post({ path: '/payments', key })).statusCode).toBe(201);
    },
  );

  it.each([
    ['where a POST must not be remembered', { path: '/forgetful' }],
    ['on other methods, which are repeatable by themselves', { method: 'PATCH' as const }],
  ])('plays no part %s', async (_where, request) => {
    const key = newId();
    await post({ key, ...request });
    const again = await post({ key, ...request });
    expect([again.statusCode, again.headers['idempotency-replayed']]).toEqual([201, undefined]);
    expect(await effects()).toBe(2);
  });

  it('of somebody who is not signed in plays no part', async () => {
    const headers = { 'idempotency-key': newId() };
    const open = { method: 'POST', path: '/open', body: { name: 'Kamatis' }, headers } as const;
    await probe.call(open);
    expect((await probe.call(open)).headers['idempotency-replayed']).toBeUndefined();
    expect(await effects()).toBe(2);
  });
});

describe('after 24 hours', () => {
  const system = () => {
    const known: Pick<Ctx, 'db' | 'clock'> = probe;
    return known as Ctx;
  };

  it('a key may be used again, swept or not, and not a second before', async () => {
    const key = newId();
    const first = await post({ key });
    probe.clock.advance(IDEMPOTENCY_LIFETIME_MS - 10 * SECOND_MS);
    expect((await post({ key })).body).toBe(first.body);
    probe.clock.advance(11 * SECOND_MS);
    const fresh = await post({ key, body: { name: 'Talong' } });
    expect([fresh.statusCode, fresh.json().name]).toEqual([201, 'Talong']);
    expect((await post({ key, body: { name: 'Talong' } })).body).toBe(fresh.body);
  });

  it('answers are swept, younger ones are not', async () => {
    await forgetExpiredAnswers(system());
    const key = newId();
    await post({ key });
    probe.clock.advance(IDEMPOTENCY_LIFETIME_MS / 2);
    await post({ key: newId() });
    probe.clock.advance(IDEMPOTENCY_LIFETIME_MS / 2 + SECOND_MS);
    await forgetExpiredAnswers(system());
    const kept = await probe.db.selectFrom('idempotency_keys').select('key').execute();
    expect(kept).toHaveLength(1);
  });
});
