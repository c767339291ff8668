// The database goes away, in each way in which one can, while requests keep coming over real sockets.
import type { AddressInfo } from 'node:net';
import { sql } from 'kysely';
import { Type } from 'typebox';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { inTransaction } from '../../../src/db/transaction.ts';
import { ANYONE, SIGNED_IN } from '../../../src/http/access.ts';
import { route } from '../../../src/http/route.ts';
import { newId } from '../../../src/lib/ids.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { createDatabaseWire, type Wire } from '../../support/network/wire.ts';
import { createProbe, type Probe, userActor } from '../../support/probe.ts';

const RECOVERY_MS = 2_000;
/** One turn at a statement that is not answered, and one at a connection that is not made. */
const MAX_ANSWER_MS = 4_000;
const POOL_SIZE = 4;

const returns = Type.Object({ count: Type.Integer() });
const facts = { operationId: 'probe', tag: 'Probe', summary: 'Probe' } as const;
const routes = [
  route({
    ...facts,
    method: 'GET',
    path: '/notes',
    access: ANYONE,
    status: 200,
    returns,
    handle: async (ctx) => {
      const { rows } = await sql<{ count: number }>`SELECT count(*) AS count FROM notes`.execute(
        ctx.db,
      );
      return { count: rows[0]?.count ?? 0 };
    },
  }),
  route({
    ...facts,
    method: 'POST',
    path: '/notes',
    access: SIGNED_IN,
    idempotency: 'required',
    status: 204,
    handle: (ctx) =>
      inTransaction(
        ctx,
        async (ctx) =>
          void (await sql`INSERT INTO notes VALUES (gen_random_uuid())`.execute(ctx.db)),
      ),
  }),
  route({
    ...facts,
    method: 'GET',
    path: '/static',
    access: ANYONE,
    status: 204,
    handle: async () => undefined,
  }),
];

let database: TestDatabase;
let wire: Wire & { readonly url: string };
let probe: Probe;
let origin: string;

beforeAll(async () => {
  database = await createTestDatabase();
  wire = await createDatabaseWire(database.url);
  // The driver's own patience, made short.
  const databaseUrl = `${wire.url}?query_timeout=300`;
  probe = await createProbe({
    routes,
    callers: { maria: userActor() },
    databaseUrl,
    poolSize: POOL_SIZE,
  });
  await sql`CREATE TABLE notes (id uuid PRIMARY KEY)`.execute(probe.db);
  await probe.app.listen({ port: 0, host: '127.0.0.1' });
  origin = `http://127.0.0.1:${(probe.app.server.address() as AddressInfo).port}/api/v1`;
});
beforeEach(async () => {
  wire.restore();
  await vi.waitFor(async () => expect((await read()).status).toBe(200), { timeout: RECOVERY_MS });
});
afterAll(async () => {
  await probe.close();
  await wire.close();
  await database.drop();
});

const read = () => fetch(`${origin}/notes`);
const write = (key = newId()) =>
  fetch(`${origin}/notes`, {
    method: 'POST',
    headers: { authorization: 'Bearer maria', 'idempotency-key': key },
  });

async function countNotes(): Promise<number> {
  return ((await (await read()).json()) as { count: number }).count;
}

async function expectUnavailable(answer: Response): Promise<void> {
  expect(answer.status).toBe(503);
  expect(answer.headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
  expect(answer.headers.get('content-type')).toContain('application/problem+json');
  const problem = (await answer.json()) as { code: string; detail: string };
  expect(problem.code).toBe('SERVICE_UNAVAILABLE');
  expect(problem.detail).not.toMatch(/127\.0\.0\.1|ECONN|terminated|timeout/);
}

describe.each([
  ['is gone', () => wire.cut()],
  ['swallows everything', () => wire.swallow()],
])('while the database %s', (_how, breakDatabase) => {
  it('requests that need it are 503 in bounded time, even more of them than there are connections', async () => {
    await Promise.all(Array.from({ length: POOL_SIZE }, read));
    breakDatabase();
    const started = performance.now();
    const answers = await Promise.all([
      ...Array.from({ length: POOL_SIZE }, read),
      ...Array.from({ length: POOL_SIZE }, () => write()),
    ]);
    expect(performance.now() - started).toBeLessThan(MAX_ANSWER_MS);
    for (const answer of answers) await expectUnavailable(answer);
  });

  it('requests that do not need it are answered', async () => {
    breakDatabase();
    expect((await fetch(`${origin}/static`)).status).toBe(204);
  });

  it('nothing is written twice or half, and reading and writing are back within two seconds of it', async () => {
    const before = await countNotes();
    const key = newId();
    breakDatabase();
    await expectUnavailable(await write(key));
    wire.restore();
    const restored = performance.now();
    await vi.waitFor(async () => expect((await write(key)).status).toBe(204), {
      timeout: RECOVERY_MS,
      interval: 20,
    });
    expect((await read()).status).toBe(200);
    expect(performance.now() - restored).toBeLessThan(RECOVERY_MS);
    expect((await write(key)).headers.get('idempotency-replayed')).toBe('true');
    expect(await countNotes()).toBe(before + 1);
  });
});

describe('a database that is cut off in the middle of a request', () => {
  it('costs that request alone', async () => {
    await probe.db.connection().execute((db) => sql`SELECT 1`.execute(db));
    const waiting = write();
    wire.cut();
    const { status } = await waiting;
    expect([204, 503]).toContain(status);
    wire.restore();
    await vi.waitFor(async () => expect((await read()).status).toBe(200), { timeout: RECOVERY_MS });
  });
});
