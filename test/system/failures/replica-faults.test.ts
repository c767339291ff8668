// What becomes of public reads when their replica lags, hangs, dies, comes back or leaves its leader.
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it, vi } from 'vitest';
import { type Streaming, startStreaming } from '../../../scripts/drill/streaming.ts';
import { checkReplica } from '../../../src/cli/doctor/replica.ts';
import { openReplica, type Replica } from '../../../src/db/replica/replica.ts';
import { systemClock } from '../../../src/lib/time.ts';
import { createTestApp, type TestApp } from '../../support/app.ts';
import { createTestDatabase } from '../../support/database.ts';
import { createPublicMarket, type PublicMarket } from '../../support/public-changes.ts';

const MAX_LAG_MS = 300;
const POOL_SIZE = 4;
/** What a read may lose to a replica that does not answer is a second more than the lag; the rest is for a busy machine. */
const MAX_ANSWER_MS = 6_000;
const START_MS = 180_000;
const CHANGE_MS = 20_000;
const CROWD = 12;

let servers: Streaming;
let test: TestApp;
let market: PublicMarket;

beforeAll(async () => {
  servers = await startStreaming();
  test = await createTestApp({
    poolSize: POOL_SIZE,
    database: { url: servers.leader.url, drop: async () => {} },
    env: {
      CACHE: 'off',
      DATABASE_REPLICA_URL: servers.replica.url,
      DATABASE_REPLICA_MAX_LAG_MS: String(MAX_LAG_MS),
      DATABASE_POOL_SIZE: String(POOL_SIZE),
    },
  });
  market = await createPublicMarket(test);
}, START_MS);
beforeEach(() => becomes(true));
afterAll(async () => {
  await test?.close();
  await servers?.close();
});

function replica(): Replica {
  const { replica } = test.services;
  if (replica === undefined) throw new Error('no replica is open');
  return replica;
}

/** Waits until the replica is in use, or is no longer; breaker and clock of the tests stand still together. */
function becomes(isInUse: boolean) {
  return vi.waitFor(
    () => {
      test.clock.advance(1_000);
      expect(replica().state().isInUse).toBe(isInUse);
    },
    { timeout: CHANGE_MS, interval: 50 },
  );
}

async function priceShown(): Promise<string> {
  const { body } = await test.call({ path: `/products/${market.product_id}` });
  return JSON.parse(body).price;
}
const setPrice = (price: string) =>
  market.patch(market.seller, `/products/${market.product_id}`, { price });

/** Keeps asking, a crowd at a time, while `happen` takes its course; and once more after it. */
async function browseDuring(happen: () => Promise<unknown>) {
  const answers: { status: number; took_ms: number }[] = [];
  let isOver = false;
  let n = 0;
  const ask = async () => {
    const began_at_ms = performance.now();
    n += 1;
    const { statusCode } = await test.call({ path: `/products?price_min=${n}.00` });
    answers.push({ status: statusCode, took_ms: performance.now() - began_at_ms });
    if (statusCode !== 200) isOver = true;
  };
  const crowd = Array.from({ length: CROWD }, async () => {
    while (!isOver) await ask();
    await ask();
  });
  try {
    await vi.waitFor(() => expect(answers.length).toBeGreaterThan(CROWD), { timeout: CHANGE_MS });
    await happen();
  } finally {
    isOver = true;
    await Promise.all(crowd);
  }
  return answers;
}

function expectServed(answers: Awaited<ReturnType<typeof browseDuring>>): void {
  expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
  expect(Math.max(...answers.map(({ took_ms }) => took_ms))).toBeLessThan(MAX_ANSWER_MS);
}

describe('a replica that stops replaying', () => {
  it('is left for the leader, reports its lag, and is read again once it has caught up', async () => {
    await servers.replica.query('SELECT pg_wal_replay_pause()');
    await setPrice('77.25');
    expect(await priceShown()).toBe('77.25');
    await becomes(false);
    await vi.waitFor(
      () => expect(replica().state().lag_ms).toBeGreaterThan(2 * MAX_LAG_MS),
      CHANGE_MS,
    );
    const { reads } = replica().state();
    expect(await priceShown()).toBe('77.25');
    expect(replica().state().reads).toEqual({ ...reads, leader: reads.leader + 1 });
    await servers.replica.query('SELECT pg_wal_replay_resume()');
    await becomes(true);
    expect(await priceShown()).toBe('77.25');
    expect(replica().state().lag_ms).toBeLessThanOrEqual(MAX_LAG_MS);
    expect(replica().state().reads.replica).toBe(reads.replica + 1);
  });
});

describe('a replica under load', () => {
  it('that hangs costs no request, and each a bounded time', async () => {
    const answers = await browseDuring(async () => {
      servers.replica.freeze();
      await becomes(false);
    });
    expectServed(answers);
    servers.replica.thaw();
    await becomes(true);
    const { reads } = replica().state();
    await priceShown();
    expect(replica().state().reads.replica).toBe(reads.replica + 1);
  });

  it('that dies costs no request, and is read again when it is back', async () => {
    const answers = await browseDuring(async () => {
      await servers.replica.kill();
      await becomes(false);
    });
    expectServed(answers);
    await servers.replica.start();
    await becomes(true);
    expect(await priceShown()).toBe('77.25');
  });
});

/** Another replica of the same leader, and what it warned of. */
function open(url: string, maxLag_ms = MAX_LAG_MS) {
  const warnings: string[] = [];
  const log = {
    info: () => {},
    warn: (facts: { err?: Error }) => void warnings.push(String(facts.err?.message)),
  };
  const leaderUrl = servers.leader.url;
  const options = { url, leaderUrl, poolSize: POOL_SIZE, maxLag_ms, clock: systemClock, log };
  return { opened: openReplica(options), warnings };
}

it('a read that replay had to cancel is made by the leader', async () => {
  // So that nothing else ends it.
  const { opened, warnings } = open(servers.replica.url, CHANGE_MS);
  await vi.waitFor(() => expect(opened.state().isInUse).toBe(true), { timeout: CHANGE_MS });
  await servers.replica.query("ALTER SYSTEM SET max_standby_streaming_delay = '0'");
  await servers.replica.query('SELECT pg_reload_conf()');
  const handles = { replica: opened.db, leader: test.services.db };
  const reading = opened.read(handles, async (db) => {
    const { rows } = await sql<{ is_replica: boolean }>`
      SELECT pg_is_in_recovery() AS is_replica`.execute(db);
    if (rows[0]?.is_replica) await sql`SELECT count(*), pg_sleep(15) FROM promos`.execute(db);
    return rows[0]?.is_replica;
  });
  const isReading = async () => {
    const asleep = "SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep'";
    expect(await servers.replica.query(asleep)).toHaveLength(1);
  };
  await vi.waitFor(isReading, { timeout: CHANGE_MS });
  // It takes the table for itself, and so must the replica.
  await servers.leader.query('VACUUM FULL promos');
  expect(await reading).toBe(false);
  expect(warnings).toContain('canceling statement due to conflict with recovery');
  expect(opened.state()).toMatchObject({ failedReads: 1, reads: { replica: 0, leader: 1 } });
  await opened.close();
});

/** What doctor says of a replica at `url`. */
const diagnose = (url: string) =>
  checkReplica(servers.leader.url, { ...test.services.config, DATABASE_REPLICA_URL: url });

it('doctor finds a replica that public reads go to', async () => {
  expect(await diagnose(servers.replica.url)).toEqual([
    { level: 'ok', subject: 'replica', text: expect.stringMatching(/^follows, at most \d+ ms/) },
  ]);
});

describe('an address that leads', () => {
  it('to the leader itself is read as a replica would be', async () => {
    const { opened } = open(servers.leader.url);
    await vi.waitFor(() => expect(opened.state().isInUse).toBe(true), { timeout: CHANGE_MS });
    await opened.close();
  });

  it('to a database of another cluster is never read', async () => {
    const database = await createTestDatabase();
    const { opened, warnings } = open(database.url);
    await vi.waitFor(
      () => expect(warnings).toContain('the replica is a copy of another cluster'),
      CHANGE_MS,
    );
    expect(opened.state().isInUse).toBe(false);
    await opened.close();
    const text = 'public reads go to the leader: the replica is a copy of another cluster';
    expect(await diagnose(database.url)).toEqual([{ level: 'fail', subject: 'replica', text }]);
    await database.drop();
  });

  it('to nobody leaves half of the connections to others', async () => {
    const nobody = `${inject('serverUrl')}&port=1`;
    const { opened } = open(nobody);
    let running = 0;
    let most = 0;
    const read = () =>
      opened.read({ replica: opened.db, leader: test.services.db }, async (db) => {
        running += 1;
        most = Math.max(most, running);
        await sql`SELECT pg_sleep(0.01)`.execute(db);
        running -= 1;
      });
    await Promise.all(Array.from({ length: CROWD }, read));
    expect(most).toBe(POOL_SIZE / 2);
    expect(opened.state().reads).toEqual({ replica: 0, leader: CROWD });
    await opened.close();
    expect(await diagnose(nobody)).toEqual([
      {
        level: 'fail',
        subject: 'replica',
        text: expect.stringMatching(/does not answer .* Check DATABASE_REPLICA_URL\.$/),
      },
    ]);
  });
});

// The last: afterwards there is no replica.
it('a replica that was promoted beside its leader is not read, whatever is written there', async () => {
  await servers.replica.query('SELECT pg_promote()');
  await becomes(false);
  // Its log runs ahead of the leader's, so that position alone would say that it holds everything.
  await servers.replica.query(
    `UPDATE product_listing SET price_centavos = 1; UPDATE products SET price_centavos = 1;
    CREATE TABLE noise AS SELECT generate_series(1, 100000)`,
  );
  await setPrice('88.50');
  for (let i = 0; i < 20; i += 1) expect(await priceShown()).toBe('88.50');
  expect(replica().state().isInUse).toBe(false);
});
