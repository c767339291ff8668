// What must always hold, and work that does not get done.
import type { AlertGroup } from '../alert.ts';
import { ago, gauge } from '../course.ts';

const DAY_SECONDS = 86_400;
const INVARIANT = 'stock is never negative';
const QUEUE = 'notifications.send-message';

export const CORRECTNESS: AlertGroup = {
  name: 'correctness',
  alerts: [
    {
      name: 'InvariantViolated',
      severity: 'page',
      source: 'freshbytes',
      expr: 'max by (invariant) (invariant_violations) > 0',
      summary: 'It does not hold that {{ $labels.invariant }}',
      description: 'Money or stock is not what it must be. Each further order may make it worse.',
      runbook: 'invariant-violated',
      drill: {
        series: {
          [`invariant_violations{invariant="${INVARIANT}",instance="a"}`]: gauge(0, 2),
          [`invariant_violations{invariant="${INVARIANT}",instance="b"}`]: gauge(0, 2),
        },
        labels: { invariant: INVARIANT },
      },
    },
    {
      name: 'InvariantUnchecked',
      severity: 'ticket',
      source: 'freshbytes',
      expr: 'time() - max by (invariant) (invariant_checked_timestamp_seconds) > 3 * 3600',
      for: '10m',
      summary: 'For three hours nobody knows whether {{ $labels.invariant }}',
      description: 'The check takes longer than it may, or does not run.',
      runbook: 'invariant-violated',
      drill: {
        series: {
          [`invariant_checked_timestamp_seconds{invariant="${INVARIANT}"}`]: ago(1_200, 11_000),
        },
        labels: { invariant: INVARIANT },
      },
    },
    {
      name: 'AuditChainBroken',
      severity: 'page',
      source: 'freshbytes',
      expr: 'max(audit_chain_breaks) > 0',
      summary: 'The audit log was changed after it was sealed',
      description:
        'Somebody with rights on the database wrote where nobody may. Treat it as a breach.',
      runbook: 'audit-chain-broken',
      drill: { series: { 'audit_chain_breaks{instance="a"}': gauge(0, 1) } },
    },
    {
      name: 'AuditChainUnverified',
      severity: 'ticket',
      source: 'freshbytes',
      expr: 'time() - max(audit_chain_verified_timestamp_seconds) > 86400',
      for: '10m',
      summary: 'The audit log has not been verified for a day',
      description: 'It is verified every six hours; the job fails, or takes longer than it may.',
      runbook: 'audit-chain-broken',
      drill: {
        series: { audit_chain_verified_timestamp_seconds: ago(20_000, DAY_SECONDS + 60) },
      },
    },
    {
      name: 'OutboxStuck',
      severity: 'page',
      source: 'freshbytes',
      expr: 'max(outbox_oldest_seconds) > 300',
      for: '2m',
      summary: 'Events have waited for more than five minutes',
      description:
        'Customers and sellers get no messages about orders that were placed, paid or shipped.',
      runbook: 'outbox-stuck',
      drill: { series: { 'outbox_oldest_seconds{instance="a"}': gauge(200, 900) } },
    },
    {
      name: 'SmsCodesNearLimit',
      severity: 'ticket',
      source: 'freshbytes',
      expr: 'max(sms_codes_recent) > 0.8 * max(sms_codes_limit)',
      for: '5m',
      summary: 'Four fifths of the SMS codes of a day are sent',
      description:
        'At the limit nobody can confirm a number. Either the marketplace grew, or somebody floods phones.',
      runbook: 'sms-flood',
      drill: {
        series: {
          'sms_codes_recent{instance="a"}': gauge(100, 1_900),
          'sms_codes_limit{instance="a"}': gauge(2_000, 2_000),
        },
      },
    },
    {
      name: 'JobsStuck',
      severity: 'page',
      source: 'freshbytes',
      expr: 'max by (queue) (job_queue_oldest_seconds) > 600',
      for: '2m',
      summary: 'Jobs of {{ $labels.queue }} have been due for more than ten minutes',
      description: 'No worker takes them, or they come faster than they are done.',
      runbook: 'outbox-stuck',
      drill: {
        series: { [`job_queue_oldest_seconds{queue="${QUEUE}"}`]: gauge(300, 900) },
        labels: { queue: QUEUE },
      },
    },
    {
      name: 'DeadLetters',
      severity: 'ticket',
      source: 'freshbytes',
      expr: 'max by (queue) (job_dead_letters) > 0',
      for: '5m',
      summary: 'Jobs of {{ $labels.queue }} failed for the last time',
      description: 'They are not tried again until somebody has looked at why.',
      runbook: 'dead-letters',
      drill: {
        series: { [`job_dead_letters{queue="${QUEUE}"}`]: gauge(0, 3) },
        labels: { queue: QUEUE },
      },
    },
  ],
};
