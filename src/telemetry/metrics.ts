// The numbers that Prometheus reads. One registry per app; what the business counts comes from the database at each
// scrape, so that a restart does not lose it.
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from '@prometheus-io/client';
import type { Log } from './log.ts';

const DURATION_BUCKETS_SECONDS = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1, 2.5, 5, 10,
];
const LOOP_UTILIZATION_INTERVAL_MS = 1_000;
/** A scrape answers with what it has before Prometheus gives up (10 s). */
export const COLLECT_TIMEOUT_MS = 4_000;

/** What a collector knows; absent members leave their series as they were. */
export interface Snapshot {
  readonly active_users?: number;
  readonly orders_created?: number;
  readonly revenue_centavos?: number;
  readonly products_viewed?: number;
  /** By state: `active`, `idle`, `waiting`. */
  readonly db_pool_connections?: Readonly<Record<string, number>>;
  readonly jobs?: readonly {
    readonly queue: string;
    /** Number of jobs by state. */
    readonly depth: Readonly<Record<string, number>>;
    /** Age of the job that waits longest. */
    readonly oldest_seconds: number;
  }[];
}

export type Collector = () => Snapshot | Promise<Snapshot>;

export interface Metrics {
  readonly contentType: string;
  /** `endpoint` is the route's pattern, never the raw path. */
  observeRequest(method: string, endpoint: string, status: number, duration_seconds: number): void;
  countRateLimitRefusal(rule: string): void;
  countCacheRequest(result: string): void;
  /** Adds a source that each scrape asks; one that fails or is late is counted and logged, and fails no scrape. */
  collectFrom(source: string, collector: Collector): void;
  /** The text of one scrape. */
  render(): Promise<string>;
}

export function createMetrics(log: Log): Metrics {
  const registry = new Registry();
  const series = defineSeries(registry);
  const collectors = new Map<string, Collector>();
  let isProcessWatched = false;

  const collect = async (source: string, collector: Collector): Promise<void> => {
    try {
      applySnapshot(series, await withinTime(collector));
    } catch (err) {
      series.collectFailures.inc({ source });
      log.warn({ err, source }, 'a source of metrics failed');
    }
  };

  return {
    contentType: registry.contentType,
    observeRequest: (method, endpoint, status, duration_seconds) => {
      series.requests.inc({ method, endpoint, status });
      series.duration.observe({ method, endpoint }, duration_seconds);
    },
    countRateLimitRefusal: (rule) => series.refusals.inc({ rule }),
    countCacheRequest: (result) => series.cache.inc({ result }),
    collectFrom: (source, collector) => {
      collectors.set(source, collector);
      series.collectFailures.inc({ source }, 0);
    },
    render: async () => {
      // Not before the first scrape: it starts timers that nothing can stop, and not every app is scraped.
      if (!isProcessWatched) watchProcess(registry);
      isProcessWatched = true;
      await Promise.all([...collectors].map(([source, collector]) => collect(source, collector)));
      return registry.metrics();
    },
  };
}

type Series = ReturnType<typeof defineSeries>;

function defineSeries(registry: Registry) {
  const counter = <T extends string = never>(name: string, help: string, labelNames: T[] = []) =>
    new Counter({ name, help, labelNames, registers: [registry] });
  const gauge = <T extends string = never>(name: string, help: string, labelNames: T[] = []) =>
    new Gauge({ name, help, labelNames, registers: [registry] });
  return {
    requests: counter('http_requests_total', 'Answered requests', ['method', 'endpoint', 'status']),
    duration: new Histogram({
      name: 'http_request_duration_seconds',
      help: 'Time from the request to the end of its answer',
      labelNames: ['method', 'endpoint'],
      buckets: DURATION_BUCKETS_SECONDS,
      registers: [registry],
    }),
    refusals: counter('rate_limit_refusals_total', 'Requests over a rate limit', ['rule']),
    cache: counter('cache_requests_total', 'Reads of the cache', ['result']),
    collectFailures: counter('metrics_collect_failures_total', 'Sources that failed a scrape', [
      'source',
    ]),
    activeUsers: gauge('active_users', 'Users with a live session, the same on every process'),
    orders: counter('orders_created_total', 'Orders ever placed, the same on every process'),
    revenue: counter('revenue_generated_total', 'Pesos ever earned, the same on every process'),
    views: counter(
      'products_viewed_total',
      'Product views ever counted, the same on every process',
    ),
    pool: gauge('db_pool_connections', 'Connections to PostgreSQL', ['state']),
    jobs: gauge('job_queue_depth', 'Jobs in a queue', ['queue', 'state']),
    oldestJob: gauge('job_queue_oldest_seconds', 'Age of the job that waits longest', ['queue']),
  };
}

function watchProcess(register: Registry): void {
  collectDefaultMetrics({ register, eventLoopUtilizationTimeout: LOOP_UTILIZATION_INTERVAL_MS });
}

function applySnapshot(series: Series, snapshot: Snapshot): void {
  const {
    active_users,
    orders_created,
    revenue_centavos,
    products_viewed,
    db_pool_connections,
    jobs,
  } = snapshot;
  if (active_users !== undefined) series.activeUsers.set(active_users);
  if (orders_created !== undefined) setTotal(series.orders, orders_created);
  if (revenue_centavos !== undefined) setTotal(series.revenue, revenue_centavos / 100);
  if (products_viewed !== undefined) setTotal(series.views, products_viewed);
  for (const [state, count] of Object.entries(db_pool_connections ?? {}))
    series.pool.set({ state }, count);
  if (jobs !== undefined) applyJobs(series, jobs);
}

/** Begins anew, because a queue or state that is gone must not keep its last value. */
function applyJobs(series: Series, jobs: NonNullable<Snapshot['jobs']>): void {
  series.jobs.reset();
  series.oldestJob.reset();
  for (const { queue, depth, oldest_seconds } of jobs) {
    for (const [state, count] of Object.entries(depth)) series.jobs.set({ queue, state }, count);
    series.oldestJob.set({ queue }, oldest_seconds);
  }
}

function setTotal(total: Counter, value: number): void {
  total.reset();
  total.inc(value);
}

async function withinTime(collector: Collector): Promise<Snapshot> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error('The source took too long')), COLLECT_TIMEOUT_MS);
  try {
    return await Promise.race([collector(), late]);
  } finally {
    clearTimeout(timer);
  }
}
