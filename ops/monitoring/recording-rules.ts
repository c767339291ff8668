// Recording rules: the SLOs' indicators over every window that an alert or a dashboard looks at. Long windows add up the
// rates over five minutes, so that neither restarts nor new processes distort them and thirty days stay cheap.
import { API, BURN_RATES, budgetOf, SLOS } from './slo.ts';

export interface RecordingRule {
  readonly record: string;
  readonly expr: string;
  readonly labels?: Readonly<Record<string, string>>;
}

const WINDOW_SECONDS = { '1h': 3_600, '6h': 21_600, '1d': 86_400, '3d': 259_200 } as const;
const SUMMED_WINDOWS = [...new Set(BURN_RATES.flatMap(({ long, short }) => [short, long])), '30d'];

const quantile = (share: number) =>
  `histogram_quantile(${share}, sum by (le) (rate(http_request_duration_seconds_bucket{${API}}[5m])))`;

/** In this order: each may read what stands above it. */
export const RECORDING_RULES: readonly RecordingRule[] = [
  ...SLOS.flatMap((slo) => [
    { record: 'slo:requests:rate5m', expr: slo.all, labels: { slo: slo.name } },
    { record: 'slo:bad_requests:rate5m', expr: slo.bad, labels: { slo: slo.name } },
    {
      record: 'slo:error_budget:ratio',
      expr: `vector(${budgetOf(slo)})`,
      labels: { slo: slo.name },
    },
  ]),
  { record: 'slo:error_ratio:rate5m', expr: 'slo:bad_requests:rate5m / slo:requests:rate5m' },
  ...SUMMED_WINDOWS.filter((window) => window !== '5m').map((window) => ({
    record: `slo:error_ratio:rate${window}`,
    expr: `sum_over_time(slo:bad_requests:rate5m[${window}]) / sum_over_time(slo:requests:rate5m[${window}])`,
  })),
  ...BURN_RATES.map(({ long }) => ({
    record: `slo:bad_requests:increase${long}`,
    expr: `avg_over_time(slo:bad_requests:rate5m[${long}]) * ${WINDOW_SECONDS[long]}`,
  })),
  { record: 'api:request_duration_seconds:p95_5m', expr: quantile(0.95) },
  { record: 'api:request_duration_seconds:p99_5m', expr: quantile(0.99) },
];
