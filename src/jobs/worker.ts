// The consumer: takes jobs from their queues, runs a bounded number at once, and starts periodic jobs.
import type { JobResult, PgBoss, Job as QueuedJob } from 'pg-boss';
import { openDatabase } from '../db/database.ts';
import { messageOf } from '../lib/errors.ts';
import { SECOND_MS } from '../lib/time.ts';
import type { ErrorReports } from '../telemetry/errors/error-reports.ts';
import type { Log } from '../telemetry/log.ts';
import { detachTrace, newTrace, type TraceContext } from '../telemetry/traces/trace-context.ts';
import type { Activity, Tracing } from '../telemetry/traces/tracing.ts';
import { InvalidJobData, type Job } from './define.ts';
import { newBoss } from './queues/boss.ts';
import { startTicker } from './ticker.ts';

/** Taking and settling jobs are short statements; handlers use the pool of their context. */
const POOL_SIZE = 3;
const POLL_SECONDS = 0.5;
/** The process that starts a periodic job wakes itself; a poll finds retries and what another process left. */
const PERIODIC_POLL_SECONDS = 5;
const HEARTBEAT_REFRESH_SECONDS = 3;
const MONITOR_SECONDS = 10;
const CLEANUP_SECONDS = 300;
const CRON_POLL_SECONDS = 5;
/** pg-boss's chains of dependent jobs, which we do not use, are looked for this seldom. */
const FLOW_SECONDS = 86_400;
/** Running handlers get this long to finish; what still runs then is failed and tried again elsewhere. */
export const STOP_GRACE_MS = 15_000;
/** For settling what was running and closing the pool, even where PostgreSQL no longer answers. */
export const CLOSE_TIMEOUT_MS = 5_000;

export interface JobRun {
  readonly name: string;
  /** The job's; it stays the same when the job is tried again. */
  readonly id: string;
  /** Names job, id and trace in every line. */
  readonly log: Pick<Log, 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal'>;
  readonly activity: Activity;
}

export interface WorkerOptions<C> {
  readonly databaseUrl: string;
  readonly jobs: readonly Job<C, unknown>[];
  readonly makeContext: (run: JobRun) => C;
  readonly log: Log;
  readonly tracing?: Tracing | undefined;
  readonly errorReports?: ErrorReports | undefined;
  /** STOP_GRACE_MS if absent; at least a second. */
  readonly grace_ms?: number;
}

export interface Worker {
  /** Takes no more jobs, waits `grace_ms` for running handlers, closes. @throws Error after CLOSE_TIMEOUT_MS more */
  stop(): Promise<void>;
}

/**
 * Starts working on every queue of `jobs`.
 * @throws Error where `migrateJobs` has not run on this database, or it cannot be reached
 */
export async function startWorker<C>(options: WorkerOptions<C>): Promise<Worker> {
  const { databaseUrl, jobs, log, grace_ms = STOP_GRACE_MS } = options;
  const onError = ({ message }: Error) =>
    log.warn({ reason: message }, 'job queue lost a connection');
  const { pool } = openDatabase({ url: databaseUrl, poolSize: POOL_SIZE, onError });
  const boss = newBoss(pool, log, {
    supervise: true,
    superviseIntervalSeconds: MONITOR_SECONDS,
    monitorIntervalSeconds: MONITOR_SECONDS,
    maintenanceIntervalSeconds: CLEANUP_SECONDS,
    flowIntervalSeconds: FLOW_SECONDS,
    monitorVacuum: false,
    schedule: jobs.some(({ every }) => every?.cron !== undefined),
    cronWorkerIntervalSeconds: CRON_POLL_SECONDS,
  });
  const tickers: (() => Promise<void>)[] = [];
  const close = async () => {
    await Promise.all(tickers.map((stopTicker) => stopTicker()));
    await boss.stop({ timeout: grace_ms });
    await pool.end();
  };
  try {
    await boss.start();
    for (const job of jobs) {
      const wake = await openQueue(boss, job, options);
      const period_s = job.every?.seconds;
      if (period_s !== undefined)
        tickers.push(startTicker(boss, { queue: job.name, period_s, wake }));
    }
  } catch (error) {
    await close();
    throw error;
  }
  let stopping: Promise<void> | undefined;
  return {
    stop: () => {
      stopping ??= within(grace_ms + CLOSE_TIMEOUT_MS, close());
      return stopping;
    },
  };
}

/**
 * Opens a queue's slots, one for each job that may run at once. A slot that finds a job wakes all,
 * itself included, so that a queue is emptied without a pause and each job settles by itself.
 * @returns wakes the queue
 */
async function openQueue<C>(
  boss: PgBoss,
  job: Job<C, unknown>,
  options: WorkerOptions<C>,
): Promise<() => void> {
  const slots: string[] = [];
  const wake = () => {
    for (const slot of slots) boss.notifyWorker(slot);
  };
  const workOptions = {
    pollingIntervalSeconds: job.every === undefined ? POLL_SECONDS : PERIODIC_POLL_SECONDS,
    heartbeatRefreshSeconds: HEARTBEAT_REFRESH_SECONDS,
    perJobResults: true,
  } as const;
  for (let slot = 0; slot < job.concurrency; slot += 1) {
    const id = await boss.work(job.name, workOptions, (batch: QueuedJob[]) => {
      wake();
      return Promise.all(batch.map((queued) => runJob(job, queued, options)));
    });
    slots.push(id);
  }
  return wake;
}

async function runJob<C>(
  job: Job<C, unknown>,
  { id, data: stored, retryCount }: QueuedJob,
  options: WorkerOptions<C>,
): Promise<JobResult> {
  const { name } = job;
  const { data, trace: parent } = detachTrace(stored);
  const activity = beginRun({ name, id }, parent, options.tracing);
  const { trace, span } = activity;
  const log = options.log.child({ job: name, job_id: id, trace_id: trace.traceId });
  const attempt = retryCount + 1;
  const started_ms = performance.now();
  try {
    await job.run(options.makeContext({ name, id, log, activity }), data);
    span?.end({});
    log.debug({ attempt, duration_ms: Math.round(performance.now() - started_ms) }, 'job done');
    return { id, status: 'completed' };
  } catch (err) {
    span?.end({ error_type: err instanceof Error ? err.constructor.name : typeof err });
    const output = { message: messageOf(err) };
    const isInvalid = err instanceof InvalidJobData;
    if (!isInvalid && retryCount < job.retryLimit) {
      log.warn({ attempt, err }, 'job failed and will be tried again');
      return { id, status: 'failed', output };
    }
    const what = isInvalid ? 'job is not valid' : 'job failed for the last time';
    log.error({ attempt, err }, `${what} and goes to its dead-letter queue`);
    options.errorReports?.report(err, {
      transaction: name,
      trace,
      tags: { job: name, job_id: id },
    });
    return { id, status: isInvalid ? 'deadletter' : 'failed', output };
  }
}

/** Below whatever enqueued the job; a periodic one, and one from before jobs had a trace, begins its own. */
function beginRun(
  { name, id }: { name: string; id: string },
  parent: TraceContext | undefined,
  tracing: Tracing | undefined,
): Activity {
  if (tracing === undefined) return { trace: parent ?? newTrace() };
  const attributes = {
    'messaging.system': 'pg-boss',
    'messaging.operation.type': 'process',
    'messaging.operation.name': 'process',
    'messaging.destination.name': name,
    'messaging.message.id': id,
  };
  return tracing.begin({ kind: 'job', name: `process ${name}`, attributes }, parent);
}

async function within(timeout_ms: number, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    const error = new Error(`the worker did not stop within ${timeout_ms / SECOND_MS} s`);
    timer = setTimeout(() => reject(error), timeout_ms);
  });
  await Promise.race([work, late]).finally(() => clearTimeout(timer));
}
