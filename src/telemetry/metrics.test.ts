import { afterEach, describe, expect, it, vi } from 'vitest';
import { createLog } from './log.ts';
import { CACHE_RESULTS, COLLECT_TIMEOUT_MS, createMetrics, type Source } from './metrics.ts';

function record() {
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  const log = createLog({ level: 'info', pretty: false, version: '1.0.0', destination });
  return { metrics: createMetrics(log), log, lines };
}

/** A source of one total without labels. */
const sourceOf = (collect: () => number | Promise<number>): Source<'orders_total'> => ({
  name: 'business',
  series: { orders_total: { type: 'counter', help: 'Orders' } },
  collect: () => {
    const answer = collect();
    if (typeof answer === 'number') return { orders_total: answer };
    return answer.then((orders_total) => ({ orders_total }));
  },
});

/** The samples of one series in a scrape, as `name{labels} value`. */
const samples = (text: string, name: string) =>
  text.split('\n').filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));

describe('metrics', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it('count requests by method, endpoint and status, and sort their durations', async () => {
    const { metrics } = record();
    metrics.observeRequest('GET', '/api/v1/products', 200, 0.15);
    metrics.observeRequest('GET', '/api/v1/products', 200, 0.4);
    metrics.observeRequest('GET', '/api/v1/products', 404, 3);
    const text = await metrics.render();
    expect(samples(text, 'http_requests_total')).toEqual([
      'http_requests_total{method="GET",endpoint="/api/v1/products",status="200"} 2',
      'http_requests_total{method="GET",endpoint="/api/v1/products",status="404"} 1',
    ]);
    const bucket = (le: string) =>
      samples(text, 'http_request_duration_seconds_bucket').find((line) =>
        line.includes(`le="${le}"`),
      );
    expect(bucket('0.1')).toMatch(/ 0$/);
    expect(bucket('0.2')).toMatch(/ 1$/);
    expect(bucket('0.5')).toMatch(/ 2$/);
    expect(bucket('+Inf')).toMatch(/ 3$/);
    expect(samples(text, 'http_request_duration_seconds_count')).toEqual([
      'http_request_duration_seconds_count{method="GET",endpoint="/api/v1/products"} 3',
    ]);
  });

  it('put methods that no route has under one label', async () => {
    const { metrics } = record();
    for (const method of ['PROPFIND', 'M-SEARCH', 'get']) {
      metrics.observeRequest(method, 'unmatched', 404, 0.1);
    }
    expect(samples(await metrics.render(), 'http_requests_total')).toEqual([
      'http_requests_total{method="other",endpoint="unmatched",status="404"} 3',
    ]);
  });

  it('belong to one app: two in a process share nothing', async () => {
    const first = record().metrics;
    const second = record().metrics;
    first.countCacheRequest('hit');
    first.countRateLimitRefusal('burst');
    first.countShedRequest('browsing');
    first.countDeprecatedRequest('GET /api/v1/products', 'curl');
    const text = await first.render();
    expect(samples(text, 'cache_requests_total')).toContain('cache_requests_total{result="hit"} 1');
    expect(samples(text, 'rate_limit_refusals_total')).toEqual([
      'rate_limit_refusals_total{rule="burst"} 1',
    ]);
    expect(samples(text, 'requests_shed_total')).toEqual([
      'requests_shed_total{priority="browsing"} 1',
    ]);
    expect(samples(text, 'deprecated_requests_total')).toEqual([
      'deprecated_requests_total{operation="GET /api/v1/products",client="curl"} 1',
    ]);
    const other = await second.render();
    expect(samples(other, 'cache_requests_total')).toEqual(
      CACHE_RESULTS.map((result) => `cache_requests_total{result="${result}"} 0`),
    );
    for (const name of ['rate_limit_refusals', 'requests_shed', 'deprecated_requests']) {
      expect(samples(other, `${name}_total`)).toEqual([]);
    }
  });

  it('count the lines of the log by level, those of its children too', async () => {
    const { metrics, log } = record();
    log.warn('first');
    log.child({ request_id: '1' }).warn('second');
    log.debug('below the level');
    const lines = samples(await metrics.render(), 'log_lines_total');
    expect(lines).toContain('log_lines_total{level="warn"} 2');
    expect(lines).toContain('log_lines_total{level="debug"} 0');
    expect(lines).toHaveLength(6);
  });

  it('show totals as their source has them at each scrape, never added up', async () => {
    const { metrics } = record();
    let orders = 41;
    metrics.collectFrom(sourceOf(() => orders));
    await metrics.render();
    orders = 42;
    const text = await metrics.render();
    expect(text).toContain(
      '# HELP orders_total Orders\n# TYPE orders_total counter\norders_total 42\n',
    );
  });

  it('forget label values that their source no longer names', async () => {
    const { metrics } = record();
    const queues = ['expiry', 'mail'];
    metrics.collectFrom({
      name: 'jobs',
      series: { queue_depth: { type: 'gauge', help: 'Jobs', labels: ['queue'] } },
      collect: () => ({ queue_depth: queues.map((queue) => [{ queue }, 2.5]) }),
    });
    expect(samples(await metrics.render(), 'queue_depth')).toHaveLength(2);
    queues.length = 1;
    expect(samples(await metrics.render(), 'queue_depth')).toEqual([
      'queue_depth{queue="expiry"} 2.5',
    ]);
  });

  it.each([
    ['cannot be reached', () => Promise.reject(new Error('no database'))],
    [
      'is broken',
      () => {
        throw new Error('broken');
      },
    ],
    ['makes no sense', () => -1],
  ])(
    'answer a scrape whose source %s without it, and say so in a number and in the log',
    async (_, fail) => {
      const { metrics, lines } = record();
      let isBroken = false;
      metrics.collectFrom(sourceOf(() => (isBroken ? fail() : 7)));
      await metrics.render();
      isBroken = true;
      const text = await metrics.render();
      expect(samples(text, 'orders_total')).toEqual([]);
      expect(samples(text, 'cache_requests_total')).toHaveLength(CACHE_RESULTS.length);
      expect(samples(text, 'metrics_collect_failures_total')).toEqual([
        'metrics_collect_failures_total{source="log"} 0',
        'metrics_collect_failures_total{source="business"} 1',
      ]);
      expect(lines.map((line) => JSON.parse(line))).toMatchObject([
        { level: 'warn', source: 'business', msg: 'a source of metrics failed' },
      ]);
      isBroken = false;
      expect(samples(await metrics.render(), 'orders_total')).toEqual(['orders_total 7']);
    },
  );

  it('show no zero for what is not known yet', async () => {
    const { metrics } = record();
    metrics.collectFrom(sourceOf(() => Promise.reject(new Error('no database'))));
    expect(samples(await metrics.render(), 'orders_total')).toEqual([]);
  });

  it('answer a scrape whose source hangs, and ask it no second time meanwhile', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const { metrics } = record();
    const { promise, resolve } = Promise.withResolvers<number>();
    let asked = 0;
    metrics.collectFrom(
      sourceOf(() => {
        asked += 1;
        return promise;
      }),
    );
    for (const failures of [1, 2]) {
      const scrape = metrics.render();
      await vi.advanceTimersByTimeAsync(COLLECT_TIMEOUT_MS);
      expect(samples(await scrape, 'metrics_collect_failures_total')).toContain(
        `metrics_collect_failures_total{source="business"} ${failures}`,
      );
    }
    const scrapes = [metrics.render(), metrics.render()];
    resolve(3);
    for (const text of await Promise.all(scrapes)) {
      expect(samples(text, 'orders_total')).toEqual(['orders_total 3']);
    }
    expect(asked).toBe(1);
  });

  it('tell of the process, its event loop and its garbage collection, on every scrape', async () => {
    const { metrics } = record();
    const busy: number[] = [];
    for (const text of [await metrics.render(), await metrics.render()]) {
      expect(samples(text, 'process_cpu_seconds_total')).toHaveLength(1);
      expect(samples(text, 'nodejs_eventloop_lag_p99_seconds')).toHaveLength(1);
      expect(text).toContain('# TYPE nodejs_gc_duration_seconds histogram');
      busy.push(Number(samples(text, 'nodejs_eventloop_active_seconds_total')[0]?.split(' ')[1]));
    }
    expect(busy[0]).toBeGreaterThan(0);
    expect(busy[1]).toBeGreaterThanOrEqual(busy[0] ?? 0);
  });

  it('name the content type of the text format', () => {
    expect(record().metrics.contentType).toBe('text/plain; version=0.0.4; charset=utf-8');
  });
});
