// How often an answer needs no statement, and whether the cache can be trusted.
import { type Dashboard, rate } from '../panel.ts';

const reads = rate('cache_requests_total');
const served = rate('cache_requests_total{result=~"hit|stale|shared"}');

export const CACHE: Dashboard = {
  uid: 'cache',
  title: 'Cache',
  description: 'Reads of the cache of public answers.',
  panels: [
    {
      kind: 'stat',
      title: 'Hit rate',
      description: 'The share of reads that cost no SQL. It falls after a release and comes back.',
      unit: 'percentunit',
      queries: [{ expr: `sum(${served}) / sum(${reads})`, legend: 'hits' }],
    },
    {
      kind: 'stat',
      title: 'Reads a second',
      description: 'Of all processes.',
      unit: 'reqps',
      queries: [{ expr: `sum(${reads})`, legend: 'reads' }],
    },
    {
      kind: 'stat',
      title: 'Past the cache',
      description: 'Not 0: a process does not receive invalidations; see the runbook redis-lost.',
      unit: 'reqps',
      queries: [{ expr: `sum(${rate('cache_requests_total{result="bypass"}')})`, legend: 'past' }],
    },
    {
      kind: 'timeseries',
      title: 'Reads by result',
      description: '`shared` comes from Redis, `stale` is served while one caller makes it anew.',
      unit: 'reqps',
      width: 12,
      queries: [{ expr: `sum by (result) (${reads})`, legend: '{{result}}' }],
    },
    {
      kind: 'timeseries',
      title: 'Hit rate by process',
      description:
        'One that is far below the others was just started, or receives too many invalidations.',
      unit: 'percentunit',
      width: 12,
      queries: [
        {
          expr: `sum by (instance) (${served}) / sum by (instance) (${reads})`,
          legend: '{{instance}}',
        },
      ],
    },
  ],
};
