// What the cache gives is what the database says: after every change of a public answer, a process with a cache
// and one without answer alike, and a third one follows within a second.
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { apiRoutes } from '../../src/app.ts';
import { createActor, TEST_BARANGAY } from '../support/actors.ts';
import { createTestApp, type TestApp } from '../support/app.ts';
import {
  createPublicMarket,
  PUBLIC_CHANGES,
  type PublicMarket,
  publicPaths,
  readAll,
} from '../support/public-changes.ts';

/** The contract's bound for other processes. */
const WITHIN_MS = 1_000;

let test: TestApp;
let another: TestApp;
let uncached: TestApp;
let market: PublicMarket;

beforeAll(async () => {
  test = await createTestApp({ poolSize: 2 });
  const sameMarket = {
    database: { url: test.databaseUrl, drop: async () => {} },
    clock: test.clock,
  };
  another = await createTestApp(sameMarket);
  uncached = await createTestApp({ ...sameMarket, env: { CACHE: 'off' } });
  market = await createPublicMarket(test);
});
afterAll(async () => {
  await uncached.close();
  await another.close();
  await test.close();
});

it.each(PUBLIC_CHANGES)('%s, and every process shows it', async (_change, perform) => {
  // Twice, so that what is kept is there and used.
  const before = await readAll(market, test);
  await readAll(market, another);
  expect(await readAll(market, test)).toEqual(before);
  await perform(market);
  const done_ms = performance.now();
  const after = await readAll(market, uncached);
  expect(after).not.toEqual(before);
  expect(await readAll(market, test)).toEqual(after);
  await vi.waitFor(async () => expect(await readAll(market, another)).toEqual(after), {
    timeout: WITHIN_MS + 500,
  });
  expect(performance.now() - done_ms).toBeLessThan(WITHIN_MS + 1_000);
});

it('a seller applies and is verified, a barangay away from being shown', async () => {
  const farmer = await createActor(test);
  const before = await readAll(market, test);
  const application = await market.post(farmer, '/sellers', {
    business_name: 'Bukid ni Aling Nena',
    business_phone: '09171234567',
    street: 'Km. 7',
    barangay_code: TEST_BARANGAY,
    terms_accepted: true,
  });
  expect(await readAll(market, test)).toEqual(before);
  await market.post(market.admin, `/sellers/${application['id']}/verify`);
  const after = await readAll(market, uncached);
  expect(after).not.toEqual(before);
  expect(await readAll(market, test)).toEqual(after);
});

it('every public route is among them', () => {
  const patterns = apiRoutes
    .filter(({ cache }) => cache === 'public')
    .map(({ path }) => new RegExp(`^${path.replace(/:\w+/g, '[\\w-]+')}(\\?|$)`));
  const paths = publicPaths(market);
  expect(patterns.filter((pattern) => !paths.some((path) => pattern.test(path)))).toEqual([]);
});

it('the cache answered most of it', async () => {
  const scrape = await test.metrics.render();
  expect(scrape).toMatch(/cache_requests_total\{result="hit"\} \d{2,}/);
});
