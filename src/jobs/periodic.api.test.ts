import { afterEach, describe, expect, it } from 'vitest';
import { defineJob, NoData } from './define.ts';
import { type Bench, type Ctx, gate, jobRows, openBench, PATIENCE } from './jobs.testkit.ts';

let bench: Bench;
afterEach(() => bench.close());

describe('a periodic job', () => {
  it('runs once a period however many workers there are', async () => {
    let runs = 0;
    const ticking = defineJob(
      { name: 'ticking', data: NoData, every: { seconds: 1 } },
      async (_ctx: Ctx) => {
        runs += 1;
      },
    );
    bench = await openBench([ticking]);
    await Promise.all([bench.work([ticking]), bench.work([ticking])]);
    await expect.poll(() => runs, PATIENCE).toBeGreaterThanOrEqual(5);
    await Promise.all(bench.workers.map((worker) => worker.stop()));
    const { rows } =
      await bench.scratch.pool.query(`SELECT count(*)::integer AS runs, count(DISTINCT singleton_on)::integer AS periods,
      extract(epoch FROM max(singleton_on) - min(singleton_on))::integer + 1 AS passed FROM pgboss.job WHERE state = 'completed'`);
    expect(rows).toEqual([{ runs, periods: runs, passed: runs }]);
  });

  it('never overlaps itself, nor piles up behind a run that takes longer than its period', async () => {
    const { pass, open: release } = gate();
    let started = 0;
    let ticks = 0;
    const slow = defineJob(
      { name: 'slow', data: NoData, every: { seconds: 1 } },
      async (_ctx: Ctx) => {
        started += 1;
        await pass;
      },
    );
    const other = defineJob(
      { name: 'other', data: NoData, every: { seconds: 1 } },
      async (_ctx: Ctx) => {
        ticks += 1;
      },
    );
    bench = await openBench([slow, other]);
    await Promise.all([bench.work([slow, other]), bench.work([slow, other])]);
    await expect.poll(() => ticks, PATIENCE).toBeGreaterThanOrEqual(4);
    expect(started).toBe(1);
    expect(await jobRows(bench.scratch.db, 'slow')).toMatchObject([{ state: 'active' }]);
    release();
    await expect.poll(() => started, PATIENCE).toBeGreaterThanOrEqual(2);
  });

  it('goes on after a run failed for good', async () => {
    let runs = 0;
    const flaky = defineJob(
      { name: 'flaky', data: NoData, retryLimit: 0, every: { seconds: 1 } },
      async (_ctx: Ctx) => {
        runs += 1;
        if (runs === 1) throw new Error('once');
      },
    );
    bench = await openBench([flaky]);
    await bench.work([flaky]);
    await expect
      .poll(() => bench.countOf('flaky', 'completed'), PATIENCE)
      .toBeGreaterThanOrEqual(1);
    expect(await bench.countOf('flaky.dead', 'created')).toBe(1);
  });

  it('is offered again after the database was away', async () => {
    let runs = 0;
    const ticking = defineJob(
      { name: 'ticking', data: NoData, every: { seconds: 1 } },
      async (_ctx: Ctx) => {
        runs += 1;
      },
    );
    bench = await openBench([ticking]);
    await bench.work([ticking]);
    await expect.poll(() => runs, PATIENCE).toBeGreaterThanOrEqual(1);
    await bench.scratch.pool.query('ALTER TABLE pgboss.job RENAME TO away');
    await bench.scratch.pool.query('ALTER TABLE pgboss.job_common RENAME TO away_common');
    await expect
      .poll(() => bench.scratch.lines.some((line) => line['msg'] === 'job queue fault'), PATIENCE)
      .toBe(true);
    const before = runs;
    await bench.scratch.pool.query('ALTER TABLE pgboss.away_common RENAME TO job_common');
    await bench.scratch.pool.query('ALTER TABLE pgboss.away RENAME TO job');
    await expect.poll(() => runs, PATIENCE).toBeGreaterThan(before + 1);
  });

  it('with a cron expression runs when the minute comes', async () => {
    let runs = 0;
    const timed = defineJob(
      { name: 'timed', data: NoData, every: { cron: '* * * * *' } },
      async (_ctx: Ctx) => {
        runs += 1;
      },
    );
    bench = await openBench([timed]);
    await Promise.all([bench.work([timed]), bench.work([timed])]);
    await expect.poll(() => runs, PATIENCE).toBe(1);
  });
});
