import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createTestApp, type TestApp } from '../../../test/support/app.ts';
import { newId } from '../../lib/ids.ts';
import { HOUR_MS, SECOND_MS } from '../../lib/time.ts';
import type { Db } from '../database.ts';
import { BATCH_SIZE, type Batch, workThrough } from './batches.ts';
import { countSetAside, isNotSetAside } from './set-aside.queries.ts';

const JOB = 'test.batch';

let test: TestApp;
beforeAll(async () => {
  test = await createTestApp();
  await sql`CREATE TABLE due (id uuid PRIMARY KEY)`.execute(test.services.db);
});
beforeEach(async () => {
  await sql`DELETE FROM due`.execute(test.services.db);
  await test.services.db.deleteFrom('set_aside_rows').execute();
});
afterAll(() => test.close());

async function addRows(number: number): Promise<string[]> {
  const ids = Array.from({ length: number }, () => newId());
  await sql`INSERT INTO due SELECT unnest(${ids}::uuid[])`.execute(test.services.db);
  return ids;
}

const left = async () =>
  (await sql<{ id: string }>`SELECT id FROM due ORDER BY id`.execute(test.services.db)).rows.map(
    (row) => row.id,
  );

function batchOf(options: Partial<Batch> & { readonly fails: ReadonlySet<string> }): {
  batch: Batch;
  groups: string[][];
} {
  const { fails, ...rest } = options;
  const groups: string[][] = [];
  const batch: Batch = {
    job: JOB,
    find: async (db: Db, limit: number) => {
      const { rows } = await sql<{ id: string }>`
        SELECT id FROM due WHERE ${isNotSetAside(JOB, sql.ref('due.id'))} ORDER BY id LIMIT ${limit}`.execute(
        db,
      );
      return rows;
    },
    work: async (ctx, ids) => {
      groups.push([...ids]);
      if (ids.some((id) => fails.has(id))) throw new TypeError('no good');
      await sql`DELETE FROM due WHERE id = ANY (${ids}::uuid[])`.execute(ctx.db);
    },
    ...rest,
  };
  return { batch, groups };
}

describe('work on a batch', () => {
  it('reaches every row that is due, though more fail than a batch holds', async () => {
    const ids = await addRows(2 * BATCH_SIZE + 10);
    const fails = new Set(ids.slice(0, BATCH_SIZE + 1));
    const { batch } = batchOf({ fails });
    expect(await workThrough(test.system, batch)).toEqual({
      done: ids.length - fails.size,
      setAside: fails.size,
    });
    expect(await left()).toEqual([...fails]);
  });

  it('halves a group that fails until the row that fails is alone', async () => {
    const ids = await addRows(16);
    const bad = ids[5] ?? '';
    const { batch, groups } = batchOf({ fails: new Set([bad]), groupSize: 16 });
    await workThrough(test.system, batch);
    expect(await left()).toEqual([bad]);
    expect(groups.filter((group) => group.includes(bad)).map((group) => group.length)).toEqual([
      16, 8, 4, 2, 1,
    ]);
  });

  it('tries a row again by itself after a while, ever less often, and takes it back in once it goes through', async () => {
    const [id = ''] = await addRows(1);
    const fails = new Set([id]);
    const { batch, groups } = batchOf({ fails });
    const run = () => workThrough(test.system, batch);
    await run();
    await run();
    expect(groups).toHaveLength(1);
    const waits: number[] = [];
    for (let n = 0; n < 3; n += 1) {
      const row = await test.services.db
        .selectFrom('set_aside_rows')
        .selectAll()
        .executeTakeFirstOrThrow();
      const wait_ms = row.retry_at.getTime() - test.clock.now().getTime();
      waits.push(Math.ceil(wait_ms / SECOND_MS));
      test.clock.advance(wait_ms);
      await run();
    }
    expect(waits[1]).toBe(2 * (waits[0] ?? 0));
    expect(waits[2]).toBe(2 * (waits[1] ?? 0));
    expect(await countSetAside(test.services.db)).toMatchObject([{ job: JOB, rows: 1 }]);
    fails.clear();
    test.clock.advance(HOUR_MS);
    await run();
    expect(await left()).toEqual([]);
    expect(await countSetAside(test.services.db)).toEqual([]);
  });

  it('sets a row aside that stays due after its work, which would go on for ever', async () => {
    const ids = await addRows(BATCH_SIZE);
    const { batch } = batchOf({ fails: new Set(), work: async () => {} });
    await workThrough(test.system, batch);
    const [aside] = await countSetAside(test.services.db);
    expect(aside).toMatchObject({ rows: ids.length });
  });

  it('tries one of those that share a lock, and sets the others aside once it is held', async () => {
    const ids = await addRows(20);
    let tries = 0;
    const { batch } = batchOf({
      fails: new Set(),
      concurrency: 4,
      find: async (db, limit) => {
        const { rows } = await sql<{ id: string }>`
          SELECT id FROM due WHERE ${isNotSetAside(JOB, sql.ref('due.id'))} ORDER BY id LIMIT ${limit}`.execute(
          db,
        );
        return rows.map(({ id }) => ({ id, locks: ['hot'] }));
      },
      work: () => {
        tries += 1;
        return Promise.reject(Object.assign(new Error('held'), { code: '55P03' }));
      },
    });
    expect(await workThrough(test.system, batch)).toEqual({ done: 0, setAside: ids.length });
    expect(tries).toBe(1);
  });
});
