// Rate, errors and duration of the API: the first look when something is wrong.
import { type Dashboard, RATE_WINDOW, rate } from '../panel.ts';
import { API } from '../slo.ts';

const requests = rate(`http_requests_total{${API}}`);
const faults = rate(`http_requests_total{${API},status=~"5.."}`);
const buckets = rate(`http_request_duration_seconds_bucket{${API}}`);

export const OVERVIEW: Dashboard = {
  uid: 'overview',
  title: 'Overview',
  description: 'Rate, errors and duration of the API, by what was asked for.',
  panels: [
    {
      kind: 'stat',
      title: 'Requests a second',
      description: 'Answered by all processes. Nothing here and no alert: look at the proxy.',
      unit: 'reqps',
      width: 6,
      queries: [{ expr: `sum(${requests})`, legend: 'requests' }],
    },
    {
      kind: 'stat',
      title: 'Faults',
      description: 'The share of answers that are 5xx, refusals under load among them.',
      unit: 'percentunit',
      width: 6,
      queries: [
        { expr: `(sum(${faults}) or 0 * sum(${requests})) / sum(${requests})`, legend: 'faults' },
      ],
    },
    {
      kind: 'stat',
      title: '95 of 100 within',
      description: 'Promised: 200 ms.',
      unit: 's',
      width: 6,
      queries: [{ expr: 'api:request_duration_seconds:p95_5m', legend: 'p95' }],
    },
    {
      kind: 'stat',
      title: '99 of 100 within',
      description: 'Promised: 500 ms.',
      unit: 's',
      width: 6,
      queries: [{ expr: 'api:request_duration_seconds:p99_5m', legend: 'p99' }],
    },
    {
      kind: 'timeseries',
      title: 'Requests by status',
      description: '4xx are the caller’s mistakes; a sudden rise is often a client’s release.',
      unit: 'reqps',
      width: 12,
      queries: [{ expr: `sum by (status) (${requests})`, legend: '{{status}}' }],
    },
    {
      kind: 'timeseries',
      title: 'Duration',
      description: 'From the request to the end of its answer.',
      unit: 's',
      width: 12,
      queries: [0.5, 0.95, 0.99].map((share) => ({
        expr: `histogram_quantile(${share}, sum by (le) (${buckets}))`,
        legend: `p${share * 100}`,
      })),
    },
    {
      kind: 'timeseries',
      title: 'Busiest endpoints',
      description: 'Where the load comes from.',
      unit: 'reqps',
      width: 12,
      queries: [
        {
          expr: `topk(10, sum by (method, endpoint) (${requests}))`,
          legend: '{{method}} {{endpoint}}',
        },
      ],
    },
    {
      kind: 'timeseries',
      title: 'Slowest endpoints',
      description: 'By the 95th of 100. Sign-in is slow on purpose: it hashes passwords.',
      unit: 's',
      width: 12,
      queries: [
        {
          expr: `topk(10, histogram_quantile(0.95, sum by (method, endpoint, le) (${buckets})))`,
          legend: '{{method}} {{endpoint}}',
        },
      ],
    },
    {
      kind: 'timeseries',
      title: 'Faults by endpoint',
      description: 'Empty in good times. One endpoint: its code; all of them: what they share.',
      unit: 'reqps',
      queries: [
        { expr: `sum by (method, endpoint) (${faults})`, legend: '{{method}} {{endpoint}}' },
      ],
    },
    {
      kind: 'timeseries',
      title: 'Refused because of load',
      description: 'Browsing goes first, checkout last. More than a moment of it: add processes.',
      unit: 'reqps',
      queries: [
        { expr: `sum by (priority) (${rate('requests_shed_total')})`, legend: '{{priority}}' },
      ],
    },
    {
      kind: 'timeseries',
      title: 'Refused by rate limits',
      description: 'By rule. `login` rises when somebody tries passwords.',
      unit: 'reqps',
      queries: [
        { expr: `sum by (rule) (${rate('rate_limit_refusals_total')})`, legend: '{{rule}}' },
      ],
    },
    {
      kind: 'timeseries',
      title: 'Lines of log',
      description: 'Warnings and errors, by level.',
      unit: 'ops',
      width: 12,
      queries: [
        {
          expr: `sum by (level) (${rate('log_lines_total{level=~"warn|error|fatal"}')})`,
          legend: '{{level}}',
        },
      ],
    },
    {
      kind: 'table',
      title: 'Deprecated operations still in use',
      description: 'Requests of the last window, by who sends them: whom to tell before the end.',
      unit: 'short',
      width: 12,
      queries: [
        {
          expr: `sum by (operation, client) (increase(deprecated_requests_total[${RATE_WINDOW}]))`,
          legend: '{{operation}} {{client}}',
          absentBecause: 'nobody sends requests to deprecated operations',
        },
      ],
    },
  ],
};
