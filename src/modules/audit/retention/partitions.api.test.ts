import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestApp, type TestApp } from '../../../../test/support/app.ts';
import { checkAllInvariants } from '../../../../test/support/invariants.ts';
import { sqlState } from '../../../db/transaction.ts';
import { makePartitionsJob } from '../audit.jobs.ts';
import { sealEntries, verifyAudit } from '../seals/seals.service.ts';
import { asSuperuser, makePartitionsAt, record, recordAt } from '../seals/seals.testkit.ts';

/** Far ahead of whenever this runs: ids of these months are of no partition that a migration made. */
const BEFORE = new Date('2039-12-10T08:00:00Z');
const JANUARY = new Date('2040-01-10T08:00:00Z');
const MAY = new Date('2040-05-10T08:00:00Z');
const JULY = new Date('2040-07-10T08:00:00Z');

let test: TestApp;
beforeAll(async () => {
  test = await createTestApp({ poolSize: 8 });
});
afterAll(() => test.close());

/** Where entries lie, by id. */
async function partitionsOf(ids: readonly string[]): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    SELECT DISTINCT tableoid::regclass::text AS name FROM audit_entries WHERE id = ANY (${ids}) ORDER BY name`.execute(
    test.services.db,
  );
  return rows.map(({ name }) => name.replace('partitions.audit_entries_', ''));
}

async function boundsOf(name: string): Promise<unknown> {
  const { rows } = await sql`
    SELECT moment_of(lower_id) AS from, moment_of(upper_id) AS to FROM partitions_of('audit_entries')
    WHERE name = ${`audit_entries_${name}`}`.execute(test.services.db);
  return rows[0];
}

describe('partitions are made', () => {
  it('by the job, three months ahead and once', async () => {
    await makePartitionsJob.run(test.system, {});
    expect(await makePartitionsAt(test, new Date())).toBe(0);
    const { rows } = await sql<{ is_ahead: boolean }>`
      SELECT bool_or(moment_of(upper_id) = month_start(now(), 4)) AS is_ahead FROM partitions_of('audit_entries')`.execute(
      test.services.db,
    );
    expect(rows).toEqual([{ is_ahead: true }]);
  });

  it('one of all months that were missed, then one a month', async () => {
    expect(await makePartitionsAt(test, BEFORE)).toBe(4);
    const missed = await recordAt(test, new Date('2031-07-01T00:00:00Z'), 1);
    const [name = ''] = await partitionsOf(missed);
    expect(await boundsOf(name)).toMatchObject({ to: new Date('2040-01-01T00:00:00Z') });
  });

  it('of the month that their ids are of, in UTC', async () => {
    await makePartitionsAt(test, JANUARY);
    const borders = ['2040-01-31T23:59:59.990Z', '2040-02-01T00:00:00.000Z'];
    const [last = [], first = []] = await Promise.all(
      borders.map((at) => recordAt(test, new Date(at), 5)),
    );
    expect(await partitionsOf(last)).toEqual(['2040_01']);
    expect(await partitionsOf(first)).toEqual(['2040_02']);
  });

  it('late, of rows that came first: they stay where they are, and are sealed once', async () => {
    // Since January's run, three months ahead, the job has not run; two months of rows have no partition.
    const ids = [...(await recordAt(test, MAY, 3)), ...(await recordAt(test, JULY, 3))];
    expect(await partitionsOf(ids)).toEqual(['default']);
    await sealEntries(test.system);
    await makePartitionsAt(test, JULY);
    expect(await partitionsOf(ids)).toEqual(['2040_05']);
    expect(await boundsOf('2040_05')).toEqual({
      from: new Date('2040-05-01T00:00:00Z'),
      to: new Date('2040-08-01T00:00:00Z'),
    });
    const later = await recordAt(test, new Date('2040-08-02T00:00:00Z'), 1);
    expect(await partitionsOf(later)).toEqual(['2040_08']);
    expect(await sealEntries(test.system)).toBe(1);
    expect(await verifyAudit(test.services)).toMatchObject({ unsealed: 0, broken: 0 });
  });

  it('beside rows of a clock that ran ahead, which have one when their months come', async () => {
    const ahead = new Date('2041-06-01T12:00:00Z');
    const ids = await recordAt(test, ahead, 2);
    await makePartitionsAt(test, new Date('2041-01-10T00:00:00Z'));
    expect(await partitionsOf(ids)).toEqual(['default']);
    await makePartitionsAt(test, new Date('2041-03-10T00:00:00Z'));
    expect(await partitionsOf(ids)).toEqual(['2041_06']);
    expect(await boundsOf('2041_06')).toMatchObject({ to: new Date('2041-07-01T00:00:00Z') });
  });

  it('not of rows of several times far from each other; writing goes on', async () => {
    await recordAt(test, new Date('2041-08-05T00:00:00Z'), 1);
    await recordAt(test, new Date('2055-01-01T00:00:00Z'), 1);
    await expect(makePartitionsAt(test, new Date('2041-08-05T00:00:00Z'))).rejects.toThrow(
      'audit_entries_default holds ids of 2041_07, and others of a time far from it',
    );
    await record(test.system, 1);
    expect(await recordAt(test, new Date('2041-09-01T00:00:00Z'), 1)).toHaveLength(1);
  });

  it('with all guards, in pairs', async () => {
    expect(await checkAllInvariants(test.databaseUrl, test.clock.now())).toEqual([]);
  });
});

describe('a partition itself', () => {
  it.each([
    'UPDATE partitions.audit_entries_2040_01 SET action = action',
    'DELETE FROM partitions.audit_entries_2040_01',
    'TRUNCATE partitions.audit_entries_2040_01 CASCADE',
    'DELETE FROM partitions.audit_seals_2040_01',
    'TRUNCATE partitions.audit_seals_2040_01',
    'DELETE FROM partitions.audit_entries_default',
    'INSERT INTO partitions.audit_entries_2040_01 SELECT * FROM audit_entries ON CONFLICT (id) DO UPDATE SET action = $$x$$',
  ])('is append-only like the log: %s is refused', async (statement) => {
    await expect(asSuperuser(test, statement)).rejects.toThrow(/^audit_\w+ is append-only$/);
  });

  it('keeps an entry that is sealed while foreign keys are on', async () => {
    const removal =
      'ALTER TABLE partitions.audit_entries_2040_01 DISABLE TRIGGER append_only; DELETE FROM audit_entries WHERE id IN (SELECT entry_id FROM partitions.audit_seals_2040_01)';
    await expect(
      asSuperuser(
        test,
        `ALTER TABLE audit_entries DISABLE TRIGGER audit_entries_append_only; ${removal}`,
      ),
    ).rejects.toThrow('audit_seals_entry_id_fkey');
  });
});

describe('writing goes on', () => {
  /** Entries of the months around `moment`, until `work` is done. @returns how many were written */
  async function writeDuring(moment: Date, work: () => Promise<unknown>): Promise<number> {
    let isDone = false;
    let written = 0;
    const write = async () => {
      while (!isDone) {
        await recordAt(test, moment, 1);
        written += 1;
      }
    };
    const seal = async () => {
      while (!isDone) await sealEntries(test.system);
    };
    const writing = [write(), write(), write(), seal()];
    await work();
    isDone = true;
    await Promise.all(writing);
    return written;
  }

  const freshDatabase = async () => {
    await test.close();
    test = await createTestApp({ poolSize: 8 });
  };

  it('while months are made ahead and while the present one is made late, and no entry is lost', async () => {
    await freshDatabase();
    await makePartitionsAt(test, BEFORE);
    await makePartitionsAt(test, JANUARY);
    const ahead = await writeDuring(JANUARY, async () => {
      for (const month of ['02', '03', '04', '05'])
        await makePartitionsAt(test, new Date(`2040-${month}-10T00:00:00Z`));
    });
    const late = await writeDuring(new Date('2041-02-10T00:00:00Z'), async () => {
      await makePartitionsAt(test, new Date('2041-02-10T00:00:00Z'));
      await makePartitionsAt(test, new Date('2041-03-10T00:00:00Z'));
    });
    expect([ahead > 0, late > 0]).toEqual([true, true]);
    await sealEntries(test.system);
    expect(await verifyAudit(test.services)).toMatchObject({
      sealed: ahead + late,
      unsealed: 0,
      broken: 0,
    });
  });

  it('while somebody holds the log for long: partitions wait, and entries do not', async () => {
    const holding = test.services.db.transaction().execute(async (holder) => {
      await sql`SELECT FROM audit_entries LIMIT 1`.execute(holder);
      // A dump holds every partition like this, the default one too.
      const refused = await makePartitionsAt(test, new Date('2041-04-10T00:00:00Z')).then(
        () => undefined,
        (error: unknown) => sqlState(error),
      );
      return refused;
    });
    const started_ms = performance.now();
    await record(test.system, 3);
    expect(performance.now() - started_ms).toBeLessThan(2_500);
    expect(await holding).toBe('55P03');
    expect(await makePartitionsAt(test, new Date('2041-04-10T00:00:00Z'))).toBe(1);
  });
});
