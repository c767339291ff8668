// The numbers that Prometheus reads. One registry per process: some numbers are counted where things happen, others are
// asked of their source at each scrape.
import { Counter, Gauge, Histogram, Registry } from '@prometheus-io/client';
import { withDeadline } from '../lib/flow/deadline.ts';
import type { Log } from './log.ts';
import { watchProcess } from './process-series.ts';

const DURATION_BUCKETS_SECONDS = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1, 2.5, 5, 10,
];
/** A scrape answers with what it has before Prometheus gives up (10 s). */
export const COLLECT_TIMEOUT_MS = 4_000;
/** Node parses more methods than any route has; each would make series of its own. */
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);
const OTHER_METHOD = 'other';

/**
 * How a read of the cache went: from this process's memory (`hit`, or `stale` while it is renewed), from the store that
 * processes share (`shared`), made anew (`miss`), or past a cache that cannot be trusted (`bypass`).
 */
export const CACHE_RESULTS = ['hit', 'stale', 'miss', 'shared', 'bypass'] as const;
export type CacheResult = (typeof CACHE_RESULTS)[number];

export const STORAGE_OPERATIONS = ['put', 'get', 'remove', 'digest'] as const;
export type StorageOperation = (typeof STORAGE_OPERATIONS)[number];
/** `unavailable`: no answer in time; `failed`: refused, or a fault of the disk. */
export const STORAGE_RESULTS = ['done', 'absent', 'unavailable', 'failed'] as const;
export type StorageResult = (typeof STORAGE_RESULTS)[number];

/** One number; with labels where the series has them. */
export type Sample = readonly [labels: Readonly<Record<string, string>>, value: number];

export interface SeriesDefinition {
  readonly type: 'counter' | 'gauge';
  readonly help: string;
  readonly labels?: readonly string[];
}

/** Series that are asked for at each scrape. Label values must come from sets that do not grow. */
export interface Source<Name extends string = string> {
  /** Its label where it fails. */
  readonly name: string;
  readonly series: Readonly<Record<Name, SeriesDefinition>>;
  /** All samples there are: a series without any disappears. Counters must never fall. */
  readonly collect: () => Samples<Name> | Promise<Samples<Name>>;
}

type Samples<Name extends string> = Readonly<Record<Name, number | readonly Sample[]>>;

export interface Metrics {
  readonly contentType: string;
  /** `endpoint` is the route's pattern, never the raw path. */
  observeRequest(method: string, endpoint: string, status: number, duration_seconds: number): void;
  countRateLimitRefusal(rule: string): void;
  /** A request that was refused because there was too much to do. */
  countShedRequest(priority: string): void;
  /** `operation` as it is mounted, `client` one of a bounded set of names. */
  countDeprecatedRequest(operation: string, client: string): void;
  countCacheRequest(result: CacheResult): void;
  observeStorageCall(
    operation: StorageOperation,
    result: StorageResult,
    duration_seconds: number,
  ): void;
  /** Adds a source. One that fails or is late shows nothing, is counted and logged, and fails no scrape. */
  collectFrom<Name extends string>(source: Source<Name>): void;
  /** The text of one scrape. */
  render(): Promise<string>;
}

export function createMetrics(log: Log): Metrics {
  const registry = new Registry();
  const counted = defineCounted(registry);
  const sources: (() => Promise<void>)[] = [];
  let isProcessWatched = false;

  const metrics: Metrics = {
    contentType: registry.contentType,
    observeRequest: (given, endpoint, status, duration_seconds) => {
      const method = METHODS.has(given) ? given : OTHER_METHOD;
      counted.requests.inc({ method, endpoint, status });
      counted.duration.observe({ method, endpoint }, duration_seconds);
    },
    countRateLimitRefusal: (rule) => counted.refusals.inc({ rule }),
    countShedRequest: (priority) => counted.shed.inc({ priority }),
    countDeprecatedRequest: (operation, client) => counted.deprecated.inc({ operation, client }),
    countCacheRequest: (result) => counted.cache.inc({ result }),
    observeStorageCall: (operation, result, duration_seconds) => {
      counted.storage.inc({ operation, result });
      counted.storageDuration.observe({ operation }, duration_seconds);
    },
    collectFrom: (source) => {
      const onFailure = (err: unknown) => {
        counted.failures.inc({ source: source.name });
        log.warn({ err, source: source.name }, 'a source of metrics failed');
      };
      counted.failures.inc({ source: source.name }, 0);
      sources.push(openSource(registry, source, onFailure));
    },
    render: async () => {
      // Not before the first scrape: it starts timers that nothing can stop, and not every app is scraped.
      if (!isProcessWatched) watchProcess(registry);
      isProcessWatched = true;
      await Promise.all(sources.map((refresh) => refresh()));
      return registry.metrics();
    },
  };
  metrics.collectFrom({
    name: 'log',
    series: {
      log_lines_total: { type: 'counter', help: 'Lines written to the log', labels: ['level'] },
    },
    collect: () => ({
      log_lines_total: Object.entries(log.lineCounts).map(([level, lines]) => [{ level }, lines]),
    }),
  });
  return metrics;
}

function defineCounted(registry: Registry) {
  const registers = [registry];
  const counter = <T extends string>(name: string, help: string, labelNames: T[]) =>
    new Counter({ name, help, labelNames, registers });
  const cache = counter('cache_requests_total', 'Reads of the cache', ['result']);
  // From the start, so that the first one is seen as an increase.
  for (const result of CACHE_RESULTS) cache.inc({ result }, 0);
  const storage = counter('storage_requests_total', 'Calls of the storage of uploads', [
    'operation',
    'result',
  ]);
  for (const operation of STORAGE_OPERATIONS)
    for (const result of STORAGE_RESULTS) storage.inc({ operation, result }, 0);
  return {
    cache,
    storage,
    requests: counter('http_requests_total', 'Answered requests', ['method', 'endpoint', 'status']),
    duration: new Histogram({
      name: 'http_request_duration_seconds',
      help: 'Time from the request to the end of its answer',
      labelNames: ['method', 'endpoint'],
      buckets: DURATION_BUCKETS_SECONDS,
      registers,
    }),
    storageDuration: new Histogram({
      name: 'storage_request_duration_seconds',
      help: 'Time that a call of the storage of uploads took',
      labelNames: ['operation'],
      buckets: DURATION_BUCKETS_SECONDS,
      registers,
    }),
    refusals: counter('rate_limit_refusals_total', 'Requests over a rate limit', ['rule']),
    shed: counter('requests_shed_total', 'Requests refused because there was too much to do', [
      'priority',
    ]),
    deprecated: counter('deprecated_requests_total', 'Requests to what is deprecated or retired', [
      'operation',
      'client',
    ]),
    failures: counter('metrics_collect_failures_total', 'Scrapes without one of their sources', [
      'source',
    ]),
  };
}

/** @returns brings the series of `source` up to date */
function openSource<Name extends string>(
  registry: Registry,
  source: Source<Name>,
  onFailure: (error: unknown) => void,
): () => Promise<void> {
  const names = Object.keys(source.series) as Name[];
  const show = new Map(
    names.map((name) => [name, defineSeries(registry, name, source.series[name])]),
  );
  let running: Promise<Samples<Name>> | undefined;
  const collect = async () => source.collect();
  // Scrapes at once, and those that come while a late answer is on its way, share it: one at a time is asked for.
  const ask = () => {
    running ??= collect().finally(() => {
      running = undefined;
    });
    return running;
  };
  return async () => {
    try {
      const samples = await withDeadline(ask(), COLLECT_TIMEOUT_MS, 'The source took too long');
      for (const [name, showSamples] of show) showSamples(samples[name]);
    } catch (error) {
      onFailure(error);
      // Old numbers would pass for new ones, and a counter at 0 for a restart of the world.
      for (const showSamples of show.values()) showSamples([]);
    }
  };
}

function defineSeries(
  registry: Registry,
  name: string,
  { type, help, labels = [] }: SeriesDefinition,
): (samples: number | readonly Sample[]) => void {
  const options = { name, help, labelNames: [...labels], registers: [registry] };
  const series = type === 'counter' ? new Counter(options) : new Gauge(options);
  return (samples) => {
    series.reset();
    // A series without labels begins at 0; absent is what it must be until it is known.
    if (labels.length === 0) series.remove({});
    const list: readonly Sample[] = typeof samples === 'number' ? [[{}, samples]] : samples;
    for (const [sampleLabels, value] of list) series.inc({ ...sampleLabels }, value);
  };
}
