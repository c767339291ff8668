import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestApp, type TestApp } from '../../../../test/support/app.ts';
import { readScrape } from '../../../../test/support/scrape.ts';
import type { Ctx } from '../../../context.ts';
import { MINUTE_MS } from '../../../lib/time.ts';
import { allInvariants } from '../../../process/all-invariants.ts';
import { createLog } from '../../../telemetry/log.ts';
import { saveInvariantCheck } from '../operations.queries.ts';
import { watchInvariants } from './invariants.service.ts';

const SALES = 'sales are counted once delivered';
const METRICS_TOKEN = 'metrics-token-of-the-tests';

let test: TestApp;

beforeAll(async () => {
  test = await createTestApp({ env: { METRICS_TOKEN } });
});
afterAll(() => test.close());

/** A context whose log is kept. */
function listen(): { ctx: Ctx; lines: Record<string, unknown>[] } {
  const lines: Record<string, unknown>[] = [];
  const destination = { write: (line: string) => void lines.push(JSON.parse(line)) };
  const log = createLog({ level: 'info', pretty: false, version: '1.0.0', destination });
  return { ctx: { ...test.system, log }, lines };
}

/** Samples of `name` by invariant. */
async function scraped(name: string): Promise<Record<string, number>> {
  const { body } = await test.call({ path: '/metrics', token: METRICS_TOKEN });
  const samples = readScrape(body).samples.filter((sample) => sample.name === name);
  return Object.fromEntries(samples.map(({ labels, value }) => [labels['invariant'], value]));
}

const nowSeconds = () => test.clock.now().getTime() / 1_000;
const violations = () => scraped('invariant_violations');
const checkedAt = () => scraped('invariant_checked_timestamp_seconds');

/** Breaks the count of sales of some products that never sold. */
async function breakSales(products: number): Promise<void> {
  const { db } = test.services;
  const client = new pg.Client({ connectionString: test.databaseUrl });
  await client.connect();
  // What is broken here the schema would prevent.
  await client.query('SET session_replication_role = replica');
  await client.query(
    `INSERT INTO product_counters (product_id, sell_count)
      SELECT gen_random_uuid(), 1 FROM generate_series(1, $1)`,
    [products],
  );
  await client.end();
  const rows = await db.selectFrom('product_counters').selectAll().execute();
  expect(rows).toHaveLength(products);
}

/** Holds a table until the returned function is called, so that rules about it wait. */
async function hold(table: string): Promise<() => Promise<void>> {
  const client = new pg.Client({ connectionString: test.databaseUrl });
  await client.connect();
  await client.query(`BEGIN; LOCK TABLE ${table} IN ACCESS EXCLUSIVE MODE`);
  return () => client.end();
}

describe('the standing watch', () => {
  it('shows nothing before it has looked', async () => {
    expect(await violations()).toEqual({});
  });

  it('shows no violation of any rule in a consistent database', async () => {
    const started_seconds = nowSeconds();
    await watchInvariants(test.system, allInvariants);
    const rules = allInvariants.map(({ name }) => name);
    expect(await violations()).toEqual(Object.fromEntries(rules.map((name) => [name, 0])));
    const times = await checkedAt();
    expect(Object.keys(times).toSorted()).toEqual(rules.toSorted());
    for (const at of Object.values(times)) {
      expect(at).toBeGreaterThanOrEqual(started_seconds);
      expect(at).toBeLessThanOrEqual(nowSeconds());
    }
  });

  it('counts what breaks a rule, and says so in the log', async () => {
    await breakSales(3);
    const { ctx, lines } = listen();
    await watchInvariants(ctx, allInvariants);
    expect(await violations()).toMatchObject({ [SALES]: 3 });
    expect(lines).toMatchObject([{ level: 'error', invariant: SALES, violations: 3 }]);
    await test.services.db.deleteFrom('product_counters').execute();
    await watchInvariants(test.system, allInvariants);
    expect(await violations()).toMatchObject({ [SALES]: 0 });
  });

  it('leaves a rule that takes too long with its last result, and checks the others', async () => {
    const earlier = await checkedAt();
    test.clock.advance(10 * MINUTE_MS);
    const { ctx, lines } = listen();
    const letGo = await hold('product_counters');
    await watchInvariants(ctx, allInvariants, { each_ms: 250, total_ms: 10_000 });
    await letGo();
    const later = await checkedAt();
    expect(later[SALES]).toBe(earlier[SALES]);
    expect(later['prices are positive']).toBeGreaterThan(nowSeconds() - 60);
    expect(lines).toContainEqual(
      expect.objectContaining({ level: 'warn', invariant: SALES, msg: expect.any(String) }),
    );
  });

  it('stops when its time is up, and goes on with the others next time', async () => {
    test.clock.advance(10 * MINUTE_MS);
    const started_seconds = nowSeconds();
    const fresh = async () =>
      Object.values(await checkedAt()).filter((at) => at >= started_seconds).length;
    const { ctx, lines } = listen();
    await watchInvariants(ctx, allInvariants, { each_ms: 10_000, total_ms: -1 });
    expect(await fresh()).toBe(0);
    expect(lines).toMatchObject([{ level: 'warn', first: expect.any(String) }]);
    expect((await checkedAt())[String(lines[0]?.['first'])]).toBe(
      Math.min(...Object.values(await checkedAt())),
    );
    await watchInvariants(ctx, allInvariants);
    expect(await fresh()).toBe(allInvariants.length);
  });

  it('forgets rules that are no more', async () => {
    const gone = { invariant: 'the moon is of cheese', violations: 1, checked_at: new Date() };
    await saveInvariantCheck(test.services.db, gone);
    expect(await violations()).toHaveProperty(gone.invariant);
    await watchInvariants(test.system, allInvariants);
    expect(await violations()).not.toHaveProperty(gone.invariant);
  });

  it('fails, and is tried again, where the database breaks off or is not known', async () => {
    const { DATABASE_URL: _, ...config } = test.services.config;
    await expect(watchInvariants({ ...test.system, config }, allInvariants)).rejects.toThrow(
      'not known',
    );
    const nowhere = { ...config, DATABASE_URL: 'postgres://nobody@127.0.0.1:1/nothing' };
    await expect(
      watchInvariants({ ...test.system, config: nowhere }, allInvariants),
    ).rejects.toThrow();
    const letGo = await hold('product_counters');
    const broken = expect(watchInvariants(test.system, allInvariants)).rejects.toThrow('terminat');
    await cutOff('freshbytes-invariants');
    await broken;
    await letGo();
  });
});

/** Ends the connection of that name, once it waits for a lock. */
async function cutOff(application: string): Promise<void> {
  const client = new pg.Client({ connectionString: test.databaseUrl });
  await client.connect();
  const cut = async () => {
    const { rows } = await client.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND application_name = $1 AND wait_event_type = 'Lock'`,
      [application],
    );
    return rows.length;
  };
  await expect.poll(cut, { timeout: 10_000 }).toBe(1);
  await client.end();
}
