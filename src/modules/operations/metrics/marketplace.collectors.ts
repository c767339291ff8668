// Metrics of the marketplace, read from the database by processes that work on jobs.

import { countSetAside } from '../../../db/batches/set-aside.queries.ts';
import type { Db } from '../../../db/database.ts';
import { jobDepths } from '../../../jobs/queues/depths.ts';
import { type Clock, DAY_MS, MINUTE_MS, plusMs, SECOND_MS } from '../../../lib/time.ts';
import type { Metrics, Sample } from '../../../telemetry/metrics.ts';
import { readPartitionState } from '../../audit/retention/retention.service.ts';
import {
  AUDIT_CHAIN,
  type BackupRecord,
  countSmsCodes,
  findReplication,
  listBackupRecords,
  listInvariantChecks,
  readBusinessNumbers,
  readOutboxBacklog,
} from '../operations.queries.ts';

const ACTIVE_WINDOW_MS = 15 * MINUTE_MS;
const CENTAVOS_PER_PESO = 100;

export interface MarketplaceSources {
  readonly db: Db;
  readonly clock: Clock;
  /** SMS_CODES_PER_DAY. */
  readonly smsCodesPerDay: number;
  /** AUDIT_RETENTION_MONTHS. */
  readonly auditRetentionMonths: number | undefined;
}

export function registerMarketplaceCollectors(metrics: Metrics, sources: MarketplaceSources): void {
  collectBusiness(metrics, sources);
  collectJobs(metrics, sources);
  collectSetAside(metrics, sources);
  collectOutbox(metrics, sources);
  collectCodes(metrics, sources);
  collectInvariants(metrics, sources);
  collectPartitions(metrics, sources);
  collectBackups(metrics, sources);
  collectReplication(metrics, sources);
}

function collectBusiness(metrics: Metrics, { db, clock }: MarketplaceSources): void {
  metrics.collectFrom({
    name: 'business',
    series: {
      active_users: { type: 'gauge', help: 'Users who were here within 15 minutes' },
      orders_created_total: { type: 'counter', help: 'Orders ever placed' },
      revenue_generated_total: { type: 'counter', help: 'Pesos ever received from customers' },
      products_viewed_total: { type: 'counter', help: 'Views of products ever counted' },
    },
    collect: async () => {
      const since = plusMs(clock.now(), -ACTIVE_WINDOW_MS);
      const numbers = await readBusinessNumbers(db, since);
      return {
        active_users: numbers.active_users,
        orders_created_total: numbers.orders_created,
        revenue_generated_total: numbers.revenue_centavos / CENTAVOS_PER_PESO,
        products_viewed_total: numbers.products_viewed,
      };
    },
  });
}

function collectJobs(metrics: Metrics, { db }: MarketplaceSources): void {
  metrics.collectFrom({
    name: 'jobs',
    series: {
      job_queue_depth: {
        type: 'gauge',
        help: 'Unfinished jobs of a queue',
        labels: ['queue', 'state'],
      },
      job_queue_oldest_seconds: {
        type: 'gauge',
        help: 'For how long the job that waits longest has been due',
        labels: ['queue'],
      },
      job_dead_letters: {
        type: 'gauge',
        help: 'Jobs that failed for the last time',
        labels: ['queue'],
      },
    },
    collect: async () => {
      const depths = await jobDepths(db);
      return {
        job_queue_depth: depths.flatMap(({ queue, waiting, delayed, active }) =>
          Object.entries({ waiting, delayed, active }).map(
            ([state, jobs]) => [{ queue, state }, jobs] as const,
          ),
        ),
        job_queue_oldest_seconds: depths.map((depth) => [
          { queue: depth.queue },
          depth.oldest_waiting_seconds,
        ]),
        job_dead_letters: depths.map(({ queue, dead }) => [{ queue }, dead]),
      };
    },
  });
}

function collectSetAside(metrics: Metrics, { db, clock }: MarketplaceSources): void {
  metrics.collectFrom({
    name: 'set-aside',
    series: {
      job_rows_set_aside: {
        type: 'gauge',
        help: 'Rows that a job could not bring forward and tries again by themselves',
        labels: ['job'],
      },
      job_rows_set_aside_oldest_seconds: {
        type: 'gauge',
        help: 'For how long the row has been set aside that has been for longest',
        labels: ['job'],
      },
    },
    collect: async () => {
      const counts = await countSetAside(db);
      const now_ms = clock.now().getTime();
      return {
        job_rows_set_aside: counts.map(({ job, rows }) => [{ job }, rows]),
        job_rows_set_aside_oldest_seconds: counts.map(({ job, since }) => [
          { job },
          Math.max(0, now_ms - since.getTime()) / SECOND_MS,
        ]),
      };
    },
  });
}

function collectOutbox(metrics: Metrics, { db, clock }: MarketplaceSources): void {
  metrics.collectFrom({
    name: 'outbox',
    series: {
      outbox_depth: { type: 'gauge', help: 'Events that are not dispatched yet' },
      outbox_oldest_seconds: { type: 'gauge', help: 'Age of the event that waits longest' },
    },
    collect: async () => {
      const { depth, oldest_seconds } = await readOutboxBacklog(db, clock.now());
      return { outbox_depth: depth, outbox_oldest_seconds: oldest_seconds };
    },
  });
}

function collectCodes(metrics: Metrics, { db, clock, smsCodesPerDay }: MarketplaceSources): void {
  metrics.collectFrom({
    name: 'codes',
    series: {
      sms_codes_recent: { type: 'gauge', help: 'One-time codes by SMS within 24 hours' },
      sms_codes_limit: { type: 'gauge', help: 'How many there may be' },
    },
    collect: async () => ({
      sms_codes_recent: await countSmsCodes(db, plusMs(clock.now(), -DAY_MS)),
      sms_codes_limit: smsCodesPerDay,
    }),
  });
}

function collectInvariants(metrics: Metrics, { db }: MarketplaceSources): void {
  metrics.collectFrom({
    name: 'invariants',
    series: {
      invariant_violations: {
        type: 'gauge',
        help: 'Violations of what must always hold, when it was last checked',
        labels: ['invariant'],
      },
      invariant_checked_timestamp_seconds: {
        type: 'gauge',
        help: 'When it was last checked',
        labels: ['invariant'],
      },
      audit_chain_breaks: { type: 'gauge', help: 'Places where the audit log was changed' },
      audit_chain_verified_timestamp_seconds: {
        type: 'gauge',
        help: 'When the audit log was last verified',
      },
    },
    collect: async () => {
      const all = await listInvariantChecks(db);
      const checks = all.filter(({ invariant }) => invariant !== AUDIT_CHAIN);
      const verdicts = all.filter(({ invariant }) => invariant === AUDIT_CHAIN);
      return {
        invariant_violations: checks.map(({ invariant, violations }) => [
          { invariant },
          violations,
        ]),
        invariant_checked_timestamp_seconds: checks.map(({ invariant, checked_at }) => [
          { invariant },
          toSeconds(checked_at),
        ]),
        audit_chain_breaks: verdicts.map(({ violations }) => [{}, violations]),
        audit_chain_verified_timestamp_seconds: verdicts.map(({ checked_at }) => [
          {},
          toSeconds(checked_at),
        ]),
      };
    },
  });
}

function collectPartitions(
  metrics: Metrics,
  { db, clock, auditRetentionMonths: months }: MarketplaceSources,
): void {
  metrics.collectFrom({
    name: 'partitions',
    series: {
      audit_partitions_end_timestamp_seconds: {
        type: 'gauge',
        help: 'Until when the audit log has partitions',
      },
      audit_partitions_overdue: {
        type: 'gauge',
        help: 'Partitions that are older than AUDIT_RETENTION_MONTHS',
      },
    },
    collect: async () => {
      const { end, overdue } = await readPartitionState(db, { months, now: clock.now() });
      return {
        audit_partitions_end_timestamp_seconds: toSeconds(end),
        audit_partitions_overdue: overdue ?? [],
      };
    },
  });
}

function collectReplication(metrics: Metrics, { db }: MarketplaceSources): void {
  metrics.collectFrom({
    name: 'replication',
    series: {
      database_replicas: { type: 'gauge', help: 'Standbys that follow the database' },
      database_replica_lag_seconds: {
        type: 'gauge',
        help: 'How far the slowest standby is behind',
      },
    },
    collect: async () => {
      const found = await findReplication(db);
      const isFollowed = found !== undefined && found.replicas > 0;
      return {
        database_replicas: found === undefined ? [] : found.replicas,
        database_replica_lag_seconds: isFollowed ? found.lag_seconds : [],
      };
    },
  });
}

const toSeconds = (moment: Date) => moment.getTime() / SECOND_MS;

function collectBackups(metrics: Metrics, { db }: MarketplaceSources): void {
  metrics.collectFrom({
    name: 'backups',
    series: {
      backup_taken_timestamp_seconds: {
        type: 'gauge',
        help: 'The moment that the newest backup shows',
      },
      backup_verified_timestamp_seconds: {
        type: 'gauge',
        help: 'When a backup was last restored aside and looked at',
      },
    },
    collect: async () => {
      const records = await listBackupRecords(db);
      const of = (event: BackupRecord['event']): Sample[] =>
        records
          .filter((record) => record.event === event)
          .map(({ done_at }) => [{}, done_at.getTime() / SECOND_MS]);
      return {
        backup_taken_timestamp_seconds: of('taken'),
        backup_verified_timestamp_seconds: of('verified'),
      };
    },
  });
}
