// Whether the watch itself is awake: the dead man's switch, and sources that cannot be read.
import type { AlertGroup } from '../alert.ts';
import { counter, gauge } from '../course.ts';

export const MONITORING: AlertGroup = {
  name: 'monitoring',
  alerts: [
    {
      name: 'DeadMansSwitch',
      severity: 'none',
      source: 'prometheus',
      expr: 'vector(1)',
      summary: 'Alerts come through',
      description:
        'Fires always. Whoever receives it calls when it stops: then Prometheus, Alertmanager or the way between is dead.',
      runbook: 'dead-mans-switch',
      drill: 'always fires',
    },
    {
      name: 'SourceUnreadable',
      severity: 'ticket',
      source: 'freshbytes',
      expr: 'sum by (source) (increase(metrics_collect_failures_total[15m])) > 0',
      for: '15m',
      summary: 'The source {{ $labels.source }} of the metrics cannot be read',
      description: 'Its series are absent, and alerts on them cannot fire.',
      runbook: 'dead-mans-switch',
      drill: {
        minutes: { good: 30, bad: 45, again: 45 },
        series: { 'metrics_collect_failures_total{source="outbox"}': counter(0, 4) },
        labels: { source: 'outbox' },
      },
    },
    {
      name: 'ExporterDown',
      severity: 'ticket',
      source: 'prometheus',
      expr: 'up{job!~"api|worker"} == 0',
      for: '15m',
      summary: '{{ $labels.job }} at {{ $labels.instance }} does not answer',
      description: 'Alerts on what it tells cannot fire.',
      runbook: 'dead-mans-switch',
      drill: {
        series: { 'up{job="node",instance="db"}': gauge(1, 0) },
        labels: { job: 'node', instance: 'db' },
      },
    },
  ],
};
