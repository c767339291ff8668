// Opens what lives as long as a process: keys, pool, queues, gateways and Redis. The server, the worker and the
// commands share it, so that they cannot differ.
import type { Redis } from 'ioredis';
import type { Pool } from 'pg';
import type { CacheResult } from '../cache/cache.ts';
import { openCache } from '../cache/open.ts';
import { connectRedis, redisBreaker } from '../cache/redis.ts';
import type { Config } from '../config.ts';
import type { Services } from '../context.ts';
import { type CommitMemory, createCommitMemory } from '../db/commits/commit-memory.ts';
import { openDatabase } from '../db/database.ts';
import { createGateways } from '../gateways/create.ts';
import { createJobs } from '../jobs/jobs.ts';
import type { Breaker } from '../lib/flow/breaker.ts';
import { systemClock } from '../lib/time.ts';
import type { Log } from '../telemetry/log.ts';
import { createMetrics, type Metrics } from '../telemetry/metrics.ts';
import { openTelemetry } from '../telemetry/open.ts';
import { loadSecrets } from '../tokens/signing-keys.ts';
import { createTokens } from '../tokens/tokens.ts';

export interface OpenedServices {
  readonly services: Services & { readonly commits: CommitMemory };
  readonly pool: Pool;
  /** Absent where REDIS_URL is. */
  readonly redis: Redis | undefined;
  /** Around every call of `redis`. */
  readonly breaker: Breaker;
  readonly metrics: Metrics;
}

export interface ServicesOptions {
  readonly config: Config;
  /** Of the database, past any pooler. */
  readonly url: string;
  readonly log: Log;
  readonly isReadOnly?: boolean;
}

/**
 * Opens everything over the database at `url`; `stack` closes it again.
 * @throws Error where the database is not migrated or cannot be reached
 */
export async function openServices(
  stack: AsyncDisposableStack,
  { config: given, url, log, isReadOnly = false }: ServicesOptions,
): Promise<OpenedServices> {
  // In development the secret comes from a file and the database is our own; from here on it is as if both had been given.
  const secrets = await loadSecrets(given);
  const config: Config = Object.freeze({
    ...given,
    APP_SECRET: secrets.appSecret,
    DATABASE_URL: url,
  });
  const directUrl = given.DATABASE_DIRECT_URL ?? url;
  // First, so that it closes last: errors while the rest stops are still logged.
  const telemetry = await openTelemetry(stack, config, log);
  const commits = createCommitMemory();
  const { db, pool } = openDatabase({
    url,
    poolSize: config.DATABASE_POOL_SIZE,
    isReadOnly,
    onError: (err) => {
      commits.doubt();
      log.warn({ err }, 'a database connection broke');
    },
    onUnreplicated: () => {
      commits.seen.unreplicated += 1;
      log.error('a commit was acknowledged on one disk: its wait for the standby was cancelled');
    },
  });
  // Not db.destroy(): it leaves a pool open that only the queues have used.
  stack.defer(() => pool.end());
  const jobs = await createJobs(pool, log);
  stack.defer(() => jobs.close());
  const redis = config.REDIS_URL === undefined ? undefined : connectRedis(config.REDIS_URL, log);
  if (redis !== undefined) stack.defer(() => redis.disconnect());
  const metrics = createMetrics(log);
  const clock = systemClock;
  const breaker = redisBreaker(clock);
  const onRequest = (result: CacheResult) => metrics.countCacheRequest(result);
  const shared = redis === undefined ? undefined : { redis, breaker };
  const cache = openCache({ config, databaseUrl: directUrl, shared, clock, log, onRequest });
  stack.defer(() => cache.close());
  const tokens = createTokens(secrets);
  const gateways = createGateways({
    config,
    db,
    clock,
    log,
    onStorageCall: metrics.observeStorageCall,
  });
  return {
    services: { config, db, cache, jobs, gateways, tokens, clock, log, commits, ...telemetry },
    pool,
    redis,
    breaker,
    metrics,
  };
}
