// The whole API in one process, on a database of its own, with a clock that tests move.
import { rm } from 'node:fs/promises';
import type { FastifyInstance, LightMyRequestResponse } from 'fastify';
import { buildApp } from '../../src/app.ts';
import { openCache } from '../../src/cache/open.ts';
import { type Config, loadConfig } from '../../src/config.ts';
import { type OutsideCtx, type Services, systemCtx } from '../../src/context.ts';
import { createCommitMemory } from '../../src/db/commits/commit-memory.ts';
import { openDatabase } from '../../src/db/database.ts';
import { openReplicaOf } from '../../src/db/replica/replica.ts';
import { createGateways } from '../../src/gateways/create.ts';
import { createRateLimits } from '../../src/http/limits/rate-limit.ts';
import type { Deprecation } from '../../src/http/versions/deprecations.ts';
import { createJobs } from '../../src/jobs/jobs.ts';
import { newId } from '../../src/lib/ids.ts';
import { createHealth, type Health } from '../../src/modules/operations/health/health.service.ts';
import { registerCollectors } from '../../src/modules/operations/metrics/collectors.ts';
import { createLog } from '../../src/telemetry/log.ts';
import { createMetrics, type Metrics } from '../../src/telemetry/metrics.ts';
import { loadTokens } from '../../src/tokens/tokens.ts';
import { movableClock, type TestClock } from './clock.ts';
import { createTestDatabase, type TestDatabase } from './database.ts';

export interface TestApp {
  readonly app: FastifyInstance;
  readonly services: Services;
  readonly clock: TestClock;
  /** For calling services directly, as nobody's request. */
  readonly system: OutsideCtx;
  readonly health: Health;
  readonly metrics: Metrics;
  readonly databaseUrl: string;
  /** Text of every statement since the last `forgetStatements()`, transaction control left out. */
  readonly statements: string[];
  call(request: Call): Promise<LightMyRequestResponse>;
  close(): Promise<void>;
}

export interface Call {
  readonly method?: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Below `/api/v1` unless it begins with `/api/`, `/dev/` or `/health`. */
  readonly path: string;
  readonly token?: string | undefined;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
}

export interface TestAppOptions {
  /** One by default, so that a query outside its transaction times out; concurrency tests take eight. */
  readonly poolSize?: number;
  readonly env?: Readonly<Record<string, string>>;
  /** In place of what is really announced. */
  readonly deprecations?: readonly Deprecation[];
  /** A fresh one by default; dropped with the app. */
  readonly database?: TestDatabase;
  /** That of another app, where both must agree on the time. */
  readonly clock?: TestClock;
  /** Called with what the database says beside its answers. */
  readonly onNotice?: (message: string) => void;
}

/** Customers of tests order again and again, and whole stocks at once; tests of these limits set them. */
export const WIDE_LIMITS = {
  UNPAID_ORDERS_MAX: '10000',
  UNPAID_TOTAL_MAX: '9999999999999',
  UNPAID_STOCK_FREE: '9999999999999',
};

export async function createTestApp(options: TestAppOptions = {}): Promise<TestApp> {
  const database = options.database ?? (await createTestDatabase());
  const config: Config = loadConfig(
    {
      NODE_ENV: 'test',
      RATE_LIMITS: 'off',
      LOAD_SHEDDING: 'off',
      ...WIDE_LIMITS,
      APP_SECRET: 'test-secret-of-more-than-32-characters',
      DATABASE_URL: database.url,
      DATA_DIR: `/tmp/freshbytes-test-${newId()}`,
      ...options.env,
    },
    '0.0.0-test',
  );
  const statements: string[] = [];
  const log = createLog({ level: 'silent', pretty: false, version: config.version });
  const clock = options.clock ?? movableClock();
  const { db, pool } = openDatabase({
    url: database.url,
    poolSize: options.poolSize ?? 1,
    onError: (error) => log.error({ err: error }),
    onStatement: (text) => {
      if (
        !/^(begin|commit|rollback|savepoint|release)/i.test(text) &&
        !text.includes('named:find_caller')
      )
        statements.push(text);
    },
  });
  const { onNotice } = options;
  if (onNotice !== undefined)
    pool.on('connect', (client) => {
      client.on('notice', ({ message }) => onNotice(message ?? ''));
    });
  const metrics = createMetrics(log);
  const cache = openCache({
    config,
    databaseUrl: database.url,
    clock,
    log,
    onRequest: (result) => metrics.countCacheRequest(result),
  });
  const gateways = createGateways({
    config,
    db,
    clock,
    log,
    onStorageCall: metrics.observeStorageCall,
  });
  const replica = openReplicaOf(config, { clock, log });
  const commits = createCommitMemory();
  const services: Services = {
    commits,
    config,
    db,
    replica,
    cache,
    clock,
    log,
    jobs: await createJobs(pool, log),
    gateways,
    tokens: await loadTokens(config),
  };
  const worksOnJobs = config.WORKER === 'on';
  registerCollectors(metrics, {
    db,
    pool,
    replica,
    commits,
    clock,
    version: config.version,
    worksOnJobs,
    smsCodesPerDay: config.SMS_CODES_PER_DAY,
    auditRetentionMonths: config.AUDIT_RETENTION_MONTHS,
  });
  const health = createHealth({
    databaseUrl: database.url,
    storage: gateways.storage,
    dataDir: config.DATA_DIR,
    version: config.version,
    clock,
    log,
  });
  const app = await buildApp({
    services,
    log,
    metrics,
    health,
    deprecations: options.deprecations,
    pool,
    limits: createRateLimits({
      config,
      clock,
      log,
      onRefusal: (rule) => metrics.countRateLimitRefusal(rule),
    }),
  });
  await app.ready();
  return {
    app,
    services,
    clock,
    statements,
    system: systemCtx(services, 'test'),
    health,
    metrics,
    databaseUrl: database.url,
    call: (request) => call(app, request),
    close: async () => {
      await app.close();
      await cache.close();
      await replica?.close();
      await services.jobs.close();
      await health.close();
      await db.destroy();
      await database.drop();
      await rm(config.DATA_DIR, { recursive: true, force: true });
    },
  };
}

/** Sends a request to any instance of the API. */
export function call(app: FastifyInstance, request: Call): Promise<LightMyRequestResponse> {
  const isAbsolute = /^\/(api|dev|health|docs|redoc|metrics|\.well-known)/.test(request.path);
  return app.inject({
    method: request.method ?? 'GET',
    url: isAbsolute ? request.path : `/api/v1${request.path}`,
    headers: {
      ...(request.token === undefined ? {} : { authorization: `Bearer ${request.token}` }),
      ...request.headers,
    },
    ...(request.body === undefined ? {} : { payload: request.body as object }),
  });
}
