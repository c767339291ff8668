import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createTestApp, type TestApp } from '../../../../test/support/app.ts';
import { checkAllInvariants } from '../../../../test/support/invariants.ts';
import { retain } from '../../../cli/maintenance/retention.ts';
import { verify } from '../../../cli/maintenance/verify-audit.ts';
import { loadConfig } from '../../../config.ts';
import { type Ctx, systemCtx } from '../../../context.ts';
import { insertTogether } from '../../../db/insert-together.ts';
import { inTransaction } from '../../../db/transaction.ts';
import { type ChainHead, formatHead } from '../seals/seals.rules.ts';
import { sealEntries, type VerifyOptions, verifyAudit } from '../seals/seals.service.ts';
import { asSuperuser, idAt, makePartitionsAt, recordAt, tamper } from '../seals/seals.testkit.ts';
import { detachOldPartitions, readPartitionState } from './retention.service.ts';

const MONTHS = 12;
const LOG = ['2040-01', '2040-02', '2040-03', '2040-04', '2040-05'];
const PER_MONTH = 20;

let test: TestApp;
beforeAll(async () => {
  test = await createTestApp({ poolSize: 4 });
  // One partition of all that was before January, which is empty here.
  await makePartitionsAt(test, new Date('2039-12-10T00:00:00Z'));
  await makePartitionsAt(test, new Date('2040-04-10T00:00:00Z'));
  await writeMonths();
});
afterAll(() => test.close());

/** Five months of a log. An entry of February is committed in March, when later ones are sealed. */
async function writeMonths(): Promise<void> {
  for (const month of LOG) {
    await recordAt(test, new Date(`${month}-15T08:00:00Z`), PER_MONTH);
    const late = month === '2040-02' ? [lateEntry(new Date(`${month}-29T23:59:59Z`))] : [];
    await Promise.all(late);
    await sealEntries(test.system);
  }
}

async function lateEntry(moment: Date): Promise<void> {
  await inTransaction(test.system, async ({ db }) => {
    const id = idAt(moment);
    const entry = {
      id,
      actor_id: null,
      actor_role: 'system',
      action: 'thing.late',
      ip_prefix: null,
    };
    const object = { object_type: 'thing', object_id: 'late', changes: {}, request_id: null };
    await insertTogether(db, { audit_entries: [{ ...entry, ...object, created_at: moment }] });
    await recordAt(test, new Date('2040-03-01T00:00:01Z'), 2);
    await sealEntries(test.system);
  });
}

/** As if it were that day, for what goes by the clock. */
const at = (day: string, services: Partial<TestApp['services']> = {}): Ctx =>
  systemCtx({ ...test.services, clock: { now: () => new Date(day) }, ...services }, 'test');
const check = (options?: VerifyOptions) => verifyAudit(test.services, options);

async function tablesIn(schema: string): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    SELECT relname AS name FROM pg_class WHERE relkind = 'r' AND relnamespace = ${schema}::regnamespace ORDER BY 1`.execute(
    test.services.db,
  );
  return rows.map(({ name }) => name);
}

/** What is found after a superuser has done `statements`; it is then undone. */
async function breaksAfter(statements: string) {
  const undone = new Error('undone');
  let found: unknown;
  const work = test.services.db.transaction().execute(async (db) => {
    await sql.raw(`SET LOCAL session_replication_role = replica; ${statements}`).execute(db);
    found = (await verifyAudit({ ...test.services, db })).breaks;
    throw undone;
  });
  await expect(work).rejects.toBe(undone);
  return found;
}

describe('what is due', () => {
  it('is no month of which an entry is younger than the setting', async () => {
    const result = await detachOldPartitions(at('2041-01-31T23:59:59Z'), MONTHS);
    expect(result.refused).toBeUndefined();
    expect(result.detached.every(({ count, span }) => count === 0 && span === undefined)).toBe(
      true,
    );
    expect(await tablesIn('partitions')).toContain('audit_entries_2040_01');
    expect(await check()).toMatchObject({ broken: 0, detached: undefined });
  });

  it('is counted for the metrics', async () => {
    const now = new Date('2041-03-01T00:00:00Z');
    const { db } = test.services;
    expect(await readPartitionState(db, { months: MONTHS, now })).toEqual({
      end: new Date('2040-08-01T00:00:00Z'),
      overdue: 2,
    });
    expect(await readPartitionState(db, { months: undefined, now })).toMatchObject({
      overdue: undefined,
    });
  });
});

describe('a partition stays in the log', () => {
  it('while an entry of it has no seal', async () => {
    await recordAt(test, new Date('2040-01-20T00:00:00Z'), 1);
    const { refused } = await detachOldPartitions(at('2041-02-01T00:00:00Z'), MONTHS);
    expect(refused).toMatchObject({
      partition: { entries: 'audit_entries_2040_01' },
      reasons: ['1 entries are not sealed yet'],
    });
    await sealEntries(test.system);
    await recordAt(test, new Date('2040-05-16T00:00:00Z'), 1);
    await sealEntries(test.system);
  });

  it('where one of its entries was changed', async () => {
    const text = `WHERE id = (SELECT min(entry_id::text)::uuid FROM partitions.audit_seals_2040_01)`;
    await tamper(test, `UPDATE audit_entries SET action = 'x' ${text}`);
    const { refused } = await detachOldPartitions(at('2041-02-01T00:00:00Z'), MONTHS);
    expect(refused?.reasons).toEqual([expect.stringContaining('is not what was sealed')]);
    await tamper(test, `UPDATE audit_entries SET action = 'thing.changed' ${text}`);
    expect(await check()).toMatchObject({ broken: 0 });
  });

  it('where the beginning of the chain was taken away before', async () => {
    const undone = new Error('undone');
    const work = test.services.db.transaction().execute(async (db) => {
      await sql.raw('SET LOCAL session_replication_role = replica').execute(db);
      const first = sql`SELECT entry_id FROM audit_seals WHERE seq <= 3`;
      await sql`DELETE FROM audit_entries WHERE id IN (${first})`.execute(db);
      await sql`DELETE FROM audit_seals WHERE seq <= 3`.execute(db);
      const ctx = { ...at('2041-02-01T00:00:00Z'), db, afterCommit: () => {} };
      const { refused } = await detachOldPartitions(ctx, MONTHS);
      expect(refused?.reasons).toEqual(['seals 1 to 3 were removed']);
      throw undone;
    });
    await expect(work).rejects.toBe(undone);
  });

  it('where it holds the last seal, however old it is', async () => {
    const undone = new Error('undone');
    const work = test.services.db.transaction().execute(async (db) => {
      const ctx = { ...at('2060-01-01T00:00:00Z'), db, afterCommit: () => {} };
      const { detached, refused } = await detachOldPartitions(ctx, MONTHS);
      expect(detached.filter(({ count }) => count > 0)).toHaveLength(LOG.length - 1);
      expect(refused).toMatchObject({
        partition: { entries: 'audit_entries_2040_05' },
        reasons: ['it holds the last seal of the chain'],
      });
      throw undone;
    });
    await expect(work).rejects.toBe(undone);
  });
});

describe('months that are old enough', () => {
  let heads: { before: ChainHead; after: ChainHead };

  it('leave the log for `archive`, while people write and the log is read, and the rest verifies', async () => {
    let isDone = false;
    const write = async () => {
      while (!isDone) await recordAt(test, new Date('2040-05-20T00:00:00Z'), 1);
    };
    const read = async () => {
      const found = [];
      while (!isDone) found.push(...(await check()).breaks);
      return found;
    };
    const writing = [write(), write()];
    const reading = read();
    const { detached, refused } = await detachOldPartitions(at('2041-03-01T00:00:00Z'), MONTHS);
    isDone = true;
    await Promise.all(writing);
    expect(await reading).toEqual([]);
    expect(refused).toBeUndefined();
    expect(detached.map(({ entries, count }) => [entries, count])).toEqual([
      ['audit_entries_2040_01', PER_MONTH + 1],
      ['audit_entries_2040_02', PER_MONTH + 1],
    ]);
    const [january, february] = detached;
    expect(january?.span?.before.seq).toBe(0);
    heads = { before: january?.span?.after, after: february?.span?.after } as typeof heads;
    expect(await tablesIn('archive')).toEqual(
      expect.arrayContaining(['audit_entries_2040_01', 'audit_seals_2040_02']),
    );
    await sealEntries(test.system);
    const verdict = await check();
    expect(verdict).toMatchObject({ broken: 0, unsealed: 0, breaks: [] });
    expect(verdict.detached).toMatchObject({ seals: 2 * (PER_MONTH + 1), partitions: 2 });
    expect(await checkAllInvariants(test.databaseUrl, test.clock.now())).toEqual([]);
  });

  it('are as many runs of the chain as late commits made of them, each with its heads', async () => {
    const { rows } = await sql<{ first_seq: number; last_seq: number; partition_name: string }>`
      SELECT first_seq, last_seq, partition_name FROM audit_detached_seals ORDER BY first_seq`.execute(
      test.services.db,
    );
    expect(rows.map(({ partition_name }) => partition_name)).toEqual([
      'audit_entries_2040_01',
      'audit_entries_2040_02',
      // The entry that was committed in March.
      'audit_entries_2040_02',
      // The one of January that a test above wrote last.
      'audit_entries_2040_01',
    ]);
    expect(rows[2]).toMatchObject({ first_seq: rows[2]?.last_seq });
  });

  it('leave an entry that says who detached them, sealed with the rest', async () => {
    const { rows } = await sql`
      SELECT object_id, actor_role FROM audit_entries WHERE action = 'audit.detach' AND object_id LIKE '%2040%' ORDER BY id`.execute(
      test.services.db,
    );
    expect(rows).toEqual([
      { object_id: 'audit_entries_2040_01', actor_role: 'system' },
      { object_id: 'audit_entries_2040_02', actor_role: 'system' },
    ]);
  });

  it('stay append-only in the archive, and entry and seal together', async () => {
    for (const statement of [
      'UPDATE archive.audit_entries_2040_01 SET action = action',
      'DELETE FROM archive.audit_seals_2040_01',
      'TRUNCATE archive.audit_entries_2040_01 CASCADE',
    ])
      await expect(asSuperuser(test, statement)).rejects.toThrow('is append-only');
    await expect(asSuperuser(test, 'DROP TABLE archive.audit_entries_2040_01')).rejects.toThrow(
      'depend on it',
    );
  });

  it('are gone for good once they are dropped, and the chain still verifies', async () => {
    await asSuperuser(
      test,
      'DROP TABLE archive.audit_seals_2040_01, archive.audit_entries_2040_01',
    );
    expect(await check()).toMatchObject({ broken: 0 });
  });

  it('answer for a head that was published as their last, and ask for a later one than one within', async () => {
    expect((await check({ head: heads.after })).breaks).toEqual([]);
    const within = { seq: 5, hash: Buffer.alloc(32, 1) };
    expect((await check({ head: within })).breaks).toEqual([{ kind: 'head_detached', seq: 5 }]);
    const other = { ...heads.after, hash: Buffer.alloc(32, 1) };
    expect((await check({ head: other })).breaks).toEqual([
      { kind: 'head_gone', seq: heads.after.seq },
    ]);
  });

  it('take rows again from a clock that runs behind: no insert fails', async () => {
    expect(await recordAt(test, new Date('2040-01-15T00:00:00Z'), 1)).toHaveLength(1);
    await sealEntries(test.system);
    expect(await check()).toMatchObject({ broken: 0, unsealed: 0 });
  });
});

describe('a beginning that retention did not take is missed', () => {
  const firstKept = '(SELECT min(seq) FROM audit_seals)';

  it('behind what it took', async () => {
    const { rows } = await sql<{ seq: number }>`SELECT min(seq) AS seq FROM audit_seals`.execute(
      test.services.db,
    );
    const seq = rows[0]?.seq ?? 0;
    const found = await breaksAfter(
      `DELETE FROM audit_entries WHERE id = (SELECT entry_id FROM audit_seals WHERE seq = ${firstKept});
       DELETE FROM audit_seals WHERE seq = ${firstKept}`,
    );
    expect(found).toEqual([{ kind: 'seals_gone', from: seq, to: seq }]);
  });

  it('where a record of retention is made up for it', async () => {
    const found = await breaksAfter(
      `DELETE FROM audit_entries WHERE id = (SELECT entry_id FROM audit_seals WHERE seq = ${firstKept});
       INSERT INTO audit_detached_seals
       SELECT s.seq, s.seq, d.hash_after, s.hash, 'audit_entries_2040_03', now(), s.key_id, sha256('forged')
       FROM audit_seals s JOIN audit_detached_seals d ON d.last_seq = s.seq - 1 WHERE s.seq = ${firstKept};
       DELETE FROM audit_seals WHERE seq = ${firstKept}`,
    );
    expect(found).toEqual([
      expect.objectContaining({ kind: 'detachment_forged' }),
      expect.objectContaining({ kind: 'seals_gone' }),
    ]);
  });

  it.each([
    ['stretched', 'last_seq = last_seq + 1'],
    ['of another hash', "hash_after = sha256('x')"],
    ['of another place', "hash_before = sha256('x')"],
    ['of another time', "detached_at = detached_at + interval '1 day'"],
    ['of another partition', "partition_name = 'x'"],
  ])('where a record is changed: %s', async (_how, change) => {
    const found = await breaksAfter(
      `UPDATE audit_detached_seals SET ${change} WHERE first_seq = (SELECT max(first_seq) FROM audit_detached_seals WHERE last_seq < ${firstKept})`,
    );
    expect(found).toContainEqual({ kind: 'seals_gone', from: PER_MONTH + 1, to: 2 * PER_MONTH });
  });

  it('where the records are gone', async () => {
    const found = await breaksAfter('DELETE FROM audit_detached_seals');
    expect(found).toContainEqual(expect.objectContaining({ kind: 'seals_gone', from: 1 }));
  });

  it('where everything behind it is gone too', async () => {
    const found = await breaksAfter(
      'DELETE FROM audit_seals; DELETE FROM audit_entries; DELETE FROM audit_unsealed',
    );
    expect(found).toEqual([expect.objectContaining({ kind: 'seals_gone' })]);
  });

  it('and a seal with the number of another is named, in whichever partition it lies', async () => {
    const found = await breaksAfter(
      `INSERT INTO audit_entries SELECT '${idAt(new Date('2040-06-02T00:00:00Z'))}', NULL, 'system', 'thing.forged', 'thing', '1', '{}', NULL, NULL, now();
       INSERT INTO audit_seals SELECT s.seq, e.id, s.key_id, s.hash, s.sealed_at FROM audit_entries e, audit_seals s
       WHERE e.action = 'thing.forged' AND s.seq = (SELECT max(seq) - 1 FROM audit_seals)`,
    );
    expect(found).toContainEqual(expect.objectContaining({ kind: 'seal_doubled' }));
  });
});

describe('the commands', () => {
  const lines: string[] = [];
  async function run(command: () => Promise<number>, env: Record<string, string> = {}) {
    lines.length = 0;
    const settings = {
      NODE_ENV: 'test',
      DATABASE_URL: test.databaseUrl,
      LOG_LEVEL: 'silent',
      ...env,
    };
    for (const [name, value] of Object.entries(settings)) vi.stubEnv(name, value);
    vi.stubEnv('APP_SECRET', test.services.config.APP_SECRET);
    const collect = (text: string | Uint8Array) => lines.push(String(text).trimEnd()) > 0;
    vi.spyOn(process.stdout, 'write').mockImplementation(collect);
    vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    const exitCode = await command().finally(() => {
      vi.unstubAllEnvs();
      vi.restoreAllMocks();
    });
    return { exitCode, lines };
  }

  it('keep everything where no retention is set', async () => {
    expect(await run(retain)).toEqual({
      exitCode: 0,
      lines: ['AUDIT_RETENTION_MONTHS is not set: the audit log is kept for ever'],
    });
  });

  it('say where nothing is old enough', async () => {
    expect(await run(retain, { AUDIT_RETENTION_MONTHS: '1200' })).toMatchObject({
      exitCode: 0,
      lines: ['nothing of the audit log is older than 1200 months'],
    });
  });

  it('say from where a log is followed of which a part was detached', async () => {
    const { exitCode, lines } = await run(() => verify({}));
    const { detached } = await check();
    expect([exitCode, lines[0]]).toEqual([
      0,
      `42 entries of 2 partitions were detached by retention, the last of them at head ${detached && formatHead(detached.head)}: the chain is followed from there`,
    ]);
  });

  it.each(['11', '0', 'never', '1201'])('refuse %s months', (months) => {
    expect(() => loadConfig({ AUDIT_RETENTION_MONTHS: months }, '0.0.0-test')).toThrow(
      'AUDIT_RETENTION_MONTHS',
    );
  });
});
