// Asks what the API stands on whether it answers: PostgreSQL and its migrations, Redis, the job queues, the storage.
import type { Redis } from 'ioredis';
import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import type { Db } from '../../../db/database.ts';
import { pendingMigrations } from '../../../db/migrations/migrate.ts';
import type { DB } from '../../../db/schema.generated.ts';
import type { FileStorage } from '../../../gateways/storage/storage.ts';
import { jobDepths } from '../../../jobs/queues/depths.ts';
import { withDeadline } from '../../../lib/flow/deadline.ts';
import { MINUTE_MS } from '../../../lib/time.ts';

/** Below two seconds, with room for the answer: whoever probes gives up then. */
export const PROBE_TIMEOUT_MS = 1_200;
/** A due job that nobody takes for so long means that no worker runs, or too few. */
export const MAX_JOB_DELAY_MS = 2 * MINUTE_MS;
/** Nothing lies there: a storage that says so answers, and knows our key. */
const PROBE_KEY = 'health/probe';
const IDLE_TIMEOUT_MS = 30_000;
const MS_PER_SECOND = 1_000;

export type CheckStatus = 'healthy' | 'degraded' | 'unhealthy';

export interface Check {
  readonly status: CheckStatus;
  readonly latency_ms: number;
  /** Why it is not healthy, for those who run the service. */
  readonly reason?: string;
}

export type Probe = () => Promise<Check>;

/** Connections of the probes' own: a pool that is busy selling is not a database that is down. */
export function openProbePool(url: string, onError: (error: Error) => void): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    max: 2,
    connectionTimeoutMillis: PROBE_TIMEOUT_MS,
    query_timeout: PROBE_TIMEOUT_MS,
    idleTimeoutMillis: IDLE_TIMEOUT_MS,
    allowExitOnIdle: true,
    application_name: 'freshbytes-health',
    keepAlive: true,
  });
  // Each client's own listener has handled it; unhandled here, the event would end the process.
  pool.on('error', () => {});
  pool.on('connect', (client) => {
    client.on('error', (error) => {
      // While the pool closes this is expected.
      if (!pool.ending) onError(error);
    });
  });
  return pool;
}

/** Unhealthy without an answer, or without a migration that this code needs. */
export function databaseProbe(pool: pg.Pool): Probe {
  let isMigrated = false;
  return shared(
    timed('unhealthy', async () => {
      if (isMigrated) {
        await pool.query('SELECT 1');
        return undefined;
      }
      const pending = await pendingMigrations(async (sql) => (await pool.query(sql)).rows);
      isMigrated = pending.length === 0;
      return isMigrated ? undefined : `migrations are pending: ${pending.join(', ')}`;
    }),
  );
}

/** Without Redis, memory is the cache, and healthy. A lost Redis never makes it worse than degraded. */
export function cacheProbe(redis: Redis | undefined): Probe {
  return shared(
    timed('degraded', async () => {
      await redis?.ping();
      return undefined;
    }),
  );
}

/** Degraded where jobs wait and nobody takes them. */
export function jobsProbe(pool: pg.Pool): Probe {
  const db: Db = new Kysely<DB>({ dialect: new PostgresDialect({ pool }) });
  return shared(
    timed('degraded', async () => {
      const depths = await jobDepths(db);
      const late = depths.filter(
        (depth) => depth.oldest_waiting_seconds * MS_PER_SECOND > MAX_JOB_DELAY_MS,
      );
      if (late.length === 0) return undefined;
      return `nobody takes jobs from ${late.map(({ queue }) => queue).join(', ')}`;
    }),
  );
}

/** Degraded without it: images cannot be shown or uploaded, and everything is sold all the same. */
export function storageProbe(storage: Pick<FileStorage, 'get'>): Probe {
  return shared(
    timed('degraded', async () => {
      await storage.get(PROBE_KEY);
      return undefined;
    }),
  );
}

/** `ask` answers with what is wrong, or undefined; a fault or a late answer counts as `failure`. */
function timed(failure: CheckStatus, ask: () => Promise<string | undefined>): Probe {
  return async () => {
    const started_ms = performance.now();
    const message = `no answer within ${PROBE_TIMEOUT_MS} ms`;
    const reason = await withDeadline(ask(), PROBE_TIMEOUT_MS, message).catch(
      // Of several addresses that all refuse, the error has no message of its own.
      (error: Error) => error.message || error.name,
    );
    const latency_ms = Math.round((performance.now() - started_ms) * 10) / 10;
    if (reason === undefined) return { status: 'healthy', latency_ms };
    return { status: failure, latency_ms, reason };
  };
}

/** Callers who come while a probe runs share its answer: however many ask, one connection is busy. */
function shared(probe: Probe): Probe {
  let running: Promise<Check> | undefined;
  return () => {
    running ??= probe().finally(() => {
      running = undefined;
    });
    return running;
  };
}
