import { Type } from 'typebox';
import { afterEach, expect, it } from 'vitest';
import { defineJob } from '../define.ts';
import { type Bench, type Ctx, gate, openBench, PATIENCE } from '../jobs.testkit.ts';
import { jobDepths } from './depths.ts';

const Numbered = Type.Object({ n: Type.Integer() });

let bench: Bench;
afterEach(() => bench.close());

it('counts what waits, is timed, runs and is dead in each queue', async () => {
  const { pass, open: release } = gate();
  const counted = defineJob(
    { name: 'counted', data: Numbered, concurrency: 1 },
    async (_ctx: Ctx) => pass,
  );
  const empty = defineJob({ name: 'empty', data: Numbered }, async (_ctx: Ctx) => {});
  bench = await openBench([counted, empty]);
  await bench.jobs.enqueueAll(bench.scratch.db, counted, [{ n: 1 }, { n: 2 }]);
  await bench.jobs.enqueue(
    bench.scratch.db,
    counted,
    { n: 3 },
    { startAfter: new Date(Date.now() + 3_600_000) },
  );
  await bench.scratch.pool.query("INSERT INTO pgboss.job (name) VALUES ('counted.dead')");
  await bench.work([counted]);
  await expect.poll(() => bench.countOf('counted', 'active'), PATIENCE).toBe(1);
  await bench.scratch.pool.query(
    "UPDATE pgboss.job SET start_after = start_after - interval '1 minute' WHERE state = 'created'",
  );
  const depths = await jobDepths(bench.scratch.db);
  expect(depths).toMatchObject([
    { queue: 'counted', waiting: 1, delayed: 1, active: 1, dead: 1 },
    { queue: 'empty', waiting: 0, delayed: 0, active: 0, dead: 0, oldest_waiting_seconds: 0 },
  ]);
  expect(depths[0]?.oldest_waiting_seconds).toBeGreaterThanOrEqual(60);
  expect(depths[0]?.oldest_waiting_seconds).toBeLessThan(120);
  release();
});
