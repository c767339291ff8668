// Processes that are gone, or have more to do than they can.
import type { AlertGroup } from '../alert.ts';
import { counter, gauge } from '../course.ts';

export const PROCESSES: AlertGroup = {
  name: 'processes',
  alerts: [
    {
      name: 'ApiDown',
      severity: 'page',
      source: 'prometheus',
      expr: 'absent(up{job="api"} == 1)',
      for: '1m',
      summary: 'No process of the API answers',
      description:
        'No request is served: Prometheus reaches none of the processes that serve the API.',
      runbook: 'process-down',
      drill: { series: { 'up{job="api",instance="a"}': gauge(1, 0) } },
    },
    {
      name: 'ProcessDown',
      severity: 'ticket',
      source: 'prometheus',
      expr: 'up{job=~"api|worker"} == 0',
      for: '5m',
      summary: 'The {{ $labels.job }} at {{ $labels.instance }} does not answer',
      description: 'The others do its work; until it is back, one more loss costs more.',
      runbook: 'process-down',
      drill: {
        series: { 'up{job="worker",instance="a"}': gauge(1, 0) },
        labels: { job: 'worker', instance: 'a' },
      },
    },
    {
      name: 'SiteUnreachable',
      severity: 'page',
      source: 'blackbox_exporter',
      expr: 'probe_success == 0',
      for: '2m',
      summary: '{{ $labels.instance }} cannot be reached from outside',
      description: 'Name, certificate, proxy or API: the way that customers take is cut somewhere.',
      runbook: 'process-down',
      drill: {
        series: { 'probe_success{instance="https://market.example.com"}': gauge(1, 0) },
        labels: { instance: 'https://market.example.com' },
      },
    },
    {
      name: 'NobodyWorksOnJobs',
      severity: 'page',
      source: 'freshbytes',
      expr: 'absent(job_queue_depth)',
      for: '5m',
      summary: 'No process that works on jobs reports metrics',
      description:
        'Reservations do not expire, mail is not sent, and every alert on marketplace metrics is blind.',
      runbook: 'process-down',
      drill: {
        series: { 'job_queue_depth{queue="notifications.send-message"}': gauge(0, undefined) },
      },
    },
    {
      name: 'RequestsShed',
      severity: 'ticket',
      source: 'freshbytes',
      expr: 'sum by (priority) (rate(requests_shed_total[5m])) > 0',
      for: '10m',
      summary: 'Requests of priority {{ $labels.priority }} are refused because of load',
      description: 'For ten minutes there has been more to do than the processes can.',
      runbook: 'latency',
      drill: {
        series: { 'requests_shed_total{priority="browse",instance="a"}': counter(0, 60) },
        labels: { priority: 'browse' },
      },
    },
    {
      name: 'DatabasePoolExhausted',
      severity: 'ticket',
      source: 'freshbytes',
      expr: 'min_over_time(db_pool_waiting_requests[5m]) > 0',
      for: '5m',
      summary: 'Statements of {{ $labels.instance }} wait for a connection all the time',
      description: 'Every connection of the pool has been busy at each look for ten minutes.',
      runbook: 'latency',
      drill: {
        series: { 'db_pool_waiting_requests{instance="a"}': gauge(0, 12) },
        labels: { instance: 'a' },
      },
    },
    {
      name: 'CacheBypassed',
      severity: 'ticket',
      source: 'freshbytes',
      expr: 'sum(rate(cache_requests_total{result="bypass"}[5m])) > 0',
      for: '10m',
      summary: 'The cache is not trusted and is passed by',
      description:
        'A process does not receive invalidations, so that every read costs a statement.',
      runbook: 'redis-lost',
      drill: { series: { 'cache_requests_total{result="bypass"}': counter(0, 300) } },
    },
  ],
};
