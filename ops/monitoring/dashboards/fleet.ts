// The processes themselves: which versions run, and whether one is worse off than the others.
import { type Dashboard, rate } from '../panel.ts';

export const FLEET: Dashboard = {
  uid: 'fleet',
  title: 'Fleet',
  description: 'Every process of the API and every worker, one line each.',
  panels: [
    {
      kind: 'stat',
      title: 'Processes that answer',
      description: 'By kind.',
      unit: 'none',
      queries: [{ expr: 'sum by (job) (up{job=~"api|worker"})', legend: '{{job}}' }],
    },
    {
      kind: 'stat',
      title: 'Versions',
      description: 'Two at once only while a release rolls out.',
      unit: 'none',
      queries: [{ expr: 'count by (version) (freshbytes_build_info)', legend: '{{version}}' }],
    },
    {
      kind: 'stat',
      title: 'Youngest process',
      description:
        'Seconds ago: small over and over is a process that is restarted again and again.',
      unit: 's',
      queries: [
        {
          expr: 'min by (job) (time() - process_start_time_seconds{job=~"api|worker"})',
          legend: '{{job}}',
        },
      ],
    },
    {
      kind: 'timeseries',
      title: 'Processor',
      description: 'Cores in use. One process uses little more than one.',
      unit: 'short',
      queries: [
        { expr: rate('process_cpu_seconds_total{job=~"api|worker"}'), legend: '{{instance}}' },
      ],
    },
    {
      kind: 'timeseries',
      title: 'Event loop in use',
      description: 'The share of time in which it was busy. Above 0.7 answers queue up.',
      unit: 'percentunit',
      queries: [{ expr: rate('nodejs_eventloop_active_seconds_total'), legend: '{{instance}}' }],
    },
    {
      kind: 'timeseries',
      title: 'Delay of the event loop',
      description: '99 of 100 are shorter. Requests are refused from 200 ms on.',
      unit: 's',
      queries: [{ expr: 'nodejs_eventloop_lag_p99_seconds', legend: '{{instance}}' }],
    },
    {
      kind: 'timeseries',
      title: 'Memory',
      description: 'Resident. Flat under steady load; a staircase is a leak.',
      unit: 'bytes',
      queries: [
        { expr: 'process_resident_memory_bytes{job=~"api|worker"}', legend: '{{instance}}' },
      ],
    },
    {
      kind: 'timeseries',
      title: 'JavaScript heap in use',
      description: 'The part of the memory that the program’s own objects take.',
      unit: 'bytes',
      queries: [{ expr: 'nodejs_heap_size_used_bytes', legend: '{{instance}}' }],
    },
    {
      kind: 'timeseries',
      title: 'Garbage collection',
      description: 'The share of time that it takes, by kind. Above a tenth the heap is too small.',
      unit: 'percentunit',
      queries: [
        {
          expr: `sum by (instance, kind) (${rate('nodejs_gc_duration_seconds_sum')})`,
          legend: '{{instance}} {{kind}}',
        },
      ],
    },
    {
      kind: 'timeseries',
      title: 'Open files and sockets',
      description: 'As a share of what each process may open.',
      unit: 'percentunit',
      queries: [
        {
          expr: 'process_open_fds{job=~"api|worker"} / process_max_fds',
          legend: '{{instance}}',
        },
      ],
    },
    {
      kind: 'stat',
      title: 'Days left of certificates',
      description: 'As customers see them. Below 21 somebody gets a ticket.',
      unit: 'short',
      queries: [
        {
          expr: '(probe_ssl_earliest_cert_expiry - time()) / 86400',
          legend: '{{instance}}',
          absentBecause: 'it is told by blackbox_exporter',
        },
      ],
    },
    {
      kind: 'stat',
      title: 'Reached from outside',
      description: '1 where the way that customers take is open.',
      unit: 'none',
      queries: [
        {
          expr: 'probe_success',
          legend: '{{instance}}',
          absentBecause: 'it is told by blackbox_exporter',
        },
      ],
    },
  ],
};
