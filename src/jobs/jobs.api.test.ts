import { PgBoss } from 'pg-boss';
import { Type } from 'typebox';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { detachTrace, newTrace } from '../telemetry/traces/trace-context.ts';
import { defineJob, InvalidJobData } from './define.ts';
import { createScratch, jobRows, type Scratch } from './jobs.testkit.ts';
import { createJobs, type Jobs, jobsWithin } from './jobs.ts';

const greet = defineJob(
  { name: 'greet', data: Type.Object({ person: Type.String({ minLength: 1 }) }) },
  async (_ctx: object, _data) => {},
);

describe('enqueue', () => {
  let scratch: Scratch;
  let jobs: Jobs;

  beforeAll(async () => {
    scratch = await createScratch([greet]);
    jobs = await createJobs(scratch.pool, scratch.log);
  });
  afterAll(async () => {
    await jobs.close();
    await scratch.drop();
  });
  beforeEach(async () => {
    await scratch.pool.query('DELETE FROM pgboss.job');
    scratch.statements.length = 0;
  });

  it('lets a job leave with the commit and not before', async () => {
    await scratch.db.transaction().execute(async (tx) => {
      await jobs.enqueue(tx, greet, { person: 'Ana' });
      expect(await jobRows(scratch.db, 'greet')).toEqual([]);
    });
    expect(await jobRows(scratch.db, 'greet')).toMatchObject([
      { state: 'created', data: { person: 'Ana' } },
    ]);
  });

  it('leaves no job behind a transaction that rolled back', async () => {
    const refused = scratch.db.transaction().execute(async (tx) => {
      await jobs.enqueue(tx, greet, { person: 'Ana' });
      await jobs.enqueue(tx, greet, { person: 'Ben' }, { singletonKey: 'ben' });
      expect(await jobRows(tx, 'greet')).toHaveLength(2);
      throw new Error('no');
    });
    await expect(refused).rejects.toThrow('no');
    expect(await jobRows(scratch.db, 'greet')).toEqual([]);
  });

  it('costs one statement, without NOTIFY', async () => {
    await jobs.enqueue(scratch.db, greet, { person: 'Ana' });
    expect(scratch.statements).toHaveLength(1);
    expect(scratch.statements[0]).not.toContain('pg_notify');
  });

  it('writes many jobs in one statement', async () => {
    const people = ['Ana', 'Ben', 'Cora'].map((person) => ({ person }));
    await jobs.enqueueAll(scratch.db, greet, people);
    expect(scratch.statements).toHaveLength(1);
    const rows = await jobRows(scratch.db, 'greet');
    expect(rows.map((row) => row.data)).toEqual(expect.arrayContaining(people));
    expect(rows).toHaveLength(3);
  });

  it('sends nothing for an empty list', async () => {
    await jobs.enqueueAll(scratch.db, greet, []);
    expect(scratch.statements).toEqual([]);
  });

  it('refuses data that do not fit the schema before any statement, naming the member and not its value', async () => {
    const data = { person: '' };
    await expect(jobs.enqueue(scratch.db, greet, data)).rejects.toThrow(InvalidJobData);
    await expect(jobs.enqueueAll(scratch.db, greet, [data])).rejects.toThrow('/person');
    expect(scratch.statements).toEqual([]);
  });

  it('holds a timed job back', async () => {
    await jobs.enqueue(
      scratch.db,
      greet,
      { person: 'Ana' },
      { startAfter: new Date(Date.now() + 60_000) },
    );
    expect(await takeOne(scratch.url)).toBeUndefined();
    await scratch.pool.query(
      "UPDATE pgboss.job SET start_after = start_after - interval '1 minute'",
    );
    expect(await takeOne(scratch.url)).toEqual({ person: 'Ana' });
  });

  it('keeps one waiting job of a key, with the newest data', async () => {
    const options = { singletonKey: 'ana' };
    await jobs.enqueue(scratch.db, greet, { person: 'Ana' }, options);
    await jobs.enqueue(scratch.db, greet, { person: 'Ana Cruz' }, options);
    expect(await jobRows(scratch.db, 'greet')).toMatchObject([{ data: { person: 'Ana Cruz' } }]);
  });

  it('never runs a keyed job without the change that enqueued it', async () => {
    const options = { singletonKey: 'ana' };
    await jobs.enqueue(scratch.db, greet, { person: 'before' }, options);
    await scratch.db.transaction().execute(async (tx) => {
      await jobs.enqueue(tx, greet, { person: 'after' }, options);
      expect(await takeOne(scratch.url)).toBeUndefined();
    });
    expect(await takeOne(scratch.url)).toEqual({ person: 'after' });
    await jobs.enqueue(scratch.db, greet, { person: 'while it runs' }, options);
    expect(await takeOne(scratch.url)).toEqual({ person: 'while it runs' });
  });
});

describe('the trace of a job', () => {
  const trace = newTrace();
  let scratch: Scratch;
  let jobs: Jobs;

  beforeAll(async () => {
    scratch = await createScratch([greet]);
    jobs = jobsWithin(trace, await createJobs(scratch.pool, scratch.log));
  });
  afterAll(async () => {
    await jobs.close();
    await scratch.drop();
  });
  beforeEach(async () => {
    await scratch.pool.query('DELETE FROM pgboss.job');
  });

  it('is that of the request that enqueues it, beside the data, however it is enqueued', async () => {
    await jobs.enqueue(scratch.db, greet, { person: 'Ana' });
    await jobs.enqueue(scratch.db, greet, { person: 'Ben' }, { singletonKey: 'ben' });
    await jobs.enqueueAll(scratch.db, greet, [{ person: 'Cora' }, { person: 'Dan' }]);
    const rows = await jobRows(scratch.db, 'greet');
    const stored = rows.map(({ data }) => detachTrace(data));
    expect(stored.map((job) => job.trace)).toEqual([trace, trace, trace, trace]);
    expect(stored.map((job) => job.data)).toEqual(
      expect.arrayContaining(['Ana', 'Ben', 'Cora', 'Dan'].map((person) => ({ person }))),
    );
  });

  it('is that of each item where they come from several requests', async () => {
    const other = newTrace();
    const people = [{ person: 'Ana' }, { person: 'Ben' }];
    await jobs.enqueueAll(scratch.db, greet, people, [other, undefined]);
    const stored = (await jobRows(scratch.db, 'greet')).map(({ data }) => detachTrace(data));
    expect(stored).toEqual(
      expect.arrayContaining([
        { data: { person: 'Ana' }, trace: other },
        { data: { person: 'Ben' }, trace: undefined },
      ]),
    );
  });
});

it('a producer refuses a database without job queues', async () => {
  const scratch = await createScratch();
  await expect(createJobs(scratch.pool, scratch.log)).rejects.toThrow('not installed');
  await scratch.drop();
});

/** What a worker would be given now. */
async function takeOne(url: string): Promise<unknown> {
  const boss = new PgBoss({
    connectionString: url,
    migrate: false,
    supervise: false,
    schedule: false,
  });
  await boss.start();
  const [job] = await boss.fetch('greet');
  await boss.stop({ graceful: false });
  return job?.data;
}
