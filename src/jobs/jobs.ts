// The producer: jobs are rows written with the caller's connection, so that they leave with its commit.
import type { Pool } from 'pg';
import { type Db as BossDb, fromKysely } from 'pg-boss';
import { type Db, runNamed } from '../db/database.ts';
import type { Log } from '../telemetry/log.ts';
import { attachTrace, type TraceContext } from '../telemetry/traces/trace-context.ts';
import type { Job } from './define.ts';
import { newBoss } from './queues/boss.ts';

export interface EnqueueOptions {
  /** Not before this moment, by the clock of the database. */
  readonly startAfter?: Date;
  /**
   * At most one waiting job of this key: a second replaces the data of the first (and its `startAfter`,
   * if given). The worker cannot take the job before this transaction ends, so no change goes unseen.
   */
  readonly singletonKey?: string;
  /** What the job's run belongs to; it travels beside the data. */
  readonly trace?: TraceContext | undefined;
}

export interface Jobs {
  /**
   * Writes one job through `db`, in one statement (up to three with a `singletonKey`). Inside a
   * transaction it exists once that commits, and never if it rolls back.
   * @throws InvalidJobData where `data` do not fit the job's schema
   */
  enqueue<Data extends object>(
    db: Db,
    job: Job<never, Data>,
    data: NoInfer<Data>,
    options?: EnqueueOptions,
  ): Promise<void>;
  /** Writes one job for each of `items`, in one statement; `traces[i]` is what `items[i]` belongs to. */
  enqueueAll<Data extends object>(
    db: Db,
    job: Job<never, Data>,
    items: readonly NoInfer<Data>[],
    traces?: readonly (TraceContext | undefined)[],
  ): Promise<void>;
  /** Ends the timers; call it before the pool closes. */
  close(): Promise<void>;
}

/**
 * Reads the queues once through `pool`, then uses it no more than once an hour.
 * @throws Error where `migrateJobs` has not run on this database
 */
export async function createJobs(pool: Pool, log: Log): Promise<Jobs> {
  const boss = newBoss(pool, log, {});
  await boss.start();
  return {
    async enqueue(db, job, data, { startAfter, singletonKey, trace } = {}) {
      const payload = attachTrace(job.parse(data), trace);
      const timing = startAfter && { startAfter };
      if (singletonKey === undefined) {
        await boss.send(job.name, payload, { db: prepared(db, job.name), ...timing });
      } else {
        await boss.upsert(job.name, payload, { db: fromKysely(db), singletonKey, ...timing });
      }
    },
    async enqueueAll(db, job, items, traces = []) {
      if (items.length === 0) return;
      const rows = items.map((data, i) => ({ data: attachTrace(job.parse(data), traces[i]) }));
      await boss.insert(job.name, rows, { db: fromKysely(db) });
    },
    close: () => boss.stop({ graceful: false }),
  };
}

/** The same queues as one request or job run uses them: what it enqueues belongs to its trace. */
export function jobsWithin(trace: TraceContext, jobs: Jobs): Jobs {
  return {
    enqueue: (db, job, data, options) => jobs.enqueue(db, job, data, { trace, ...options }),
    enqueueAll: (db, job, items, traces) =>
      jobs.enqueueAll(db, job, items, traces ?? items.map(() => trace)),
    close: () => jobs.close(),
  };
}

/**
 * Planning pg-boss's insert takes longer than running it, and business transactions hold locks meanwhile;
 * its text differs by queue only. A job's name has no `_`, so that no two names meet here.
 */
function prepared(db: Db, queue: string): BossDb {
  const name = `enqueue_${queue.replaceAll('.', '__').replaceAll('-', '_')}`;
  return {
    executeSql: async (text, values = []) => ({ rows: await runNamed(db, name, text, values) }),
  };
}
