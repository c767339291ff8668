import { afterEach, describe, expect, it, vi } from 'vitest';
import { createLog } from './log.ts';
import { COLLECT_TIMEOUT_MS, createMetrics } from './metrics.ts';

function record() {
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  const log = createLog({ level: 'info', pretty: false, version: '1.0.0', destination });
  return { metrics: createMetrics(log), lines };
}

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

  it('belong to one app: two in a process share nothing', async () => {
    const first = record().metrics;
    const second = record().metrics;
    first.countCacheRequest('hit');
    first.countRateLimitRefusal('burst');
    expect(samples(await first.render(), 'cache_requests_total')).toEqual([
      'cache_requests_total{result="hit"} 1',
    ]);
    expect(samples(await first.render(), 'rate_limit_refusals_total')).toEqual([
      'rate_limit_refusals_total{rule="burst"} 1',
    ]);
    const text = await second.render();
    expect(samples(text, 'cache_requests_total')).toEqual([]);
    expect(samples(text, 'rate_limit_refusals_total')).toEqual([]);
  });

  it('show totals as their source has them at each scrape, never added up', async () => {
    const { metrics } = record();
    let orders_created = 41;
    metrics.collectFrom('business', async () => ({
      active_users: 7,
      orders_created,
      revenue_centavos: 1_234_550,
      products_viewed: 9,
    }));
    await metrics.render();
    orders_created = 42;
    const text = await metrics.render();
    expect(samples(text, 'orders_created_total')).toEqual(['orders_created_total 42']);
    expect(samples(text, 'active_users')).toEqual(['active_users 7']);
    expect(samples(text, 'revenue_generated_total')).toEqual(['revenue_generated_total 12345.5']);
    expect(samples(text, 'products_viewed_total')).toEqual(['products_viewed_total 9']);
  });

  it('forget queues and states that their source no longer names', async () => {
    const { metrics } = record();
    const jobs = [
      { queue: 'expiry', depth: { created: 3, active: 1 }, oldest_seconds: 2.5 },
      { queue: 'mail', depth: { created: 8 }, oldest_seconds: 60 },
    ];
    metrics.collectFrom('jobs', () => ({ jobs }));
    metrics.collectFrom('pool', () => ({ db_pool_connections: { active: 2, idle: 1 } }));
    const text = await metrics.render();
    expect(samples(text, 'job_queue_depth')).toHaveLength(3);
    expect(samples(text, 'job_queue_oldest_seconds')).toContain(
      'job_queue_oldest_seconds{queue="mail"} 60',
    );
    expect(samples(text, 'db_pool_connections')).toEqual([
      'db_pool_connections{state="active"} 2',
      'db_pool_connections{state="idle"} 1',
    ]);
    jobs.length = 1;
    const later = await metrics.render();
    expect(samples(later, 'job_queue_depth')).toHaveLength(2);
    expect(samples(later, 'job_queue_oldest_seconds')).toEqual([
      'job_queue_oldest_seconds{queue="expiry"} 2.5',
    ]);
  });

  it('answer a scrape whose source fails, and say so in a number and in the log', async () => {
    const { metrics, lines } = record();
    metrics.collectFrom('business', () => Promise.reject(new Error('no database')));
    metrics.collectFrom('broken', () => {
      throw new Error('broken');
    });
    metrics.collectFrom('pool', () => ({ db_pool_connections: { idle: 1 } }));
    metrics.countCacheRequest('hit');
    const text = await metrics.render();
    expect(samples(text, 'cache_requests_total')).toHaveLength(1);
    expect(samples(text, 'db_pool_connections')).toHaveLength(1);
    expect(samples(text, 'metrics_collect_failures_total')).toEqual([
      'metrics_collect_failures_total{source="business"} 1',
      'metrics_collect_failures_total{source="broken"} 1',
      'metrics_collect_failures_total{source="pool"} 0',
    ]);
    expect(lines.map((line) => JSON.parse(line).err.message).sort()).toEqual([
      'broken',
      'no database',
    ]);
  });

  it('answer a scrape whose source hangs', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const { metrics } = record();
    metrics.collectFrom('business', () => new Promise(() => undefined));
    const scrape = metrics.render();
    await vi.advanceTimersByTimeAsync(COLLECT_TIMEOUT_MS);
    expect(samples(await scrape, 'metrics_collect_failures_total')).toEqual([
      'metrics_collect_failures_total{source="business"} 1',
    ]);
  });

  it('tell of the process, its event loop and its garbage collection, on every scrape', async () => {
    const { metrics } = record();
    for (const text of [await metrics.render(), await metrics.render()]) {
      expect(samples(text, 'process_cpu_seconds_total')).toHaveLength(1);
      expect(samples(text, 'nodejs_eventloop_lag_p99_seconds')).toHaveLength(1);
      expect(text).toContain('# TYPE nodejs_gc_duration_seconds histogram');
    }
  });

  it('name the content type of the text format', () => {
    expect(record().metrics.contentType).toBe('text/plain; version=0.0.4; charset=utf-8');
  });
});
