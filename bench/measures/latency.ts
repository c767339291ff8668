// Measures how long single requests take at a modest rate, and how much longer where there is more to look through.

import { withClient } from '../../src/db/client.ts';
import { cursorPaging } from '../../src/http/paging.ts';
import type { BenchRequest } from '../load/load.ts';
import { type Latency, measureLatency } from '../load/open-loop.ts';
import { type Spread, spreadOf } from '../load/statistics.ts';
import type { Market } from '../setup/market.ts';
import type { MeasuredProcess } from '../setup/processes.ts';
import { anyPrice, get, WORKS } from './works.ts';

/** A process and the market that it serves. */
export interface Place {
  readonly api: Pick<MeasuredProcess, 'origin'>;
  readonly market: Market;
}

export interface LatencyResult {
  readonly title: string;
  /** Medians over the rounds, in milliseconds. */
  readonly latency: Latency;
  /** The 95th percentile as a multiple of that of another work, round by round. */
  readonly ratio?: Spread;
  /** At most this. */
  readonly target?: number;
}

export interface LatencyOptions {
  readonly rounds: number;
  readonly seconds: number;
}

interface Subject {
  readonly title: string;
  readonly origin: string;
  readonly request: (n: number) => BenchRequest;
}

const REQUESTS_PER_SECOND = 100;
const PLAIN = ['list', 'list-uncached', 'detail'];
const GROWING = ['list-uncached', 'filtered', 'search'];
const MAX_DEEP_RATIO = 1.2;
const MAX_GROWTH_RATIO = 1.5;
const DEEP_PAGE = 10_000;
const PAGE_SIZE = 20;
const V2_PRODUCTS = '/api/v2/products';

/** Lists and details by themselves. */
export async function measureLatencies(
  place: Place,
  options: LatencyOptions,
): Promise<LatencyResult[]> {
  const results: LatencyResult[] = [];
  for (const subject of subjectsOf(place, PLAIN, '')) {
    const [latency] = await inTurn([subject], options);
    if (latency !== undefined) results.push({ title: subject.title, latency: latency.median });
  }
  return results;
}

/** The same lists where there are more products. */
export async function measureGrowth(
  places: { readonly usual: Place; readonly large: Place; readonly suffix: string },
  options: LatencyOptions,
): Promise<LatencyResult[]> {
  const results: LatencyResult[] = [];
  const usual = subjectsOf(places.usual, GROWING, '');
  for (const [i, large] of subjectsOf(places.large, GROWING, places.suffix).entries()) {
    const base = usual[i];
    if (base !== undefined)
      results.push(await compareP95(large, base, { ...options, target: MAX_GROWTH_RATIO }));
  }
  return results;
}

/** A page far down a list against its first page, both by cursor. */
export async function measureDeepPage(
  { api: { origin }, market }: Place,
  options: LatencyOptions,
): Promise<LatencyResult> {
  const paging = cursorPaging(market.tokens.cursorSecrets);
  const page = Math.min(DEEP_PAGE, Math.floor(market.product_ids.length / PAGE_SIZE));
  const last = await withClient(market.url, async (client) => {
    const { rows } = await client.query<{ created_at: string; product_id: string }>(
      `SELECT created_at::text, product_id FROM product_listing WHERE on_sale
      ORDER BY created_at DESC, product_id DESC OFFSET $1 LIMIT 1`,
      [(page - 1) * PAGE_SIZE - 1],
    );
    return rows.flatMap(({ created_at, product_id }) => [created_at, product_id]);
  });
  const first: Subject = {
    title: 'v2 list, page 1',
    origin,
    request: () => get(`${V2_PRODUCTS}?${anyPrice()}`),
  };
  const deep: Subject = {
    title: `v2 list, page ${page.toLocaleString('en')}`,
    origin,
    request: () => {
      // A cursor belongs to the filters that it was made for.
      const query = Object.fromEntries(new URLSearchParams(anyPrice()));
      const made = paging.answer(
        { rows: [], hasMore: true, last },
        { kind: 'cursor', size: PAGE_SIZE },
        { url: `http://localhost${V2_PRODUCTS}`, query },
      );
      const { next_cursor } = made.body as { next_cursor: string };
      return get(`${V2_PRODUCTS}?${new URLSearchParams({ ...query, cursor: next_cursor })}`);
    },
  };
  return compareP95(deep, first, { ...options, target: MAX_DEEP_RATIO });
}

function subjectsOf({ api, market }: Place, names: readonly string[], suffix: string): Subject[] {
  return WORKS.filter(({ name }) => names.includes(name)).map((work) => ({
    title: work.title + suffix,
    origin: api.origin,
    request: (n) => work.request(market, n),
  }));
}

async function compareP95(
  subject: Subject,
  base: Subject,
  { target, ...options }: LatencyOptions & { readonly target: number },
): Promise<LatencyResult> {
  const [mine, other] = await inTurn([subject, base], options);
  if (mine === undefined || other === undefined) throw new Error('nothing was measured');
  const ratios = mine.rounds.map(({ p95 }, i) => p95 / (other.rounds[i]?.p95 ?? Number.NaN));
  return { title: subject.title, latency: mine.median, ratio: spreadOf(ratios), target };
}

interface Series {
  readonly rounds: readonly Latency[];
  readonly median: Latency;
}

/** Each subject once a round, after one round that is not counted. */
async function inTurn(
  subjects: readonly Subject[],
  { rounds, seconds }: LatencyOptions,
): Promise<Series[]> {
  const measured = subjects.map((): Latency[] => []);
  let n = 0;
  for (let round = 0; round <= rounds; round += 1) {
    for (const [i, { origin, request }] of subjects.entries()) {
      const next = () => {
        n += 1;
        return request(n - 1);
      };
      const latency = await measureLatency({
        origin,
        next,
        seconds,
        requests_per_second: REQUESTS_PER_SECOND,
      });
      if (round > 0) measured[i]?.push(latency);
    }
  }
  return measured.map((list) => ({ rounds: list, median: medianOf(list) }));
}

function medianOf(list: readonly Latency[]): Latency {
  const median = (part: keyof Latency) => spreadOf(list.map((latency) => latency[part])).median;
  return { p50: median('p50'), p95: median('p95'), p99: median('p99') };
}
