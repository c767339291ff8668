// What an alert is: a rule, the words for whoever it wakes, a runbook, and the drill that proves it.
import type { Course, Minutes } from './course.ts';

/** `page` wakes somebody, `ticket` waits for the morning, `none` is for machines. */
export type Severity = 'page' | 'ticket' | 'none';

/** Runbooks of alerts alone: files in ops/runbooks, without `.md`. */
export const ALERT_RUNBOOKS = [
  'audit-chain-broken',
  'backup-old',
  'certificate-expiry',
  'commits-lost',
  'dead-letters',
  'dead-mans-switch',
  'error-budget-burn',
  'invariant-violated',
  'latency',
  'outbox-stuck',
  'partitions-missing',
  'replica-lag',
  'sms-flood',
  'storage-failing',
] as const;

/** Beside these, some of the runbooks of what has happened. */
export type Runbook = (typeof ALERT_RUNBOOKS)[number] | 'disk-full' | 'process-down' | 'redis-lost';

/** The source of the series: processes of ours, Prometheus itself, or an exporter that must run beside them. */
export type SeriesSource = 'freshbytes' | 'prometheus' | 'node_exporter' | 'blackbox_exporter';

export interface Drill {
  /** What the series do while all is well, while it is not, and afterwards. */
  readonly series: Readonly<Record<string, Course>>;
  /** How long each of the three lasts; the alert is silent at the end of the first and third and fires at the end of the second. */
  readonly minutes?: Minutes;
  /** Labels of the alert that it gets from its series. */
  readonly labels?: Readonly<Record<string, string>>;
}

export interface Alert {
  readonly name: string;
  readonly severity: Severity;
  readonly source: SeriesSource;
  readonly expr: string;
  readonly for?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly summary: string;
  readonly description: string;
  readonly runbook: Runbook;
  readonly drill: Drill | 'always fires';
}

export interface AlertGroup {
  readonly name: string;
  readonly alerts: readonly Alert[];
}
