// Public reads on a real streaming replica: who is sent there, and that what they get is what the leader would say.
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Streaming, startStreaming } from '../../../scripts/drill/streaming.ts';
import { createActor } from '../../support/actors.ts';
import { createTestApp, type TestApp, type TestAppOptions } from '../../support/app.ts';
import { makePrivateKey } from '../../support/private-key.ts';
import {
  createPublicMarket,
  PUBLIC_CHANGES,
  type PublicMarket,
  publicPaths,
  readAll,
} from '../../support/public-changes.ts';

/** Long enough for a busy machine: here nobody shall fall back on the leader. */
const MAX_LAG_MS = 10_000;
const START_MS = 180_000;
const USABLE_MS = 20_000;

/** Of all of them: they are one service. */
const JWT_PRIVATE_KEYS = makePrivateKey();

let servers: Streaming;
let test: TestApp;
let another: TestApp;
let uncached: TestApp;
let onLeader: TestApp;
let market: PublicMarket;

async function open(
  env: Readonly<Record<string, string>>,
  options: TestAppOptions = {},
): Promise<TestApp> {
  return createTestApp({
    poolSize: 2,
    database: { url: servers.leader.url, drop: async () => {} },
    ...options,
    env: { JWT_PRIVATE_KEYS, DATABASE_REPLICA_MAX_LAG_MS: String(MAX_LAG_MS), ...env },
  });
}

const isInUse = (app: TestApp) =>
  vi.waitFor(() => expect(app.services.replica?.state().isInUse).toBe(true), {
    timeout: USABLE_MS,
  });
const readsOf = (app: TestApp) => app.services.replica?.state().reads;

beforeAll(async () => {
  servers = await startStreaming();
  const DATABASE_REPLICA_URL = servers.replica.url;
  test = await open({ DATABASE_REPLICA_URL });
  const { clock } = test;
  another = await open({ DATABASE_REPLICA_URL }, { clock });
  uncached = await open({ DATABASE_REPLICA_URL, CACHE: 'off' }, { clock });
  onLeader = await open({ CACHE: 'off' }, { clock });
  for (const app of [test, another, uncached]) await isInUse(app);
  market = await createPublicMarket(test);
}, START_MS);
afterAll(async () => {
  for (const app of [onLeader, uncached, another, test]) await app?.close();
  await servers?.close();
});

describe('what is read where', () => {
  /** Calls of statements that read what customers see. */
  async function callsOn(server: Streaming['leader']): Promise<number> {
    const [row] = await server.query<{ calls: string }>(
      `SELECT coalesce(sum(calls), 0) AS calls FROM pg_stat_statements
      WHERE query ~ 'product_listing|categories|sellers|promos|reviews|places' AND query !~ 'find_caller'`,
    );
    return Number(row?.calls);
  }

  beforeEach(async () => {
    for (const server of [servers.leader, servers.replica])
      await server.query('SELECT pg_stat_statements_reset()');
  });

  it('every public answer that the cache does not give is read from the replica alone', async () => {
    const before = readsOf(uncached);
    await readAll(market, uncached);
    expect(await callsOn(servers.leader)).toBe(0);
    expect(await callsOn(servers.replica)).toBeGreaterThan(publicPaths(market).length / 2);
    const after = readsOf(uncached);
    expect(after?.leader).toBe(before?.leader);
    expect(after?.replica).toBe((before?.replica ?? 0) + publicPaths(market).length);
  });

  it('who may see more than everybody reads the leader', async () => {
    const before = readsOf(uncached);
    const { status } = await seenBy(market.seller.token);
    expect(status).toBe(200);
    expect(await callsOn(servers.leader)).toBeGreaterThan(0);
    expect(readsOf(uncached)).toEqual(before);
  });

  it('a customer is known by the leader and served by the replica', async () => {
    const before = readsOf(uncached);
    const { token } = await createActor(test);
    expect((await seenBy(token)).status).toBe(200);
    expect(readsOf(uncached)?.replica).toBe((before?.replica ?? 0) + 1);
  });

  async function seenBy(token: string) {
    const { statusCode } = await uncached.call({ path: `/products/${market.product_id}`, token });
    return { status: statusCode };
  }

  it('what is not there is an answer, and no reason to ask the leader', async () => {
    const before = readsOf(uncached);
    const path = `/products/${market.seller.user_id}`;
    expect((await uncached.call({ path })).statusCode).toBe(404);
    expect(readsOf(uncached)).toEqual({
      replica: (before?.replica ?? 0) + 1,
      leader: before?.leader,
    });
    expect(uncached.services.replica?.state().failedReads).toBe(0);
  });

  it('many at once ask the leader once where it is', async () => {
    const paths = Array.from({ length: 200 }, (_, i) => `/products?price_min=${i + 1}.00`);
    const answers = await Promise.all(paths.map((path) => uncached.call({ path })));
    expect(new Set(answers.map(({ statusCode }) => statusCode))).toEqual(new Set([200]));
    const [row] = await servers.leader.query<{ calls: string }>(
      "SELECT coalesce(sum(calls), 0) AS calls FROM pg_stat_statements WHERE query LIKE '%named:leader_position%'",
    );
    expect(Number(row?.calls)).toBeLessThan(paths.length / 2);
    expect(await callsOn(servers.leader)).toBe(0);
  });
});

it('a role that may only what `grant-runtime-role` gives is enough', async () => {
  await servers.leader.query('CREATE ROLE market LOGIN');
  await servers.leader.query("SELECT grant_runtime_role('market')");
  const as = (url: string) => url.replace('//postgres@', '//market@');
  const app = await open(
    { DATABASE_REPLICA_URL: as(servers.replica.url), CACHE: 'off' },
    { database: { url: as(servers.leader.url), drop: async () => {} }, clock: test.clock },
  );
  try {
    await isInUse(app);
    expect(await readAll(market, app)).toEqual(await readAll(market, onLeader));
    expect(readsOf(app)).toEqual({ replica: publicPaths(market).length, leader: 0 });
  } finally {
    await app.close();
  }
});

describe('a replica that is behind when it is read', () => {
  it.each(PUBLIC_CHANGES)('%s, and every process shows it', async (_change, perform) => {
    const before = await readAll(market, test);
    await readAll(market, another);
    await servers.replica.query('SELECT pg_wal_replay_pause()');
    await perform(market);
    // They begin while the replica lacks the change.
    const shown = Promise.all([readAll(market, test), readAll(market, uncached)]);
    await servers.replica.query('SELECT pg_wal_replay_resume()');
    const after = await readAll(market, onLeader);
    expect(after).not.toEqual(before);
    expect(await shown).toEqual([after, after]);
    // What was kept of it is no older.
    expect(await readAll(market, test)).toEqual(after);
    await vi.waitFor(async () => expect(await readAll(market, another)).toEqual(after), {
      timeout: USABLE_MS,
    });
  });

  it('was waited for, and nothing was read from the leader instead', () => {
    for (const app of [test, another, uncached]) {
      expect(readsOf(app)?.leader).toBe(0);
      expect(readsOf(app)?.replica).toBeGreaterThan(PUBLIC_CHANGES.length);
    }
  });
});
