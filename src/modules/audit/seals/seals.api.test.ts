import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestApp, type TestApp } from '../../../../test/support/app.ts';
import { loadConfig } from '../../../config.ts';
import { type Ctx, systemCtx } from '../../../context.ts';
import { openDatabase } from '../../../db/database.ts';
import { inTransaction } from '../../../db/transaction.ts';
import { HOUR_MS } from '../../../lib/time.ts';
import { sealEntriesJob } from '../audit.jobs.ts';
import { recordAudit } from '../audit.service.ts';
import { ENTRY_TEXT } from './seals.queries.ts';
import { formatHead, SEALING_BATCH, sealEntries, verifyAudit } from './seals.service.ts';
import { asSuperuser, record, recordMany, seals, tamper } from './seals.testkit.ts';

let test: TestApp;
beforeAll(async () => {
  test = await createTestApp({ poolSize: 8 });
});
afterAll(() => test.close());

const verify = () => verifyAudit(test.services);
/** The context of the same system, with some of it replaced. */
const withServices = (services: Partial<TestApp['services']>): Ctx =>
  systemCtx({ ...test.services, ...services }, 'test');
const entry = (object_id: string) => ({ action: 'thing.changed', object_type: 'thing', object_id });

describe('sealing', () => {
  it('gives every entry one seal, in a chain that verifies and leaves none waiting', async () => {
    await record(test.system, 3);
    expect(await verify()).toMatchObject({ sealed: 0, unsealed: 3, head: undefined, broken: 0 });
    await sealEntriesJob.run(test.system, {});
    const chain = await seals(test);
    expect(chain.map(({ seq }) => seq)).toEqual([1, 2, 3]);
    expect(await verify()).toMatchObject({ sealed: 3, unsealed: 0, broken: 0, breaks: [] });
  });

  it('adds nothing where nothing waits', async () => {
    const before = await seals(test);
    expect(await sealEntries(test.system)).toBe(0);
    expect(await seals(test)).toEqual(before);
  });

  it('covers every column that an entry has', async () => {
    const { rows } = await sql<{ name: string }>`
      SELECT column_name AS name FROM information_schema.columns WHERE table_name = 'audit_entries'`.execute(
      test.services.db,
    );
    expect(rows.map(({ name }) => name).toSorted()).toEqual(Object.keys(ENTRY_TEXT).toSorted());
  });

  it('logs the head, which the verdict repeats', async () => {
    const lines: unknown[] = [];
    const log = { ...test.services.log, info: (fields: unknown) => void lines.push(fields) };
    await record(test.system, 2);
    await sealEntries(withServices({ log }));
    const { head } = await verify();
    expect(head?.sealed_at).toBeInstanceOf(Date);
    expect(lines).toEqual([{ sealed: 2, audit_head: head && formatHead(head) }]);
  });

  it('takes more than a batch a time, in a number of statements that grows with the batches alone', async () => {
    await recordMany(test, 2 * SEALING_BATCH + 1);
    test.statements.length = 0;
    expect(await sealEntries(test.system)).toBe(2 * SEALING_BATCH + 1);
    expect(test.statements).toHaveLength(3 * 4);
    test.statements.length = 0;
    expect((await verify()).broken).toBe(0);
    expect(test.statements.length).toBeLessThanOrEqual(6);
  });
});

describe('an entry whose transaction commits late', () => {
  it('is sealed after those that were written later and committed earlier', async () => {
    const { before, after } = await lateEntry(test.system);
    expect(before.unsealed).toBe(0);
    expect(after).toMatchObject({ sealed: before.sealed + 1, unsealed: 0, broken: 0 });
  });

  it('is sealed however late it is', async () => {
    const { after } = await lateEntry(test.system, () => test.clock.advance(48 * HOUR_MS));
    expect(after).toMatchObject({ unsealed: 0, broken: 0 });
  });

  /** Written first; committed once a later one has been sealed. */
  async function lateEntry(ctx: Ctx, meanwhile: () => void = () => {}) {
    const before = await inTransaction(ctx, async (late) => {
      await recordAudit(late, entry('late'));
      await record(ctx, 1);
      meanwhile();
      await sealEntries(ctx);
      return verify();
    });
    await sealEntries(ctx);
    return { before, after: await verify() };
  }
});

it('a clock that goes backwards neither stops the sealing nor breaks the chain', async () => {
  test.clock.advance(-24 * HOUR_MS);
  await record(test.system, 2);
  expect(await sealEntries(test.system)).toBe(2);
  expect(await verify()).toMatchObject({ unsealed: 0, broken: 0 });
  test.clock.advance(24 * HOUR_MS);
});

it('an entry at the end of time is sealed like any other', async () => {
  await recordMany(test, 1);
  await tamper(
    test,
    `UPDATE audit_entries SET created_at = 'infinity' WHERE id IN (SELECT entry_id FROM audit_unsealed)`,
  );
  expect(await sealEntries(test.system)).toBe(1);
  expect((await verify()).broken).toBe(0);
});

describe('several sealers', () => {
  it('at once seal each entry once, in one chain', async () => {
    await record(test.system, 20);
    const sealed = await Promise.all(Array.from({ length: 4 }, () => sealEntries(test.system)));
    expect(sealed.reduce((sum, count) => sum + count, 0)).toBe(20);
    expect(await verify()).toMatchObject({ unsealed: 0, broken: 0 });
  });

  it('are kept apart by the database even where one holds no lock', async () => {
    const [last] = (await seals(test)).slice(-1);
    await record(test.system, 1);
    const again = `INSERT INTO audit_seals SELECT ${last?.seq}, entry_id, 'x', decode(repeat('00', 32), 'hex'), now() FROM audit_unsealed`;
    await expect(asSuperuser(test, again)).rejects.toThrow(/audit_seals_\w+_pkey/);
    await sealEntries(test.system);
  });
});

it('a verification of a log that is being written and sealed finds nothing wrong', async () => {
  const write = async () => {
    for (let round = 0; round < 8; round += 1) {
      await record(test.system, 5);
      await sealEntries(test.system);
    }
  };
  const watch = async () => {
    const verdicts = [];
    for (let round = 0; round < 8; round += 1) verdicts.push(await verify());
    return verdicts.flatMap(({ breaks }) => breaks);
  };
  const [, , found] = await Promise.all([write(), write(), watch()]);
  expect(found).toEqual([]);
});

describe('a sealer that is killed', () => {
  it('half way leaves the chain as it was, and the next one finishes', async () => {
    await record(test.system, 5);
    const before = await verify();
    const third = (before.head?.seq ?? 0) + 3;
    await asSuperuser(
      test,
      `CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NEW; END $$;
       CREATE TRIGGER die BEFORE INSERT ON audit_seals FOR EACH ROW WHEN (NEW.seq = ${third}) EXECUTE FUNCTION die()`,
    );
    const { db } = openDatabase({ url: test.databaseUrl, poolSize: 1, onError: () => {} });
    await expect(sealEntries(withServices({ db }))).rejects.toThrow();
    await db.destroy();
    expect(await verify()).toEqual(before);
    await asSuperuser(test, 'DROP FUNCTION die CASCADE');
    expect(await sealEntries(test.system)).toBe(5);
    expect(await verify()).toMatchObject({ unsealed: 0, broken: 0 });
  });
});

describe('seals', () => {
  it.each([
    'UPDATE audit_seals SET sealed_at = now()',
    'DELETE FROM audit_seals',
    'TRUNCATE audit_seals',
    'TRUNCATE audit_entries CASCADE',
  ])('are append-only: %s is refused', async (statement) => {
    await expect(asSuperuser(test, statement)).rejects.toThrow('is append-only');
  });

  it('hold their entries: one that is sealed cannot go while foreign keys are on', async () => {
    const removal =
      'ALTER TABLE audit_entries DISABLE TRIGGER audit_entries_append_only; DELETE FROM audit_entries';
    await expect(asSuperuser(test, removal)).rejects.toThrow('audit_seals_entry_id_fkey');
  });

  it('need a secret that is not in the database', async () => {
    const { APP_SECRET: _, ...config } = test.services.config;
    await record(test.system, 1);
    await expect(sealEntries(withServices({ config }))).rejects.toThrow('APP_SECRET is not set');
    await sealEntries(test.system);
  });
});

describe('secrets', () => {
  const withSecrets = (secrets: string, app_secret = test.services.config.APP_SECRET ?? '') =>
    withServices({
      config: { ...test.services.config, AUDIT_SEAL_SECRETS: secrets, APP_SECRET: app_secret },
    });
  const [first, second] = [
    'a secret of the year before, long enough',
    'this year’s secret, long enough',
  ];

  it('that are rotated leave what was sealed before readable', async () => {
    await record(test.system, 1);
    await sealEntries(withSecrets(first));
    await record(test.system, 1);
    await sealEntries(withSecrets(`${second},${first}`));
    expect((await verifyAudit(withSecrets(`${second},${first}`))).broken).toBe(0);
  });

  it('that are no longer given are named by every entry that needs them', async () => {
    const { broken, breaks } = await verifyAudit(withSecrets(second));
    expect(broken).toBe(1);
    expect(breaks[0]).toMatchObject({ kind: 'key_unknown' });
  });

  it.each([
    ['short', /^AUDIT_SEAL_SECRETS has the wrong form/],
    [`${'long enough, '.repeat(3)}`, /^AUDIT_SEAL_SECRETS has the wrong form/],
    [`${first.replace(',', '')},${'ab'.repeat(20)}`, /^AUDIT_SEAL_SECRETS holds a weak secret/],
  ])('%j are refused in production', (secrets, fault) => {
    const load = () =>
      loadConfig({ NODE_ENV: 'production', AUDIT_SEAL_SECRETS: secrets }, '0.0.0-test');
    expect(load).toThrow(new RegExp(fault, 'm'));
  });

  it('let APP_SECRET be rotated once its old value stands among them', async () => {
    const old = test.services.config.APP_SECRET;
    const rotated = withSecrets(
      `${second},${first},${old}`,
      'another app secret, which is long enough',
    );
    expect((await verifyAudit(rotated)).broken).toBe(0);
  });
});
