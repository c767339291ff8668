// serve and worker: what starts, in which order, and how all of it stops again without losing a request or a job.
import { setTimeout as pause } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';
import { buildApp } from '../app.ts';
import type { Config } from '../config.ts';
import { systemCtx, within } from '../context.ts';
import { openReplicaOf } from '../db/replica/replica.ts';
import { createRateLimits } from '../http/limits/rate-limit.ts';
import { startWorker } from '../jobs/worker.ts';
import { createHealth, type Health } from '../modules/operations/health/health.service.ts';
import { registerCollectors } from '../modules/operations/metrics/collectors.ts';
import { watchCommits } from '../modules/operations/watch/commit-watch.service.ts';
import type { Log } from '../telemetry/log.ts';
import { allJobs } from './all-jobs.ts';
import { buildMonitoringApp } from './monitoring-app.ts';
import { type OpenedServices, openServices } from './services.ts';

export interface ProcessOptions {
  readonly config: Config;
  /** A database that is migrated already. */
  readonly databaseUrl: string;
  readonly log: Log;
}

export interface RunningProcess {
  /** Finishes what is in flight and closes everything; may be called once. */
  stop(): Promise<void>;
}

export interface RunningServer extends RunningProcess {
  /** Where it listens, e.g. `http://127.0.0.1:8000`. */
  readonly address: string;
}

/**
 * Starts the API, and the worker beside it unless WORKER is off.
 * @throws Error with code EADDRINUSE or EACCES where it cannot listen
 */
export async function startServer(options: ProcessOptions): Promise<RunningServer> {
  const { config, log } = options;
  await using stack = new AsyncDisposableStack();
  const opened = withReplica(
    stack,
    await openServices(stack, { config, url: options.databaseUrl, log }),
  );
  const { app, health } = await assembleApp(stack, opened, options);
  if (config.WORKER === 'on') await addWorker(stack, opened, options);
  // Registered last, so that it closes first: no request may find its pool closed.
  stack.defer(() => app.close());
  const address = await app.listen({ host: config.HOST, port: config.PORT });
  const running = stack.move();
  return {
    address,
    stop: async () => {
      health.startDraining();
      await pause(config.DRAIN_MS);
      await running.disposeAsync();
    },
  };
}

/**
 * Starts the worker alone, with an HTTP server for its health and metrics where WORKER_PORT is set.
 * @throws Error with code EADDRINUSE or EACCES where it cannot listen
 */
export async function startWorkerProcess(options: ProcessOptions): Promise<RunningProcess> {
  const { config, log } = options;
  await using stack = new AsyncDisposableStack();
  const opened = await openServices(stack, { config, url: options.databaseUrl, log });
  const monitored = await assembleMonitoring(stack, opened, { ...options, worksOnJobs: true });
  const app = buildMonitoringApp(monitored);
  // Closes after the worker: what it still finishes can be watched.
  stack.defer(() => app.close());
  if (config.WORKER_PORT !== undefined)
    await app.listen({ host: config.HOST, port: config.WORKER_PORT });
  await addWorker(stack, opened, options);
  const running = stack.move();
  return {
    stop: async () => {
      monitored.health.startDraining();
      await running.disposeAsync();
    },
  };
}

/** The same, with the replica that public reads go to where the settings name one. */
function withReplica(stack: AsyncDisposableStack, opened: OpenedServices): OpenedServices {
  const replica = openReplicaOf(opened.services.config, opened.services);
  if (replica !== undefined) stack.defer(() => replica.close());
  return { ...opened, services: { ...opened.services, replica } };
}

async function addWorker(
  stack: AsyncDisposableStack,
  { services }: OpenedServices,
  { databaseUrl, log }: ProcessOptions,
): Promise<void> {
  const worker = await startWorker({
    databaseUrl,
    log,
    tracing: services.tracing,
    errorReports: services.errorReports,
    jobs: allJobs,
    makeContext: ({ id, log, activity }) => ({
      ...systemCtx(services, id),
      ...within(activity, services),
      log,
    }),
  });
  stack.defer(() => worker.stop());
}

/** What every process with an HTTP server has: keys to know callers by, health and metrics. */
async function assembleMonitoring(
  stack: AsyncDisposableStack,
  { services, pool, redis, breaker, metrics }: OpenedServices,
  { databaseUrl, log, worksOnJobs }: ProcessOptions & { readonly worksOnJobs: boolean },
) {
  const { config, clock, db, commits, replica } = services;
  const { version, DATA_DIR: dataDir } = config;
  registerCollectors(metrics, {
    db,
    pool,
    replica,
    commits,
    clock,
    version,
    worksOnJobs,
    smsCodesPerDay: config.SMS_CODES_PER_DAY,
    auditRetentionMonths: config.AUDIT_RETENTION_MONTHS,
  });
  const watch = watchCommits({ pool, databaseUrl, commits, log });
  stack.defer(() => watch.stop());
  const { storage } = services.gateways;
  const health = createHealth({ databaseUrl, redis, storage, version, dataDir, clock, log });
  stack.defer(() => health.close());
  const limits = createRateLimits({
    config,
    clock,
    log,
    shared: redis === undefined ? undefined : { redis, breaker },
    onRefusal: (rule) => metrics.countRateLimitRefusal(rule),
  });
  return { services, log, health, metrics, limits };
}

async function assembleApp(
  stack: AsyncDisposableStack,
  opened: OpenedServices,
  options: ProcessOptions,
): Promise<{ app: FastifyInstance; health: Health }> {
  const worksOnJobs = opened.services.config.WORKER === 'on';
  const monitored = await assembleMonitoring(stack, opened, { ...options, worksOnJobs });
  const app = await buildApp({ ...monitored, pool: opened.pool });
  // Before anything polls: compiling the schemas keeps the event loop for a while.
  await app.ready();
  return { app, health: monitored.health };
}
