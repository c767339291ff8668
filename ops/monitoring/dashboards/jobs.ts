// Work behind the requests. These series are the same on every worker, so that max() and never sum() puts them together.
import type { Dashboard } from '../panel.ts';

export const JOBS: Dashboard = {
  uid: 'jobs',
  title: 'Jobs and outbox',
  description: 'What waits, what failed for good, and what must always hold.',
  panels: [
    {
      kind: 'timeseries',
      title: 'Jobs that are due',
      description: 'Waiting for a worker, by queue. It should come back to 0.',
      unit: 'short',
      queries: [{ expr: 'max by (queue) (job_queue_depth{state="waiting"})', legend: '{{queue}}' }],
    },
    {
      kind: 'timeseries',
      title: 'Oldest job that is due',
      description: 'Ten minutes wake somebody.',
      unit: 's',
      queries: [{ expr: 'max by (queue) (job_queue_oldest_seconds)', legend: '{{queue}}' }],
    },
    {
      kind: 'timeseries',
      title: 'Jobs that run, or are timed',
      description: '`delayed` are timed, or between two tries: many of those are failures.',
      unit: 'short',
      queries: [
        {
          expr: 'sum by (state) (max by (queue, state) (job_queue_depth{state!="waiting"}))',
          legend: '{{state}}',
        },
      ],
    },
    {
      kind: 'timeseries',
      title: 'Dead letters',
      description: 'Jobs that failed for the last time and wait for somebody to look.',
      unit: 'short',
      queries: [{ expr: 'max by (queue) (job_dead_letters)', legend: '{{queue}}' }],
    },
    {
      kind: 'timeseries',
      title: 'Rows set aside',
      description:
        'Failed or locked when their job came to them; tried again by themselves, ever less often.',
      unit: 'short',
      queries: [
        {
          expr: 'max by (job) (job_rows_set_aside)',
          legend: '{{job}}',
          absentBecause: 'no row is set aside',
        },
      ],
    },
    {
      kind: 'timeseries',
      title: 'Events in the outbox',
      description: 'Committed and not yet handed to who waits for them.',
      unit: 'short',
      queries: [{ expr: 'max(outbox_depth)', legend: 'events' }],
    },
    {
      kind: 'timeseries',
      title: 'Oldest event in the outbox',
      description: 'Five minutes wake somebody.',
      unit: 's',
      queries: [{ expr: 'max(outbox_oldest_seconds)', legend: 'age' }],
    },
    {
      kind: 'table',
      title: 'Invariants',
      description: 'How many rows break each rule. Every number must be 0.',
      unit: 'short',
      width: 12,
      queries: [{ expr: 'max by (invariant) (invariant_violations)', legend: '{{invariant}}' }],
    },
    {
      kind: 'timeseries',
      title: 'Age of the checks',
      description:
        'Of invariants, the oldest; and of the audit log, which is read every six hours.',
      unit: 's',
      width: 6,
      queries: [
        {
          expr: 'time() - min(max by (invariant) (invariant_checked_timestamp_seconds))',
          legend: 'invariants',
        },
        { expr: 'time() - max(audit_chain_verified_timestamp_seconds)', legend: 'audit log' },
      ],
    },
    {
      kind: 'stat',
      title: 'Breaks in the audit log',
      description: 'Not 0: the log was changed after it was sealed.',
      unit: 'none',
      width: 6,
      queries: [{ expr: 'max(audit_chain_breaks)', legend: 'breaks' }],
    },
    {
      kind: 'stat',
      title: 'Partitions of the audit log',
      description: 'For how long they are made ahead. Below 60 days nobody makes them.',
      unit: 's',
      width: 6,
      queries: [{ expr: 'max(audit_partitions_end_timestamp_seconds) - time()', legend: 'ahead' }],
    },
    {
      kind: 'stat',
      title: 'Partitions that retention should have taken',
      description: 'One becomes due with each month; `retention` detaches it.',
      unit: 'none',
      width: 6,
      queries: [{ expr: 'max(audit_partitions_overdue)', legend: 'overdue' }],
    },
  ],
};
