import { PgBoss } from 'pg-boss';
import { Type } from 'typebox';
import { afterEach, describe, expect, it } from 'vitest';
import { defineJob } from './define.ts';
import {
  type Bench,
  type Ctx,
  gate,
  jobRows,
  openBench,
  PATIENCE,
  skipRetryDelays,
} from './jobs.testkit.ts';

const Numbered = Type.Object({ n: Type.Integer() });

let bench: Bench;
afterEach(() => bench.close());

describe('a worker', () => {
  it('tries a failing job a bounded number of times, then puts it aside, while others flow', async () => {
    let runs = 0;
    const poison = defineJob(
      { name: 'poison', data: Numbered, retryLimit: 2 },
      async (_ctx: Ctx) => {
        runs += 1;
        throw new Error('never works');
      },
    );
    const good = defineJob({ name: 'good', data: Numbered }, async (_ctx: Ctx) => {});
    bench = await openBench([poison, good]);
    await bench.jobs.enqueue(bench.scratch.db, poison, { n: 1 });
    await bench.work([poison, good]);
    await expect
      .poll(async () => {
        await skipRetryDelays(bench.scratch.db);
        await bench.jobs.enqueue(bench.scratch.db, good, { n: 1 });
        return bench.countOf('poison.dead', 'created');
      }, PATIENCE)
      .toBe(1);
    expect(runs).toBe(3);
    expect(await jobRows(bench.scratch.db, 'poison.dead')).toMatchObject([{ data: { n: 1 } }]);
    await expect.poll(() => bench.countOf('good', 'created'), PATIENCE).toBe(0);
    expect(await bench.countOf('good', 'completed')).toBeGreaterThan(0);
    const failures = bench.scratch.lines.filter((line) => line['job'] === 'poison');
    expect(failures).toMatchObject([{ attempt: 1 }, { attempt: 2 }, { attempt: 3 }]);
    expect(failures[2]).toMatchObject({ level: 'error', err: { message: 'never works' } });
    expect(failures[2]).toHaveProperty('job_id');
  });

  it('waits longer before each further try', async () => {
    const poison = defineJob({ name: 'poison', data: Numbered }, async () => {
      throw new Error('never works');
    });
    bench = await openBench([poison]);
    await bench.jobs.enqueue(bench.scratch.db, poison, { n: 1 });
    await bench.work([poison]);
    const delays: number[] = [];
    for (let failures = 1; failures <= 3; failures += 1) {
      await expect
        .poll(
          () => bench.scratch.lines.filter((line) => line['attempt'] === failures).length,
          PATIENCE,
        )
        .toBe(1);
      await expect.poll(() => bench.countOf('poison', 'retry'), PATIENCE).toBe(1);
      const { rows } = await bench.scratch.pool.query(
        "SELECT extract(epoch FROM start_after - now())::float8 AS delay FROM pgboss.job WHERE state = 'retry'",
      );
      delays.push(rows[0].delay);
      await skipRetryDelays(bench.scratch.db);
    }
    const [first = 0, second = 0, third = 0] = delays;
    expect(first).toBeGreaterThan(1);
    expect(second).toBeGreaterThan(3);
    expect(third).toBeGreaterThan(7);
  });

  it('puts a job whose data do not fit aside at once', async () => {
    let runs = 0;
    const strict = defineJob({ name: 'strict', data: Numbered }, async (_ctx: Ctx) => {
      runs += 1;
    });
    bench = await openBench([strict]);
    await bench.scratch.pool.query(
      "INSERT INTO pgboss.job (name, data, retry_limit, dead_letter) VALUES ('strict', '{\"n\": \"secret\"}', 5, 'strict.dead')",
    );
    await bench.work([strict]);
    await expect.poll(() => bench.countOf('strict.dead', 'created'), PATIENCE).toBe(1);
    expect(runs).toBe(0);
    const errors = bench.scratch.lines.filter((line) => line['job'] === 'strict');
    expect(errors).toMatchObject([{ level: 'error', attempt: 1 }]);
    expect(JSON.stringify(errors)).not.toContain('secret');
  });

  it('empties a queue of 200 waiting jobs within seconds, no more at once than allowed', async () => {
    const seen = new Set<number>();
    let running = 0;
    let most = 0;
    const quick = defineJob(
      { name: 'quick', data: Numbered, concurrency: 3 },
      async (_ctx: Ctx, { n }) => {
        running += 1;
        most = Math.max(most, running);
        await bench.scratch.pool.query('SELECT 1');
        seen.add(n);
        running -= 1;
      },
    );
    bench = await openBench([quick]);
    await bench.jobs.enqueueAll(
      bench.scratch.db,
      quick,
      Array.from({ length: 200 }, (_, n) => ({ n })),
    );
    await bench.work([quick]);
    await expect.poll(() => seen.size, { timeout: 5_000, interval: 5 }).toBe(200);
    await expect.poll(() => bench.countOf('quick', 'completed'), PATIENCE).toBe(200);
    expect(most).toBe(3);
  });

  it('takes other jobs of a queue while one of them runs long', async () => {
    const { pass, open: release } = gate();
    const done: number[] = [];
    const mixed = defineJob(
      { name: 'mixed', data: Numbered, concurrency: 2 },
      async (_ctx: Ctx, { n }) => {
        if (n === 0) await pass;
        done.push(n);
      },
    );
    bench = await openBench([mixed]);
    await bench.jobs.enqueue(bench.scratch.db, mixed, { n: 0 });
    await bench.work([mixed]);
    await expect.poll(() => bench.countOf('mixed', 'active'), PATIENCE).toBe(1);
    await bench.jobs.enqueueAll(bench.scratch.db, mixed, [{ n: 1 }, { n: 2 }]);
    await expect.poll(() => done.length, PATIENCE).toBe(2);
    expect(done).not.toContain(0);
    release();
  });

  it('runs the job of a killed worker again', async () => {
    const ran: string[] = [];
    const fragile = defineJob({ name: 'fragile', data: Numbered }, async ({ job }: Ctx) => {
      ran.push(job.id);
    });
    bench = await openBench([fragile]);
    await bench.jobs.enqueue(bench.scratch.db, fragile, { n: 1 });
    const killed = new PgBoss({
      connectionString: bench.scratch.url,
      migrate: false,
      supervise: false,
      schedule: false,
    });
    await killed.start();
    const [taken] = await killed.fetch('fragile');
    await killed.stop({ graceful: false });
    expect(await bench.countOf('fragile', 'active')).toBe(1);
    await bench.scratch.pool.query(
      "UPDATE pgboss.job SET heartbeat_on = heartbeat_on - interval '10 seconds'",
    );
    await bench.work([fragile]);
    await expect
      .poll(async () => {
        await skipRetryDelays(bench.scratch.db);
        return ran;
      }, PATIENCE)
      .toEqual([taken?.id]);
  });

  it('keeps a long job alive by heartbeats', async () => {
    const { pass, open: release } = gate();
    let runs = 0;
    const long = defineJob({ name: 'long', data: Numbered }, async (_ctx: Ctx) => {
      runs += 1;
      await pass;
    });
    bench = await openBench([long]);
    await bench.jobs.enqueue(bench.scratch.db, long, { n: 1 });
    await bench.work([long]);
    await expect.poll(() => bench.countOf('long', 'active'), PATIENCE).toBe(1);
    const beats = async () => {
      const { rows } = await bench.scratch.pool.query(
        'SELECT heartbeat_on > started_on AS beat FROM pgboss.job',
      );
      return rows;
    };
    await expect.poll(beats, PATIENCE).toEqual([{ beat: true }]);
    release();
    await expect.poll(() => bench.countOf('long', 'completed'), PATIENCE).toBe(1);
    expect(runs).toBe(1);
  });

  it('finishes what is running before it stops, and takes nothing more', async () => {
    const { pass, open: release } = gate();
    const started: number[] = [];
    const slow = defineJob(
      { name: 'slow', data: Numbered, concurrency: 1 },
      async (_ctx: Ctx, { n }) => {
        started.push(n);
        await pass;
      },
    );
    bench = await openBench([slow]);
    await bench.jobs.enqueue(bench.scratch.db, slow, { n: 1 });
    const worker = await bench.work([slow]);
    await expect.poll(() => started, PATIENCE).toEqual([1]);
    await bench.jobs.enqueue(bench.scratch.db, slow, { n: 2 });
    let isStopped = false;
    const stopped = worker.stop().then(() => {
      isStopped = true;
    });
    expect(isStopped).toBe(false);
    release();
    await stopped;
    expect(await jobRows(bench.scratch.db, 'slow')).toMatchObject([
      { state: 'completed' },
      { state: 'created' },
    ]);
    expect(started).toEqual([1]);
  });

  it('hands a job that does not finish in the grace to the next worker', async () => {
    const { pass, open: release } = gate();
    let runs = 0;
    const stuck = defineJob({ name: 'stuck', data: Numbered }, async (_ctx: Ctx) => {
      runs += 1;
      if (runs === 1) await pass;
    });
    bench = await openBench([stuck]);
    await bench.jobs.enqueue(bench.scratch.db, stuck, { n: 1 });
    const worker = await bench.work([stuck], 1_000);
    await expect.poll(() => runs, PATIENCE).toBe(1);
    await worker.stop();
    expect(await bench.countOf('stuck', 'retry')).toBe(1);
    release();
    await bench.work([stuck]);
    await expect
      .poll(async () => {
        await skipRetryDelays(bench.scratch.db);
        return bench.countOf('stuck', 'completed');
      }, PATIENCE)
      .toBe(1);
    expect(runs).toBe(2);
  });

  it('survives the loss of all its connections', async () => {
    const done: number[] = [];
    const plain = defineJob({ name: 'plain', data: Numbered }, async (_ctx: Ctx, { n }) => {
      done.push(n);
    });
    bench = await openBench([plain]);
    await bench.work([plain]);
    await bench.jobs.enqueue(bench.scratch.db, plain, { n: 1 });
    await expect.poll(() => done, PATIENCE).toEqual([1]);
    await bench.scratch.pool.query(
      'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
    );
    await expect
      .poll(
        () =>
          bench.jobs.enqueue(bench.scratch.db, plain, { n: 2 }).then(
            () => true,
            () => false,
          ),
        PATIENCE,
      )
      .toBe(true);
    await expect.poll(() => done, PATIENCE).toEqual([1, 2]);
  });
});
