// Whether the service is well: what load balancers, monitors and people on call ask.
import type { Redis } from 'ioredis';
import type { FileStorage } from '../../../gateways/storage/storage.ts';
import type { Clock } from '../../../lib/time.ts';
import type { Log } from '../../../telemetry/log.ts';
import {
  type Check,
  type CheckStatus,
  cacheProbe,
  databaseProbe,
  jobsProbe,
  openProbePool,
  storageProbe,
} from './health.probes.ts';
import { createSystemGauge, type SystemLoad } from './system-load.ts';

export interface HealthReport {
  readonly status: CheckStatus;
  readonly timestamp: string;
  readonly version: string;
  readonly checks: {
    readonly database: Check;
    readonly cache: Check;
    readonly jobs: Check;
    readonly storage: Check;
    readonly system?: SystemLoad;
  };
}

export interface Health {
  /** Everything there is to know; `publicView` takes out what is not for everybody. */
  report(): Promise<HealthReport>;
  /** Why traffic must not come here, in words for everybody; undefined where it may. */
  findObstacle(): Promise<string | undefined>;
  /** From now on this process reports not ready, while it goes on serving. */
  startDraining(): void;
  isDraining(): boolean;
  close(): Promise<void>;
}

export interface HealthOptions {
  readonly databaseUrl: string;
  /** Absent: memory is the cache. */
  readonly redis?: Redis | undefined;
  readonly storage: Pick<FileStorage, 'get'>;
  readonly version: string;
  readonly dataDir: string;
  readonly clock: Clock;
  readonly log: Log;
}

/** Connects on the first check. */
export function createHealth(options: HealthOptions): Health {
  const { databaseUrl, version, dataDir, clock, log } = options;
  const pool = openProbePool(databaseUrl, (err) => log.warn({ err }, 'a probe lost the database'));
  const probeDatabase = databaseProbe(pool);
  const probeCache = cacheProbe(options.redis);
  const probeJobs = jobsProbe(pool);
  const probeStorage = storageProbe(options.storage);
  const measureSystem = createSystemGauge(dataDir);
  let isDraining = false;

  return {
    async report() {
      const [database, cache, jobs, storage, system] = await Promise.all([
        probeDatabase(),
        probeCache(),
        probeJobs(),
        probeStorage(),
        measureSystem(),
      ]);
      const status = statusOf(database, [cache, jobs, storage]);
      const timestamp = clock.now().toISOString();
      const checks = { database, cache, jobs, storage, system };
      return { status, timestamp, version, checks };
    },
    async findObstacle() {
      if (isDraining) return 'This server is stopping.';
      const database = await probeDatabase();
      if (database.status === 'healthy') return undefined;
      return 'The database does not answer, or is not migrated yet.';
    },
    startDraining: () => {
      isDraining = true;
    },
    isDraining: () => isDraining,
    close: () => pool.end(),
  };
}

/** The words without the reasons: versions, addresses and loads are of use to attackers. */
export function publicView({ checks, ...report }: HealthReport): HealthReport {
  const words = ({ status, latency_ms }: Check): Check => ({ status, latency_ms });
  const { database, cache, jobs, storage } = checks;
  return {
    ...report,
    checks: {
      database: words(database),
      cache: words(cache),
      jobs: words(jobs),
      storage: words(storage),
    },
  };
}

/** Only the database makes the service unhealthy: it sells without everything else. */
function statusOf(database: Check, others: readonly Check[]): CheckStatus {
  if (database.status === 'unhealthy') return 'unhealthy';
  return others.every(({ status }) => status === 'healthy') ? 'healthy' : 'degraded';
}
