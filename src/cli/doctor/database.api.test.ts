import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import {
  createTestDatabase,
  onServer,
  type TestDatabase,
  withDatabase,
} from '../../../test/support/database.ts';
import { openDatabase } from '../../db/database.ts';
import { OLDEST_POSTGRES } from '../../db/migrations/migrate.ts';
import { deadLetterQueue } from '../../jobs/define.ts';
import { sealEntriesJob } from '../../modules/audit/audit.jobs.ts';
import { checkDatabase, judgeServer, type ServerFacts } from './database.ts';

const FIT: ServerFacts = {
  version: '18.1',
  number: 180_001,
  encoding: 'UTF8',
  lowers: true,
  skew_s: 0.2,
  missing: [],
};

describe('a server', () => {
  it('that has all that is needed is well', () => {
    expect(judgeServer(FIT, undefined).map(({ level }) => level)).toEqual(Array(4).fill('ok'));
  });

  it.each([
    ['older than the oldest', { number: OLDEST_POSTGRES - 1 }, 'fail', 'database', '15 or newer'],
    ['in another encoding', { encoding: 'LATIN1' }, 'fail', 'text', 'LATIN1'],
    ['that does not know ñ', { lowers: false }, 'fail', 'text', 'a locale that knows letters'],
    ['without an extension', { missing: ['unaccent'] }, 'fail', 'extensions', 'missing: unaccent'],
    ['that is ahead', { skew_s: 61 }, 'warn', 'clock', '61 s off'],
    ['that is behind', { skew_s: -61 }, 'warn', 'clock', '-61 s off'],
  ])('%s is told of', (_case, facts, level, subject, text) => {
    const findings = judgeServer({ ...FIT, ...facts }, undefined);
    expect(findings.filter((finding) => finding.level !== 'ok')).toEqual([
      { level, subject, text: expect.stringContaining(text) },
    ]);
  });

  it('is told apart from the embedded one', () => {
    const [given, own] = [undefined, { dataDir: './data' }].map(
      (embedded) => judgeServer(FIT, embedded)[0]?.text,
    );
    expect([given, own]).toEqual([
      'PostgreSQL 18.1, of DATABASE_URL',
      'PostgreSQL 18.1, embedded, in ./data',
    ]);
  });
});

describe('a database', () => {
  const empty = `doctor_${Date.now()}`;
  let migrated: TestDatabase;
  beforeAll(async () => {
    migrated = await createTestDatabase();
    await onServer(inject('serverUrl'), `CREATE DATABASE ${empty}`);
  });
  afterAll(async () => {
    await migrated.drop();
    await onServer(inject('serverUrl'), `DROP DATABASE ${empty} WITH (FORCE)`);
  });
  const check = (url: string) => checkDatabase({ url }, { isProduction: false });

  it('that is not migrated is asked for nothing that only migrations make', async () => {
    const findings = await check(withDatabase(inject('serverUrl'), empty));
    expect(findings.at(-1)).toEqual({
      level: 'warn',
      subject: 'migrations',
      text: expect.stringMatching(/^pending: 0001_foundation\.sql, .*freshbytes migrate/),
    });
  });

  it('that holds jobs which failed for good is told of', async () => {
    const jobs = async () => (await check(migrated.url)).find(({ subject }) => subject === 'jobs');
    expect(await jobs()).toMatchObject({ level: 'ok', text: expect.stringContaining('0 dead') });
    const { db } = openDatabase({ url: migrated.url, poolSize: 1, onError: () => {} });
    await sql`INSERT INTO pgboss.job (name) VALUES (${deadLetterQueue(sealEntriesJob.name)})`.execute(
      db,
    );
    await db.destroy();
    expect(await jobs()).toMatchObject({ level: 'warn', text: expect.stringContaining('1 dead') });
  });
});
