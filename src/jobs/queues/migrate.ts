// A deployment's step for jobs: pg-boss's schema, and for every job its queue, dead-letter queue and schedule.
import { setTimeout as pause } from 'node:timers/promises';
import { PgBoss, type Queue, type QueueResult } from 'pg-boss';
import {
  DEFAULT_EXPIRE_SECONDS,
  DEFAULT_RETRY_LIMIT,
  deadLetterQueue,
  type Job,
  MAX_RETRY_DELAY_SECONDS,
  RETRY_DELAY_SECONDS,
} from '../define.ts';
import { PASSIVE } from './boss.ts';

/** The least that pg-boss allows: how long a killed worker's job waits for another, beside one monitor pass. */
const HEARTBEAT_SECONDS = 10;
/** How long a job may wait for a worker, and lie in a dead-letter queue, before it is deleted. */
const WAITING_RETENTION_SECONDS = 30 * 86_400;
const FINISHED_RETENTION_SECONDS = 3_600;
const INDEX_BUILD_TIMEOUT_MS = 10 * 60_000;
const INDEX_BUILD_POLL_MS = 200;
/** pg-boss retries a failed index build no sooner. */
const INDEX_BUILD_RETRY_SECONDS = 10;
const STOP_TIMEOUT_MS = 5_000;
const TIME_ZONE = 'Asia/Manila';

type JobSettings = Pick<Job<never, unknown>, 'name' | 'retryLimit' | 'expireSeconds' | 'every'>;

/** pg-boss's own queue, through which it sends the jobs that a cron expression asks for. */
const CRON_JOB: JobSettings = {
  name: '__pgboss__send-it',
  retryLimit: DEFAULT_RETRY_LIMIT,
  expireSeconds: DEFAULT_EXPIRE_SECONDS,
  every: undefined,
};

/**
 * Installs or upgrades pg-boss's schema, then creates or updates every queue. Running it again, or in
 * several processes at once, changes nothing more. Queues of jobs that are gone stay, with what waits in them.
 * @throws Error where a job became periodic, or stopped being so, under the same name
 */
export async function migrateJobs(
  databaseUrl: string,
  jobs: readonly Job<never, unknown>[],
): Promise<void> {
  const faults: Error[] = [];
  const boss = new PgBoss({
    ...PASSIVE,
    connectionString: databaseUrl,
    application_name: 'freshbytes-migrate',
    max: 2,
    migrate: true,
    bamIntervalSeconds: INDEX_BUILD_RETRY_SECONDS,
  });
  boss.on('error', (fault) => faults.push(fault));
  try {
    await boss.start();
    await finishIndexBuilds(boss);
    const existing = new Map((await boss.getQueues()).map((queue) => [queue.name, queue]));
    for (const queue of queuesOf(jobs)) await ensureQueue(boss, queue, existing.get(queue.name));
    await ensureSchedules(boss, jobs);
  } finally {
    await boss.stop({ timeout: STOP_TIMEOUT_MS });
  }
  if (faults.length > 0) throw new AggregateError(faults, 'the job queue did not migrate cleanly');
}

/** An upgrade of pg-boss leaves its index builds to the background of this instance; no other one may run them. */
async function finishIndexBuilds(boss: PgBoss): Promise<void> {
  const deadline_ms = Date.now() + INDEX_BUILD_TIMEOUT_MS;
  for (;;) {
    const builds = await boss.getBamStatus();
    if (builds.every(({ status }) => status === 'completed')) return;
    if (Date.now() > deadline_ms)
      throw new Error('the indexes of the job queue were not built in time');
    await pause(INDEX_BUILD_POLL_MS);
  }
}

/** A dead-letter queue stands before the queue that refers to it. */
function queuesOf(jobs: readonly Job<never, unknown>[]): Queue[] {
  const cronJobs = jobs.some(({ every }) => every?.cron !== undefined) ? [CRON_JOB] : [];
  return [...jobs, ...cronJobs].flatMap(queueAndDeadLetter);
}

function queueAndDeadLetter({
  name,
  retryLimit,
  expireSeconds,
  every,
}: JobSettings): [Queue, Queue] {
  const period_s = every?.seconds;
  const deadLetter: Queue = {
    name: deadLetterQueue(name),
    policy: 'standard',
    retryLimit,
    retryDelay: RETRY_DELAY_SECONDS,
    retryBackoff: true,
    // A periodic job that failed must not wait longer than for its next turn.
    retryDelayMax: Math.min(period_s ?? MAX_RETRY_DELAY_SECONDS, MAX_RETRY_DELAY_SECONDS),
    expireInSeconds: expireSeconds,
    heartbeatSeconds: HEARTBEAT_SECONDS,
    retentionSeconds: WAITING_RETENTION_SECONDS,
    // The finished row is what keeps its period from being run twice.
    deleteAfterSeconds: Math.max(FINISHED_RETENTION_SECONDS, 2 * (period_s ?? 0)),
  };
  // `exclusive` lets one job wait or run in all: periodic jobs neither pile up nor overlap.
  const policy = every === undefined ? 'standard' : 'exclusive';
  return [deadLetter, { ...deadLetter, name, policy, deadLetter: deadLetter.name }];
}

async function ensureQueue(
  boss: PgBoss,
  wanted: Queue,
  existing: QueueResult | undefined,
): Promise<void> {
  const { name, policy, ...options } = wanted;
  if (existing === undefined)
    return boss.createQueue(name, { ...options, ...(policy && { policy }) });
  if (existing.policy !== policy) {
    throw new Error(
      `queue ${name} is ${existing.policy} and cannot become ${policy}: rename the job`,
    );
  }
  const current = new Map<string, unknown>(Object.entries(existing));
  const isChanged = Object.entries(options).some(
    ([option, value]) => current.get(option) !== value,
  );
  if (isChanged) await boss.updateQueue(name, options);
}

async function ensureSchedules(boss: PgBoss, jobs: readonly Job<never, unknown>[]): Promise<void> {
  const crons = new Map(jobs.map(({ name, every }) => [name, every?.cron]));
  for (const { name, key } of await boss.getSchedules()) {
    if (crons.get(name) === undefined) await boss.unschedule(name, key);
  }
  for (const [name, cron] of crons) {
    if (cron !== undefined) await boss.schedule(name, cron, {}, { tz: TIME_ZONE, missed: 'once' });
  }
}
