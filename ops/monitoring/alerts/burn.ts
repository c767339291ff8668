// An error budget burns too fast: for each objective, two rates that wake somebody and two that make a ticket.
import type { Alert, AlertGroup } from '../alert.ts';
import type { Minutes } from '../course.ts';
import { type Course, counter } from '../course.ts';
import { BURN_RATES, type BurnRate, budgetOf, MIN_BAD_REQUESTS, SLOS, type Slo } from '../slo.ts';

const REQUESTS_PER_MINUTE = 10_000;
/** Long enough for the short window to forget. */
const DRILLS: Readonly<Record<BurnRate['short'], Minutes>> = {
  '5m': { good: 60, bad: 60, again: 15 },
  '30m': { good: 60, bad: 120, again: 45 },
  '2h': { good: 60, bad: 180, again: 150 },
  '6h': { good: 60, bad: 420, again: 420 },
};

function burnAlert(slo: Slo, rate: BurnRate): Alert {
  const { long, short, factor, severity, budgetUsed } = rate;
  const selector = `{slo="${slo.name}"}`;
  const threshold = `${factor} * ${budgetOf(slo)}`;
  return {
    name: `${slo.title}Burn${long}`,
    severity,
    source: 'freshbytes',
    expr: [
      `slo:error_ratio:rate${long}${selector} > ${threshold}`,
      `and slo:error_ratio:rate${short}${selector} > ${threshold}`,
      `and slo:bad_requests:increase${long}${selector} >= ${MIN_BAD_REQUESTS}`,
    ].join('\n'),
    labels: { window: long },
    summary: `The error budget of ${slo.name} burns ${factor} times too fast`,
    description: `${slo.promise}. At the rate of the last ${long}, which still holds over the last ${short}, ${long} cost ${budgetUsed} of what 30 days may cost.`,
    runbook: slo.runbook,
    drill: {
      minutes: DRILLS[short],
      series: coursesOf(slo, factor * budgetOf(slo)),
      labels: { slo: slo.name },
    },
  };
}

/** Half the rate that alerts in good times, and twice that rate in bad ones. */
function coursesOf(slo: Slo, threshold: number): Readonly<Record<string, Course>> {
  const good = Math.round(REQUESTS_PER_MINUTE * threshold * 0.5);
  const bad = Math.round(REQUESTS_PER_MINUTE * Math.min(threshold * 2, 1));
  const rest = (count: number) => REQUESTS_PER_MINUTE - count;
  const labels = 'method="GET",endpoint="/api/v1/products"';
  if (slo.name === 'availability')
    return {
      [`http_requests_total{${labels},status="200"}`]: counter(rest(good), rest(bad)),
      [`http_requests_total{${labels},status="503"}`]: counter(good, bad),
      'http_requests_total{method="GET",endpoint="/health/ready",status="503"}': counter(600, 600),
    };
  const within = counter(rest(good), rest(bad));
  const limit = slo.name === 'latency_p95' ? '0.2' : '0.5';
  return {
    [`http_request_duration_seconds_bucket{${labels},le="${limit}"}`]: within,
    [`http_request_duration_seconds_count{${labels}}`]: counter(
      REQUESTS_PER_MINUTE,
      REQUESTS_PER_MINUTE,
    ),
  };
}

export const BURN: AlertGroup = {
  name: 'error budgets',
  alerts: SLOS.flatMap((slo) => BURN_RATES.map((rate) => burnAlert(slo, rate))),
};
