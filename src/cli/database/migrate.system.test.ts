// `migrate` where another role serves: what a migration adds is that role's to use, from the commit that adds it on.
import { randomBytes } from 'node:crypto';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, inject, it, vi } from 'vitest';
import { onServer, queryAt } from '../../../test/support/database.ts';
import { createTwoRoles, type TwoRoles } from '../../../test/support/processes/two-roles.ts';
import { migrate as applyMigrations, MIGRATIONS_DIR } from '../../db/migrations/migrate.ts';
import { EXIT } from '../../lib/exit.ts';
import { grantRuntimeRole } from './grant-runtime-role.ts';
import { migrate } from './migrate.ts';

const INSUFFICIENT_PRIVILEGE = '42501';
const nothing = async () => {};

const others: string[] = [];
let two: TwoRoles;
let printed: string;

beforeAll(async () => {
  two = await createTwoRoles();
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed += text;
    return true;
  });
});
beforeEach(() => {
  printed = '';
  vi.stubEnv('DATABASE_URL', two.ownerUrl);
});
afterEach(() => {
  vi.unstubAllEnvs();
});
afterAll(async () => {
  vi.restoreAllMocks();
  await two.drop();
  await two.dropRoles();
  for (const role of others) await onServer(inject('serverUrl'), `DROP ROLE ${role}`);
});

async function createRole(): Promise<string> {
  const role = `role_${randomBytes(6).toString('hex')}`;
  await onServer(inject('serverUrl'), `CREATE ROLE ${role}`);
  others.push(role);
  return role;
}

/** This checkout's migrations and these, by number; numbers are never used again. */
async function applyMore(more: Readonly<Record<string, string>>): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'freshbytes-migrations-'));
  await cp(MIGRATIONS_DIR, folder, { recursive: true });
  for (const [number, text] of Object.entries(more))
    await writeFile(join(folder, `${number}_more.sql`), text);
  return applyMigrations(two.ownerUrl, nothing, folder).finally(() =>
    rm(folder, { recursive: true }),
  );
}

/** What a role may do with a table, in the order of PostgreSQL's letters: arwd, the others left out. */
async function rightsOn(table: string, role: string): Promise<string> {
  const { rows } = await queryAt(
    two.ownerUrl,
    `SELECT string_agg(letter, '' ORDER BY letter) AS rights
     FROM (VALUES ('a', 'INSERT'), ('d', 'DELETE'), ('r', 'SELECT'), ('w', 'UPDATE'), ('x', 'REFERENCES'), ('D', 'TRUNCATE')) AS v (letter, name)
     WHERE has_table_privilege('${role}', '${table}', name)`,
  );
  return rows[0].rights ?? '';
}

it('grants to the role that a setting names, in a database that was empty', async () => {
  vi.stubEnv('DATABASE_RUNTIME_ROLE', two.runtime);
  expect(await migrate()).toBe(EXIT.done);
  expect(printed).toContain('applied 0001_foundation.sql\n');
  expect(printed).toContain(`${two.runtime} may run serve and worker\n`);
  expect(await rightsOn('orders', two.runtime)).toBe('adrw');
  expect(await rightsOn('pgboss.job', two.runtime)).toBe('adrw');
});

it('grants what is new without being told again, an append-only table less its changes', async () => {
  await applyMore({
    9001: `CREATE TABLE notes (id integer);
      CREATE TABLE log_entries (id integer);
      CREATE TRIGGER log_entries_append_only BEFORE UPDATE OR DELETE ON log_entries
        FOR EACH ROW EXECUTE FUNCTION refuse_change();`,
  });
  expect(await rightsOn('notes', two.runtime)).toBe('adrw');
  expect(await rightsOn('log_entries', two.runtime)).toBe('ar');
  expect(await migrate()).toBe(EXIT.done);
  expect(printed).toBe(
    `nothing to apply: the database is up to date\n${two.runtime} may run serve and worker\n`,
  );
});

it('grants in the transaction of each migration: what precedes a failing one can be used', async () => {
  const failing = applyMore({ 9002: 'CREATE TABLE baskets ();', 9003: 'SELECT 1 / 0;' });
  await expect(failing).rejects.toThrow('9003_more.sql failed');
  expect(await rightsOn('baskets', two.runtime)).toBe('adrw');
});

it('a table of the queue can be used as soon as it is there, one of ours only by a migration', async () => {
  await queryAt(two.ownerUrl, 'CREATE TABLE pgboss.later (); CREATE TABLE public.later ();');
  expect(await rightsOn('pgboss.later', two.runtime)).toBe('adrw');
  expect(await rightsOn('public.later', two.runtime)).toBe('');
  await queryAt(two.ownerUrl, 'DROP TABLE pgboss.later, public.later');
});

it('grants to every role that was granted this, and no more to one that was revoked or dropped', async () => {
  const [second, third] = [await createRole(), await createRole()];
  await grantRuntimeRole(second);
  await grantRuntimeRole(third);
  await queryAt(two.ownerUrl, `REVOKE ALL ON ALL TABLES IN SCHEMA public FROM ${second}`);
  await onServer(two.superuserUrl, `DROP OWNED BY ${third}`);
  await applyMore({ 9004: 'CREATE TABLE crates ();' });
  expect(await rightsOn('crates', two.runtime)).toBe('adrw');
  expect(await rightsOn('crates', second)).toBe('');
  expect(await rightsOn('crates', third)).toBe('');
});

it('fails, and applies nothing, where such a role could rewrite the audit log by now', async () => {
  await onServer(inject('serverUrl'), `ALTER ROLE ${two.runtime} CREATEROLE`);
  const applied = applyMore({ 9005: 'CREATE TABLE sacks ();' });
  await expect(applied).rejects.toMatchObject({
    cause: { message: `role "${two.runtime}" could still rewrite the audit log` },
  });
  await onServer(inject('serverUrl'), `ALTER ROLE ${two.runtime} NOCREATEROLE`);
  const { rows } = await queryAt(two.ownerUrl, "SELECT to_regclass('sacks') AS name");
  expect(rows).toEqual([{ name: null }]);
});

it('says which role is not there', async () => {
  vi.stubEnv('DATABASE_RUNTIME_ROLE', 'nobody');
  await expect(migrate()).rejects.toThrow('role "nobody" does not exist.');
});

it('is refused to the role that serves', async () => {
  vi.stubEnv('DATABASE_URL', two.runtimeUrl);
  await expect(migrate()).rejects.toMatchObject({ code: INSUFFICIENT_PRIVILEGE });
});
