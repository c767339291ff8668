// Metrics of the process itself: processor, memory, event loop, garbage collection.
import { performance } from 'node:perf_hooks';
import { Counter, collectDefaultMetrics, type Registry } from '@prometheus-io/client';

/** Of the client's own series: names against Prometheus's conventions, or the same under another name. */
const UNWANTED = [
  'nodejs_active_resources_total',
  'nodejs_active_handles',
  'nodejs_active_handles_total',
  'nodejs_active_requests',
  'nodejs_active_requests_total',
  'nodejs_eventloop_utilization_summary',
  'nodejs_eventloop_utilization_histogram',
];
/** The longest that a timer takes: what it would measure is not shown. */
const NEVER_MS = 2 ** 31 - 1;
const MS_PER_SECOND = 1_000;

/** Starts timers and observers that nothing can stop: once a process. */
export function watchProcess(registry: Registry): void {
  collectDefaultMetrics({ register: registry, eventLoopUtilizationTimeout: NEVER_MS });
  for (const name of UNWANTED) registry.removeSingleMetric(name);
  // As a counter, its rate is the share of time in which the loop was busy, however often and by whomever it is read.
  new Counter({
    name: 'nodejs_eventloop_active_seconds_total',
    help: 'Time in which the event loop was busy',
    registers: [registry],
    collect() {
      this.reset();
      this.inc(performance.eventLoopUtilization().active / MS_PER_SECOND);
    },
  });
}
