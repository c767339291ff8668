// For the tests of this folder: a database of their own with the queues of the given jobs, and workers on it.
import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import type pg from 'pg';
import { inject } from 'vitest';
import { onServer, withDatabase } from '../../test/support/database.ts';
import { type Db, openDatabase } from '../db/database.ts';
import { createLog, type Log } from '../telemetry/log.ts';
import type { Job } from './define.ts';
import { createJobs, type Jobs } from './jobs.ts';
import { migrateJobs } from './queues/migrate.ts';
import { type JobRun, STOP_GRACE_MS, startWorker, type Worker } from './worker.ts';

const POOL_SIZE = 5;

export interface Scratch {
  readonly url: string;
  readonly db: Db;
  readonly pool: pg.Pool;
  readonly log: Log;
  /** What was logged, parsed. */
  readonly lines: Record<string, unknown>[];
  /** Texts of the statements that were sent through `db` and `pool`. */
  readonly statements: string[];
  drop(): Promise<void>;
}

export async function createScratch(jobs?: readonly Job<never, unknown>[]): Promise<Scratch> {
  const serverUrl = inject('serverUrl');
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  await onServer(serverUrl, `CREATE DATABASE ${name}`);
  const url = withDatabase(serverUrl, name);
  if (jobs) await migrateJobs(url, jobs);
  const statements: string[] = [];
  const lines: Record<string, unknown>[] = [];
  const { db, pool } = openDatabase({
    url,
    poolSize: POOL_SIZE,
    onError: (error) => lines.push({ msg: error.message }),
    onStatement: (text) => statements.push(text),
  });
  return {
    url,
    db,
    pool,
    log: createLog({
      level: 'debug',
      pretty: false,
      version: '0.0.0-test',
      destination: { write: (line: string) => void lines.push(JSON.parse(line)) },
    }),
    lines,
    statements,
    drop: async () => {
      await pool.end();
      await onServer(serverUrl, `DROP DATABASE ${name} WITH (FORCE)`);
    },
  };
}

export interface JobRow {
  readonly id: string;
  readonly name: string;
  readonly state: string;
  readonly data: unknown;
  readonly retry_count: number;
}

/** Every job of a queue, oldest first. */
export async function jobRows(db: Db, queue: string): Promise<JobRow[]> {
  const { rows } = await sql<JobRow>`
    SELECT id, name, state::text, data, retry_count FROM pgboss.job
    WHERE name = ${queue} ORDER BY created_on, id`.execute(db);
  return rows;
}

/** Moves waiting retries to now, which spares a test the real delay. */
export async function skipRetryDelays(db: Db): Promise<void> {
  await sql`UPDATE pgboss.job SET start_after = now() WHERE state = 'retry'`.execute(db);
}

/** How often and how long tests look for what must happen. */
export const PATIENCE = { timeout: 25_000, interval: 20 };

/** The context of the jobs of these tests. */
export interface Ctx {
  readonly job: JobRun;
}

/** One test's database, producer and workers. */
export interface Bench {
  readonly scratch: Scratch;
  readonly jobs: Jobs;
  readonly workers: readonly Worker[];
  work(definitions: readonly Job<Ctx, unknown>[], grace_ms?: number): Promise<Worker>;
  /** How many jobs of a queue are in this state. */
  countOf(queue: string, state: string): Promise<number>;
  close(): Promise<void>;
}

export async function openBench(definitions: readonly Job<Ctx, unknown>[]): Promise<Bench> {
  const scratch = await createScratch(definitions);
  const { url: databaseUrl, log } = scratch;
  const jobs = await createJobs(scratch.pool, log);
  const workers: Worker[] = [];
  return {
    scratch,
    jobs,
    workers,
    work: async (definitions, grace_ms = STOP_GRACE_MS) => {
      const makeContext = (job: JobRun) => ({ job });
      const worker = await startWorker({
        databaseUrl,
        log,
        jobs: definitions,
        makeContext,
        grace_ms,
      });
      workers.push(worker);
      return worker;
    },
    countOf: async (queue, state) => {
      const rows = await jobRows(scratch.db, queue);
      return rows.filter((row) => row.state === state).length;
    },
    close: async () => {
      await Promise.all(workers.map((worker) => worker.stop()));
      await jobs.close();
      await scratch.drop();
    },
  };
}

/** A place where handlers wait until the test lets them go on. */
export function gate(): { pass: Promise<void>; open: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { pass: promise, open: resolve };
}
