// No request and no job walks through a big table: every statement of the API is run on 100,000 products, and the plan
// that PostgreSQL used for it is looked at.
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hashPassword } from '../../src/modules/auth/passwords/passwords.ts';
import { simulatePayment } from '../../src/modules/dev/simulation.service.ts';
import { allJobs } from '../../src/process/all-jobs.ts';
import { asCustomer, makeSale } from '../authorization/fixtures.ts';
import { send } from '../authorization/requests.ts';
import { nameOf, versionedRoutes } from '../authorization/routes.ts';
import { createActor } from '../support/actors.ts';
import { createTestApp, type TestApp } from '../support/app.ts';
import { TEST_START } from '../support/clock.ts';
import { createTestDatabase } from '../support/database.ts';
import { describeBigLists } from './big-lists.ts';
import { BIG_ROWS, faultsOf } from './faults.ts';
import { jobData, READ_EVERYTHING } from './jobs.ts';
import { buildMarket, findSubjects, type MarketSize, type Subjects } from './market.ts';
import { createPlanLog, type Execution, explainEverything } from './plan-log.ts';
import { type Read, readsOf } from './reads.ts';
import { prepareWrites, readEveryWay, type Signed, signInReaders } from './requests.ts';

const SIZE: MarketSize = { products: 100_000, now: TEST_START };
const SETUP_TIMEOUT_MS = 300_000;
/** For one route with all its filters, on a busy machine. */
const ROUTE_TIMEOUT_MS = 120_000;
const METRICS_TOKEN = 'metrics-token-of-the-tests';
/** Tables that do not grow with the business; every other one must be big here, or its plans prove nothing. */
const SMALL_TABLES = [
  'audit_detached_seals',
  'audit_unsealed',
  'backup_records',
  'business_counts',
  'categories',
  'category_product_counts',
  'closed_months',
  'dev_messages',
  'invariant_checks',
  'payout_runs',
  'reference_data',
  'schema_migrations',
  'search_synonyms',
  'set_aside_rows',
];

const LAST_PAGE =
  'one product in ten is on promo: an index of those alone is read whole, and sorted';
/** Reviewed, by the request; each with its reason. */
const ACCEPTED: Readonly<Record<string, string>> = {
  'nobody /products?on_promo=true&ordering=-rating': LAST_PAGE,
  'nobody /products?on_promo=true&ordering=price': LAST_PAGE,
};

const named = versionedRoutes.map((route) => [nameOf(route), route] as const);
const plans = createPlanLog();
/** Of what is accepted, what was met. */
const needed = new Set<string>();
const tableRows = new Map<string, number>();
let test: TestApp;
let subjects: Subjects;
let reads: Readonly<Record<string, readonly Read[]>>;
let signed: Signed;

beforeAll(async () => {
  const database = await createTestDatabase();
  await buildMarket(database.url, SIZE);
  await explainEverything(database.url);
  const env = { CACHE: 'off', METRICS_TOKEN };
  test = await createTestApp({ database, env, onNotice: plans.record });
  const tables = await sql<{ name: string; rows: number }>`
    SELECT relname AS name, reltuples::integer AS rows FROM pg_class
    WHERE relkind = 'r' AND relnamespace IN ('public'::regnamespace, 'partitions'::regnamespace, 'pgboss'::regnamespace)`.execute(
    test.services.db,
  );
  for (const { name, rows } of tables.rows) tableRows.set(name, rows);
  subjects = await findSubjects(test.services.db);
  reads = readsOf(subjects);
  signed = await signInReaders(test, subjects);
}, SETUP_TIMEOUT_MS);
afterAll(() => test.close());

/** What is wrong with the plans since they were last taken, each once. */
function faults(isJudged: (execution: Execution) => boolean = () => true): string[] {
  const rowsOf = (relation: string) => tableRows.get(relation) ?? 0;
  const found = plans
    .take()
    .filter(isJudged)
    .flatMap((execution) => faultsOf(execution, rowsOf));
  return [...new Set(found.map(({ description, statement }) => `${description}\n${statement}`))];
}

function isPrepared(execution: Execution): boolean {
  return execution['Query Text'].startsWith('/* named:');
}

describe(`of ${SIZE.products} products`, () => {
  // First: what follows adds some.
  describeBigLists(() => test);
  it('every table that grows is big', async () => {
    // Of what is partitioned, the first partition stands for all of it.
    const tables = await sql<{ name: string }>`
      SELECT relname AS name FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
      UNION ALL
      SELECT first.name FROM pg_class parent, partitions_of(parent.oid) first
      WHERE parent.relkind = 'p' AND relnamespace = 'public'::regnamespace AND lower_id IS NULL AND NOT is_default`.execute(
      test.services.db,
    );
    const small = tables.rows.filter(({ name }) => (tableRows.get(name) ?? 0) <= BIG_ROWS);
    expect(small.map(({ name }) => name).sort()).toEqual(SMALL_TABLES);
  });

  it.each(named.filter(([, { method }]) => method === 'GET'))(
    '%s reads no more than it needs, whatever is asked of it',
    async (name, route) => {
      const asked = reads[name] ?? [];
      for (const filter of Object.keys(route.query?.properties ?? {})) {
        expect(asked.map(({ query }) => query).join(' '), 'reads.ts').toContain(`${filter}=`);
      }
      expect(asked.length, `cases in reads.ts`).toBeGreaterThan(0);
      const found: Record<string, string[]> = {};
      for (const read of asked) {
        plans.take();
        await readEveryWay(test, read, { route, token: signed[read.as] });
        const wrong = faults();
        if (wrong.length > 0) found[`${read.as} ${read.path}?${read.query}`] = wrong;
      }
      for (const request of Object.keys(ACCEPTED)) {
        if (found[request] === undefined) continue;
        needed.add(request);
        delete found[request];
      }
      expect(found).toEqual({});
    },
    ROUTE_TIMEOUT_MS,
  );

  it('what was accepted once still needs to be', () => {
    expect([...needed]).toEqual(Object.keys(ACCEPTED));
  });

  it.each(named.filter(([, { method }]) => method !== 'GET'))(
    '%s finds what it changes through indexes',
    async (_name, route) => {
      const found: Record<string, string[]> = {};
      for (const call of await prepareWrites(test, route)) {
        plans.take();
        await send(test, call);
        const wrong = faults();
        if (wrong.length > 0) found[`${call.caller.kind}, ${call.relation}`] = wrong;
      }
      expect(found).toEqual({});
    },
    ROUTE_TIMEOUT_MS,
  );

  it('signing in finds its user through indexes', async () => {
    const { user_id } = await createActor(test);
    const { db } = test.services;
    const password = 'kalabasa-sa-ilalim-7';
    const { user_email } = await db
      .updateTable('users')
      .set({ password_hash: await hashPassword(test.system, password) })
      .where('id', '=', user_id)
      .returning('user_email')
      .executeTakeFirstOrThrow();
    plans.take();
    const body = { user_email, password };
    const answer = await test.call({ method: 'POST', path: '/auth/login', body });
    expect(answer.statusCode).toBe(200);
    expect(faults()).toEqual([]);
  });

  it("a provider's event finds its order through indexes", async () => {
    const customer = await createActor(test);
    const seller = await createActor(test, { role: 'seller' });
    const { payment } = await makeSale(test, { customer, seller }, 'GCASH');
    const { provider, rawBody, headers } = await simulatePayment(
      asCustomer(test, customer),
      payment.id,
      'success',
    );
    plans.take();
    const answer = await test.call({
      method: 'POST',
      path: `/webhooks/payments/${provider}`,
      headers: { ...headers, 'content-type': 'application/json' },
      body: rawBody,
    });
    expect(answer.statusCode).toBeLessThan(300);
    expect(faults()).toEqual([]);
  });

  it.each(
    allJobs
      .filter(({ name }) => !READ_EVERYTHING.includes(name))
      .map((job) => [job.name, job] as const),
  )(
    'job %s finds its work through indexes',
    async (name, job) => {
      const data = job.every === undefined ? jobData(subjects)[name] : {};
      expect(data, 'its case in jobs.ts').toBeDefined();
      plans.take();
      await job.run(test.system, data);
      expect(faults()).toEqual([]);
    },
    ROUTE_TIMEOUT_MS,
  );

  it('a scrape of the metrics reads no big table', async () => {
    plans.take();
    const answer = await test.call({ path: '/metrics', token: METRICS_TOKEN });
    expect(answer.statusCode).toBe(200);
    expect(faults()).toEqual([]);
  });

  it(
    'prepared statements keep to their indexes where one plan serves every value',
    async () => {
      const { db } = test.services;
      await sql`SET plan_cache_mode = force_generic_plan`.execute(db);
      const found: Record<string, string[]> = {};
      for (const [name, route] of named) {
        for (const read of (reads[name] ?? []).filter(({ query }) => !query.includes('ordering'))) {
          plans.take();
          await readEveryWay(test, read, { route, token: signed[read.as] });
          const wrong = faults(isPrepared);
          if (wrong.length > 0) found[`${name}?${read.query}`] = wrong;
        }
      }
      await sql`RESET plan_cache_mode`.execute(db);
      expect(found).toEqual({});
    },
    ROUTE_TIMEOUT_MS,
  );
});
