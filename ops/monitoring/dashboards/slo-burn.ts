// How much of each error budget is left, and how fast it goes.
import type { Dashboard, Panel } from '../panel.ts';
import { BURN_RATES, SLOS } from '../slo.ts';

const budgetLeft: readonly Panel[] = SLOS.map(({ name, promise }) => ({
  kind: 'stat',
  title: `Budget left: ${name}`,
  description: `${promise}, over 30 days. At 0 nothing but repairs is deployed (docs/slos.md).`,
  unit: 'percentunit',
  queries: [
    {
      expr: `1 - slo:error_ratio:rate30d{slo="${name}"} / slo:error_budget:ratio{slo="${name}"}`,
      legend: 'left',
    },
  ],
}));

const burnRates: readonly Panel[] = BURN_RATES.map(({ long, short, factor, severity }) => ({
  kind: 'timeseries',
  title: `Burn rate over ${long}`,
  description: `1 uses the budget up in 30 days. A ${severity} at ${factor} over both ${long} and ${short}.`,
  unit: 'short',
  width: 12,
  queries: [long, short].map((window) => ({
    expr: `slo:error_ratio:rate${window} / on (slo) slo:error_budget:ratio`,
    legend: `{{slo}} over ${window}`,
  })),
}));

export const SLO_BURN: Dashboard = {
  uid: 'slo-burn',
  title: 'SLO burn',
  description: 'What was promised, what is left of it, and how fast it goes.',
  panels: [
    ...budgetLeft,
    ...burnRates,
    {
      kind: 'timeseries',
      title: 'Bad requests',
      description: 'Those that cost budget: faults, and answers slower than promised.',
      unit: 'reqps',
      width: 24,
      queries: [{ expr: 'slo:bad_requests:rate5m', legend: '{{slo}}' }],
    },
  ],
};
