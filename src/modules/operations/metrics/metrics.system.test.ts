import { readFile } from 'node:fs/promises';
import { METHODS } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestApp, type TestApp } from '../../../../test/support/app.ts';
import { readScrape, type ScrapedSample } from '../../../../test/support/scrape.ts';
import { hasPromtool, lintMetrics } from '../../../../test/support/servers/promtool.ts';
import { newId } from '../../../lib/ids.ts';
import { allInvariants } from '../../../process/all-invariants.ts';
import { allJobs } from '../../../process/all-jobs.ts';
import { CACHE_RESULTS, STORAGE_OPERATIONS, STORAGE_RESULTS } from '../../../telemetry/metrics.ts';
import { watchAudit } from '../watch/audit-watch.service.ts';
import { watchInvariants } from '../watch/invariants.service.ts';

const METRICS_TOKEN = 'metrics-token-of-the-tests';
const RANDOM_REQUESTS = 10_000;
/** Suffixes under which a histogram's samples come. */
const HISTOGRAM_PART = /_(?:bucket|sum|count)$/;

let test: TestApp;

beforeAll(async () => {
  test = await createTestApp({ env: { METRICS_TOKEN } });
  await watchInvariants(test.system, allInvariants);
  await watchAudit(test.system);
  test.metrics.countRateLimitRefusal('burst');
  test.metrics.countDeprecatedRequest('GET /api/v1/products', 'curl');
  await test.call({ path: '/products' });
  // The first one starts to watch the process.
  await scrapeText();
});
afterAll(() => test.close());

async function scrapeText(): Promise<string> {
  const answer = await test.call({ path: '/metrics', token: METRICS_TOKEN });
  return answer.body;
}

const scrape = async () => readScrape(await scrapeText());

/** What tells one series from another; of all but those that Node's own workings make. */
async function identities(): Promise<string[]> {
  const { samples } = await scrape();
  return samples
    .filter(({ name }) => !name.startsWith('nodejs_'))
    .map(({ name, labels }) => JSON.stringify([name, labels]))
    .toSorted();
}

/** The series that a sample belongs to. */
const seriesOf = ({ name }: ScrapedSample, types: ReadonlyMap<string, string>) =>
  types.has(name) ? name : name.replace(HISTOGRAM_PART, '');

describe('the page on observability', () => {
  const ROW = /^\| `(\w+)` \| (\w+) \| (process|marketplace) \| (.*?) ?\| .+ \|$/gm;

  it('names every series that a scrape has, and no other, with its type and labels', async () => {
    const page = await readFile('docs/observability.md', 'utf8');
    const documented = [...page.matchAll(ROW)].map(([, name = '', type = '', , labels = '']) => ({
      name,
      type,
      labels: [...labels.matchAll(/`(\w+)`/g)].map(([, label]) => label).toSorted(),
    }));
    const { types, samples } = await scrape();
    expect(Object.fromEntries(documented.map(({ name, type }) => [name, type]))).toEqual(
      Object.fromEntries(types),
    );
    for (const sample of samples) {
      const { le: _bucket, ...labels } = sample.labels;
      const series = documented.find(({ name }) => name === seriesOf(sample, types));
      expect(Object.keys(labels).toSorted(), sample.name).toEqual(series?.labels);
    }
  });

  it('marks the series that only processes that work on jobs have', async () => {
    const page = await readFile('docs/observability.md', 'utf8');
    const ofMarketplace = [...page.matchAll(ROW)]
      .filter((row) => row[3] === 'marketplace')
      .map((row) => row[1]);
    const replica = await createTestApp({ env: { METRICS_TOKEN, WORKER: 'off' } });
    const answer = await replica.call({ path: '/metrics', token: METRICS_TOKEN });
    const own = [...readScrape(answer.body).types.keys()];
    await replica.close();
    const all = [...(await scrape()).types.keys()];
    expect(all.filter((name) => !own.includes(name)).toSorted()).toEqual(ofMarketplace.toSorted());
    expect(ofMarketplace).toContain('revenue_generated_total');
  });
});

it.skipIf(!hasPromtool)('promtool finds nothing to say about a scrape', async () => {
  expect(lintMetrics(await scrapeText())).toBe('');
});

describe('label values', () => {
  const METHODS_OF_ROUTES = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;
  /** Addresses that lead nowhere, and every form of address with a part that the caller chooses. */
  const ADDRESSES = [
    (word: string) => `/${word}`,
    (word: string) => `/${word}/${word}?${word}=${word}`,
    (word: string) => `/api/${word}/products`,
    (word: string) => `/api/v1/${word}`,
    (word: string) => `/api/v2/products/${word}`,
    (word: string) => `/api/v1/sellers/${word}/${word}`,
    (word: string) => `/docs/${word}`,
    (word: string) => `/docs/errors/${word}`,
    (word: string) => `/media/${word}/${word}`,
    (word: string) => `/metrics/${word}`,
    (word: string) => `/%zz${word}`,
  ];

  /** The request number `n` of a round that tries every address with every method. */
  async function request(n: number): Promise<void> {
    const word = newId().replaceAll('-', n % 2 === 0 ? '-' : '%20');
    const address = ADDRESSES[n % ADDRESSES.length] ?? String;
    await test.app.inject({
      // Everything that Node takes for a method.
      method: METHODS[Math.floor(n / ADDRESSES.length) % METHODS.length] as 'GET',
      url: address(word),
      headers: { host: `${word}.example`, 'user-agent': word, 'x-request-id': word },
    });
  }

  it(`are so few that ${RANDOM_REQUESTS} random addresses, methods and hosts add no series`, async () => {
    const round = 2 * ADDRESSES.length * METHODS.length;
    for (let n = 0; n < round; n += 1) await request(n);
    const before = await identities();
    for (let n = 0; n < RANDOM_REQUESTS; n += 1) await request(n);
    expect(await identities()).toEqual(before);
  }, 120_000);

  it('are all of sets that are known beforehand', async () => {
    const isRoute = (url: string) =>
      METHODS_OF_ROUTES.some((method) => test.app.hasRoute({ method, url }));
    const oneOf = (...values: readonly string[]) => values.includes.bind(values);
    const like = (pattern: RegExp) => pattern.test.bind(pattern);
    const KNOWN: Readonly<Record<string, (value: string) => boolean>> = {
      method: oneOf(...METHODS_OF_ROUTES, 'other'),
      endpoint: (value) => value === 'unmatched' || isRoute(value),
      status: like(/^[1-5]\d\d$/),
      le: like(/^(?:\+Inf|[\d.]+)$/),
      rule: oneOf('burst'),
      operation: oneOf('GET /api/v1/products', ...STORAGE_OPERATIONS),
      client: oneOf('curl'),
      result: oneOf(...CACHE_RESULTS, ...STORAGE_RESULTS),
      state: oneOf('active', 'idle', 'waiting', 'delayed'),
      level: oneOf('trace', 'debug', 'info', 'warn', 'error', 'fatal'),
      source: oneOf(
        'log',
        'build',
        'pool',
        'read-replica',
        'commits',
        'business',
        'jobs',
        'outbox',
        'set-aside',
        'partitions',
        'codes',
        'invariants',
        'backups',
        'replication',
      ),
      version: oneOf('0.0.0-test', process.version),
      job: oneOf(...allJobs.map(({ name }) => name)),
      queue: oneOf('__pgboss__send-it', ...allJobs.map(({ name }) => name)),
      invariant: oneOf(...allInvariants.map(({ name }) => name)),
      kind: oneOf('major', 'minor', 'incremental', 'weakcb'),
      space: like(/^[a-z_]+$/),
      type: like(/^[A-Za-z]+$/),
      major: like(/^\d+$/),
      minor: like(/^\d+$/),
      patch: like(/^\d+$/),
    };
    const { samples } = await scrape();
    for (const { name, labels } of samples) {
      for (const [label, value] of Object.entries(labels)) {
        expect(KNOWN[label]?.(value), `${name}{${label}="${value}"}`).toBe(true);
      }
    }
  });
});
