import { getRollbackPlans, PgBoss } from 'pg-boss';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { defineJob, type Every, NoData } from '../define.ts';
import { createScratch, type Scratch } from '../jobs.testkit.ts';
import { migrateJobs } from './migrate.ts';

const plain = job('plain');
const periodic = job('periodic', { every: { seconds: 5 } });
const rare = job('rare', { every: { seconds: 86_400 } });
const nightly = job('nightly', { every: { cron: '0 3 * * *' } });

function job(name: string, options: { every?: Every; expireSeconds?: number } = {}) {
  return defineJob({ name, data: NoData, ...options }, async (_ctx: object) => {});
}

describe('migrateJobs', () => {
  let scratch: Scratch;
  beforeAll(async () => {
    scratch = await createScratch();
  });
  afterAll(() => scratch.drop());

  const queues = async () => {
    const { rows } = await scratch.pool.query('SELECT * FROM pgboss.queue ORDER BY name');
    return rows;
  };
  const schedules = async () => {
    const { rows } = await scratch.pool.query('SELECT name, cron, timezone FROM pgboss.schedule');
    return rows;
  };

  it('lets several processes migrate an empty database at once', async () => {
    const jobs = [plain, periodic, rare, nightly];
    await Promise.all([1, 2, 3].map(() => migrateJobs(scratch.url, jobs)));
    // Two for each job, and two for what pg-boss sends cron jobs through.
    expect(await queues()).toHaveLength(10);
    expect(await schedules()).toEqual([
      { name: 'nightly', cron: '0 3 * * *', timezone: 'Asia/Manila' },
    ]);
  });

  it('gives every queue a heartbeat, bounded retries with backoff, an expiry and a dead letter, and no NOTIFY', async () => {
    const rows = await queues();
    const deadLetters = rows.map((row) => row.dead_letter).filter((name) => name !== null);
    for (const row of rows) {
      expect(row).toMatchObject({ heartbeat_seconds: 10, retry_backoff: true, notify: false });
      expect(row.retry_limit).toBeGreaterThan(0);
      expect(row.retry_delay_max).toBeGreaterThan(0);
      expect(row.expire_seconds).toBeGreaterThan(0);
      expect(row.dead_letter === null).toBe(deadLetters.includes(row.name));
    }
    expect(deadLetters).toHaveLength(rows.length / 2);
  });

  it('keeps the finished run of a rare job for longer than its period', async () => {
    const row = (await queues()).find(({ name }) => name === 'rare');
    expect(row.deletion_seconds).toBeGreaterThan(86_400);
  });

  it('writes nothing when nothing changed', async () => {
    const before = await queues();
    await migrateJobs(scratch.url, [plain, periodic, rare, nightly]);
    expect(await queues()).toEqual(before);
  });

  it('takes over changed settings, and leaves the queues of jobs that are gone', async () => {
    await migrateJobs(scratch.url, [job('plain', { expireSeconds: 42 })]);
    const rows = await queues();
    expect(rows).toHaveLength(10);
    expect(rows.find(({ name }) => name === 'plain').expire_seconds).toBe(42);
    expect(await schedules()).toEqual([]);
  });

  it('refuses to make a job periodic under the same name', async () => {
    const changed = job('plain', { every: { seconds: 5 } });
    await expect(migrateJobs(scratch.url, [changed])).rejects.toThrow('rename the job');
  });

  it('upgrades an older schema, index builds included', async () => {
    const boss = new PgBoss({
      connectionString: scratch.url,
      migrate: false,
      supervise: false,
      schedule: false,
    });
    const current = await boss.start().then(() => boss.schemaVersion());
    await boss.stop();
    if (current === null) throw new Error('pg-boss is not installed');
    await scratch.pool.query(getRollbackPlans('pgboss', current));
    await scratch.pool.query('UPDATE pgboss.version SET bam_on = NULL');
    await migrateJobs(scratch.url, [plain]);
    const { rows } = await scratch.pool.query('SELECT version FROM pgboss.version');
    expect(rows).toEqual([{ version: current }]);
    const unfinished = await scratch.pool.query(
      "SELECT 1 FROM pgboss.bam WHERE status <> 'completed'",
    );
    expect(unfinished.rows).toEqual([]);
  });
});
