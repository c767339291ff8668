// Metrics of a scrape. Every process reports its own; one that works on jobs also reports those of the marketplace.
import type { Pool } from 'pg';
import type { CommitMemory } from '../../../db/commits/commit-memory.ts';
import { laneOf } from '../../../db/database.ts';
import type { Replica } from '../../../db/replica/replica.ts';
import type { Metrics } from '../../../telemetry/metrics.ts';
import {
  type MarketplaceSources,
  registerMarketplaceCollectors,
} from './marketplace.collectors.ts';
import { collectReadReplica } from './read-replica.collector.ts';

export interface CollectorSources extends MarketplaceSources {
  readonly pool: Pool;
  readonly replica?: Replica | undefined;
  readonly commits: CommitMemory;
  readonly version: string;
  /** Replicas of the API alone do not report marketplace metrics: summed over processes, they would be wrong. */
  readonly worksOnJobs: boolean;
}

export function registerCollectors(metrics: Metrics, sources: CollectorSources): void {
  collectBuild(metrics, sources);
  collectPool(metrics, sources);
  collectReadReplica(metrics, sources.replica);
  collectCommits(metrics, sources);
  if (!sources.worksOnJobs) return;
  registerMarketplaceCollectors(metrics, sources);
}

function collectBuild(metrics: Metrics, { version }: CollectorSources): void {
  metrics.collectFrom({
    name: 'build',
    series: {
      freshbytes_build_info: { type: 'gauge', help: 'Always 1', labels: ['version'] },
    },
    collect: () => ({ freshbytes_build_info: [[{ version }, 1]] }),
  });
}

function collectPool(metrics: Metrics, { db, pool }: CollectorSources): void {
  metrics.collectFrom({
    name: 'pool',
    series: {
      db_pool_connections: {
        type: 'gauge',
        help: 'Connections of this process to PostgreSQL',
        labels: ['state'],
      },
      db_pool_max_connections: { type: 'gauge', help: 'Most connections that it may open' },
      db_pool_waiting_requests: { type: 'gauge', help: 'Statements that wait for a connection' },
      db_transactions_waiting: {
        type: 'gauge',
        help: 'Transactions that wait for their turn, without a connection',
      },
    },
    collect: () => ({
      db_pool_connections: [
        [{ state: 'active' }, pool.totalCount - pool.idleCount],
        [{ state: 'idle' }, pool.idleCount],
      ],
      db_pool_max_connections: pool.options.max,
      db_pool_waiting_requests: pool.waitingCount,
      db_transactions_waiting: laneOf(db).waitingCount,
    }),
  });
}

function collectCommits(metrics: Metrics, { commits: { seen } }: CollectorSources): void {
  metrics.collectFrom({
    name: 'commits',
    series: {
      acknowledged_entries_missing_total: {
        type: 'counter',
        help: 'Audit entries whose commit was acknowledged to this process and that the database no longer has',
      },
      commits_unreplicated_total: {
        type: 'counter',
        help: 'Commits acknowledged on one disk because their wait for the standby was cancelled',
      },
      database_timeline: { type: 'gauge', help: 'Counted up by each promotion of a standby' },
    },
    collect: () => ({
      acknowledged_entries_missing_total: seen.missing,
      commits_unreplicated_total: seen.unreplicated,
      database_timeline: seen.timeline ?? [],
    }),
  });
}
