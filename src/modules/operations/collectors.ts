// What each scrape of the metrics asks beside what was counted: the business, the pool, the queues.
import type { Pool } from 'pg';
import type { Db } from '../../db/database.ts';
import { jobDepths } from '../../jobs/depths.ts';
import { type Clock, MINUTE_MS, plusMs } from '../../lib/time.ts';
import type { Metrics } from '../../telemetry/metrics.ts';
import { readBusinessNumbers } from './operations.queries.ts';

/** As long as an access token lives: who is here refreshes within this time. */
const ACTIVE_WINDOW_MS = 15 * MINUTE_MS;

export interface CollectorSources {
  readonly db: Db;
  readonly pool: Pool;
  readonly clock: Clock;
}

export function registerCollectors(metrics: Metrics, { db, pool, clock }: CollectorSources): void {
  metrics.collectFrom('business', () =>
    readBusinessNumbers(db, plusMs(clock.now(), -ACTIVE_WINDOW_MS)),
  );
  metrics.collectFrom('pool', () => {
    const { totalCount, idleCount, waitingCount } = pool;
    const active = totalCount - idleCount;
    return { db_pool_connections: { active, idle: idleCount, waiting: waitingCount } };
  });
  metrics.collectFrom('jobs', async () => {
    const depths = await jobDepths(db);
    const jobs = depths.map(({ queue, oldest_waiting_seconds: oldest_seconds, ...depth }) => ({
      queue,
      depth,
      oldest_seconds,
    }));
    return { jobs };
  });
}
