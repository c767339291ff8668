// The audit log of a database that is in use becomes partitioned: in place, and unnoticed by the version before.
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { onServer, withDatabase } from '../../../test/support/database.ts';
import { migrateJobs } from '../../jobs/queues/migrate.ts';
import { newId } from '../../lib/ids.ts';
import { migrate } from './migrate.ts';
import { migrateBefore } from './migrations.testkit.ts';

const nothing = async () => {};
const ENTRIES = 200;
const SEALED = 150;
const WRITERS = 3;

const suffix = randomBytes(6).toString('hex');
const name = `test_partitions_${suffix}`;
const role = `freshbytes_old_${suffix}`;
const serverUrl = inject('serverUrl');
const url = withDatabase(serverUrl, name);
let client: pg.Client;
/** What identifies the tables and their indexes: the files that hold them. */
let files: string[];
let written = 0;
const refused: unknown[] = [];

beforeAll(async () => {
  await onServer(serverUrl, `CREATE DATABASE ${name}`);
  await onServer(serverUrl, `CREATE ROLE ${role}`);
  await migrateBefore(url, '0023');
  await migrateJobs(url, []);
  client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(`SELECT grant_runtime_role('${role}')`);
  for (let i = 0; i < ENTRIES; i += 1) await write(client);
  await client.query(
    `INSERT INTO audit_seals SELECT row_number() OVER (ORDER BY id), id, 'key', sha256('x'), now() FROM audit_entries ORDER BY id LIMIT ${SEALED}`,
  );
  await client.query(
    'DELETE FROM audit_unsealed WHERE entry_id IN (SELECT entry_id FROM audit_seals)',
  );
  files = await filesOf("IN ('audit_entries'::regclass, 'audit_seals'::regclass)");
  let isDone = false;
  const writing = Array.from({ length: WRITERS }, () => writeAsOldVersion(() => isDone));
  await migrate(url, nothing);
  isDone = true;
  await Promise.all(writing);
}, 120_000);
afterAll(async () => {
  await client.end();
  await onServer(serverUrl, `DROP DATABASE ${name} WITH (FORCE)`);
  await onServer(serverUrl, `DROP ROLE ${role}`);
});

function write(db: pg.Client): Promise<unknown> {
  return db.query(
    `INSERT INTO audit_entries SELECT * FROM jsonb_populate_recordset(NULL::audit_entries, $1)`,
    [
      JSON.stringify([
        {
          id: newId(),
          actor_role: 'system',
          action: 'thing.changed',
          object_type: 'thing',
          object_id: '1',
          changes: {},
          created_at: new Date(),
        },
      ]),
    ],
  );
}

/** One transaction after the other, with what that version waits for a lock, as the role that serves. */
async function writeAsOldVersion(isDone: () => boolean): Promise<void> {
  const old = new pg.Client({ connectionString: url });
  await old.connect();
  await old.query(`SET ROLE ${role}; SET statement_timeout = '10s'`);
  while (!isDone()) {
    await write(old).then(
      () => {
        written += 1;
      },
      (error: unknown) => refused.push(error),
    );
  }
  await old.end();
}

async function filesOf(tables: string): Promise<string[]> {
  const { rows } = await client.query<{ file: string }>(
    `SELECT pg_relation_filenode(oid)::text AS file FROM pg_class WHERE oid ${tables}
       OR oid IN (SELECT indexrelid FROM pg_index WHERE indrelid ${tables}) ORDER BY 1`,
  );
  return rows.map(({ file }) => file);
}

async function countsOf(statement: string): Promise<Record<string, number>> {
  return (await client.query(statement)).rows[0];
}

describe('a log with entries, seals and writers', () => {
  it('lets every entry of the version before in, while it migrates and afterwards', () => {
    expect(refused).toEqual([]);
    expect(written).toBeGreaterThan(0);
  });

  it('keeps all rows, and queues each entry once', async () => {
    expect(
      await countsOf(`SELECT (SELECT count(*)::integer FROM audit_entries) AS entries,
        (SELECT count(*)::integer FROM audit_seals) AS seals, (SELECT count(*)::integer FROM audit_unsealed) AS queued`),
    ).toEqual({
      entries: ENTRIES + written,
      seals: SEALED,
      queued: ENTRIES - SEALED + written,
    });
  });

  it('copies no row and builds no index: the old tables are the first partitions', async () => {
    const first = `IN (SELECT inhrelid FROM pg_inherits WHERE inhparent IN ('audit_entries'::regclass, 'audit_seals'::regclass)
      AND pg_get_expr((SELECT relpartbound FROM pg_class WHERE oid = inhrelid), inhrelid) LIKE '%MINVALUE%')`;
    expect(await filesOf(first)).toEqual(files);
  });

  it('has partitions for what is written now and in the months to come', async () => {
    expect(
      await countsOf(`SELECT count(*) FILTER (WHERE upper_id > first_id_at(month_start(now(), 3)))::integer AS ahead,
          (SELECT count(*)::integer FROM partitions.audit_entries_default) AS astray FROM partitions_of('audit_entries')`),
    ).toEqual({ ahead: 1, astray: 0 });
  });

  it('is granted to whom the old tables were, and its partitions to nobody', async () => {
    const { rows } = await client.query(
      `SELECT relname AS name, privilege_type AS right FROM pg_class, aclexplode(relacl) granted
       WHERE granted.grantee = '${role}'::regrole AND (relname LIKE 'audit_entries%' OR relname LIKE 'audit_seals%')
       ORDER BY 1, 2`,
    );
    expect(rows).toEqual([
      { name: 'audit_entries', right: 'INSERT' },
      { name: 'audit_entries', right: 'SELECT' },
      { name: 'audit_seals', right: 'INSERT' },
      { name: 'audit_seals', right: 'SELECT' },
    ]);
    expect(
      await countsOf(
        `SELECT has_table_privilege('${role}', 'audit_detached_seals', 'SELECT')::integer AS reads`,
      ),
    ).toEqual({ reads: 1 });
  });

  it('is read by id in one partition', async () => {
    const { rows } = await client.query(
      `EXPLAIN (FORMAT JSON) SELECT FROM audit_entries WHERE id = '${newId()}'`,
    );
    const plan = JSON.stringify(rows);
    expect(plan.match(/"Relation Name"/g)).toHaveLength(1);
    expect(plan).toContain('Index');
  });
});
