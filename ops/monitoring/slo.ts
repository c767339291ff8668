// What the service promises (docs/slos.md), and how fast an error budget may burn before somebody is told.

/** Of every answer of the API, whichever version; probes, metrics and pages of the documentation are not the service. */
export const API = 'endpoint=~"/api/.+",endpoint!~"/api/v[0-9]+/health"';

export interface Slo {
  readonly name: 'availability' | 'latency_p95' | 'latency_p99';
  /** As in the names of its alerts. */
  readonly title: string;
  readonly promise: string;
  /** The share of requests that must be good over 30 days. */
  readonly objective: number;
  /** Requests a second that count, and those of them that are bad. */
  readonly all: string;
  readonly bad: string;
  readonly runbook: 'error-budget-burn' | 'latency';
}

const answered = `sum(rate(http_requests_total{${API}}[5m]))`;
const timed = `sum(rate(http_request_duration_seconds_count{${API}}[5m]))`;
const slowerThan = (seconds: number) =>
  `${timed} - sum(rate(http_request_duration_seconds_bucket{${API},le="${seconds}"}[5m]))`;

export const SLOS: readonly Slo[] = [
  {
    name: 'availability',
    title: 'Availability',
    promise: '99.9 % of requests are answered without a fault of ours',
    objective: 0.999,
    all: answered,
    // Refusals under load are 503 and count: to the customer it is the same. Without any, none is not unknown.
    bad: `sum(rate(http_requests_total{${API},status=~"5.."}[5m])) or 0 * ${answered}`,
    runbook: 'error-budget-burn',
  },
  {
    name: 'latency_p95',
    title: 'LatencyP95',
    promise: '95 % of requests are answered within 200 ms',
    objective: 0.95,
    all: timed,
    bad: slowerThan(0.2),
    runbook: 'latency',
  },
  {
    name: 'latency_p99',
    title: 'LatencyP99',
    promise: '99 % of requests are answered within 500 ms',
    objective: 0.99,
    all: timed,
    bad: slowerThan(0.5),
    runbook: 'latency',
  },
];

export interface BurnRate {
  /** The budget burns too fast over both: over the long one it matters, over the short one it still goes on. */
  readonly long: '1h' | '6h' | '1d' | '3d';
  readonly short: '5m' | '30m' | '2h' | '6h';
  /** Of what would use up the budget in exactly 30 days. */
  readonly factor: number;
  readonly severity: 'page' | 'ticket';
  /** What it costs if it lasts as long as the long window. */
  readonly budgetUsed: string;
}

/** "Alerting on SLOs" in Google's Site Reliability Workbook, chapter 5. */
export const BURN_RATES: readonly BurnRate[] = [
  { long: '1h', short: '5m', factor: 14.4, severity: 'page', budgetUsed: '2 %' },
  { long: '6h', short: '30m', factor: 6, severity: 'page', budgetUsed: '5 %' },
  { long: '1d', short: '2h', factor: 3, severity: 'ticket', budgetUsed: '10 %' },
  { long: '3d', short: '6h', factor: 1, severity: 'ticket', budgetUsed: '10 %' },
];

/** In a quiet night one bad answer is a large share; nobody is called for fewer than this. */
export const MIN_BAD_REQUESTS = 10;

/** Rounded to what the share has to say: 1 - 0.999 is not 0.001 to a computer. */
export function budgetOf({ objective }: Slo): number {
  return Number((1 - objective).toFixed(6));
}
