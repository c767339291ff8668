import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { onServer, withDatabase } from '../../../test/support/database.ts';
import { migrate, pendingMigrations, readMigrations } from './migrate.ts';

const FIRST = 'CREATE TABLE fruits (name text PRIMARY KEY);';
const SECOND = "INSERT INTO fruits VALUES ('mangga');";
const nothing = async () => {};

let serverUrl: string;
let name: string;
let url: string;
let folder: string;
let client: pg.Client;

beforeEach(async () => {
  serverUrl = inject('serverUrl');
  name = `test_migrate_${randomBytes(6).toString('hex')}`;
  url = withDatabase(serverUrl, name);
  await onServer(serverUrl, `CREATE DATABASE ${name}`);
  folder = await mkdtemp(join(tmpdir(), 'freshbytes-migrations-'));
  client = new pg.Client({ connectionString: url });
  await client.connect();
});
afterEach(async () => {
  await client.end();
  await onServer(serverUrl, `DROP DATABASE ${name} WITH (FORCE)`);
  await rm(folder, { recursive: true });
});

async function write(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [file, text] of Object.entries(files)) await writeFile(join(folder, file), text);
}

async function rowsOf(statement: string): Promise<unknown[]> {
  return (await client.query({ text: statement, rowMode: 'array' })).rows.flat();
}

describe('migrate', () => {
  it('applies what is missing, in order, and nothing twice', async () => {
    await write({ '0002_fill.sql': SECOND, '0001_fruits.sql': FIRST, 'README.md': 'not SQL' });
    expect(await migrate(url, nothing, folder)).toEqual(['0001_fruits.sql', '0002_fill.sql']);
    expect(await migrate(url, nothing, folder)).toEqual([]);
    await write({ '0003_more.sql': "INSERT INTO fruits VALUES ('pakwan');" });
    expect(await migrate(url, nothing, folder)).toEqual(['0003_more.sql']);
    expect(await rowsOf('SELECT name FROM fruits ORDER BY name')).toEqual(['mangga', 'pakwan']);
  });

  it('refuses a database on which an applied migration was edited, and changes nothing', async () => {
    await write({ '0001_fruits.sql': FIRST });
    await migrate(url, nothing, folder);
    await write({ '0001_fruits.sql': `${FIRST} -- better`, '0002_fill.sql': SECOND });
    await expect(migrate(url, nothing, folder)).rejects.toThrow(
      /0001_fruits\.sql; write a new one/,
    );
    expect(await rowsOf('SELECT name FROM fruits')).toEqual([]);
  });

  it('takes a failed migration back as a whole, keeps those before it, and continues once it is fixed', async () => {
    await write({
      '0001_fruits.sql': FIRST,
      '0002_broken.sql': `${SECOND} CREATE TABLE t (); SELECT 1 / 0;`,
    });
    const error: unknown = await migrate(url, nothing, folder).catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      message: 'migration 0002_broken.sql failed and was rolled back',
      cause: { message: 'division by zero' },
    });
    expect(await rowsOf("SELECT to_regclass('t')::text")).toEqual([null]);
    expect(await rowsOf('SELECT name FROM fruits')).toEqual([]);
    expect(await rowsOf('SELECT name FROM schema_migrations')).toEqual(['0001_fruits.sql']);
    await write({ '0002_broken.sql': SECOND });
    expect(await migrate(url, nothing, folder)).toEqual(['0002_broken.sql']);
  });

  it('leaves alone what a newer checkout has applied', async () => {
    await write({ '0001_fruits.sql': FIRST, '0002_fill.sql': SECOND });
    await migrate(url, nothing, folder);
    await rm(join(folder, '0002_fill.sql'));
    expect(await migrate(url, nothing, folder)).toEqual([]);
  });

  it('runs what comes afterwards each time, under the lock, and frees the lock where that fails', async () => {
    await write({ '0001_fruits.sql': FIRST });
    const locks = `SELECT count(*)::integer FROM pg_locks WHERE locktype = 'advisory' AND granted
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`;
    const failing = async () => {
      expect(await rowsOf(locks)).toEqual([1]);
      throw new Error('no reference data');
    };
    await expect(migrate(url, failing, folder)).rejects.toThrow('no reference data');
    let runs = 0;
    const counting = async () => {
      runs += 1;
    };
    await migrate(url, counting, folder);
    expect(runs).toBe(1);
  });

  it('lets one of several processes that start at once do the work, and all of them succeed', async () => {
    await write({ '0001_fruits.sql': `${FIRST} SELECT pg_sleep(0.2);`, '0002_fill.sql': SECOND });
    const starts = await Promise.all([0, 1, 2].map(() => migrateInProcess()));
    expect(starts.sort((a, b) => b.length - a.length)).toEqual([
      ['0001_fruits.sql', '0002_fill.sql'],
      [],
      [],
    ]);
    expect(await rowsOf('SELECT name FROM fruits')).toEqual(['mangga']);
  });
});

/** What one start of another process applied. */
async function migrateInProcess(): Promise<string[]> {
  const source = `import { migrate } from ${JSON.stringify(new URL('migrate.ts', import.meta.url))};
    const [url, folder] = process.argv.slice(1);
    console.log(JSON.stringify(await migrate(url, async () => {}, folder)));`;
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--input-type=module',
    '-e',
    source,
    url,
    folder,
  ]);
  return JSON.parse(stdout);
}

describe('pendingMigrations', () => {
  it('names all of this checkout on a new database and none on a migrated one', async () => {
    const query = async (statement: string) =>
      (await client.query<{ name: string }>(statement)).rows;
    const all = (await readMigrations()).map((migration) => migration.name);
    expect(await pendingMigrations(query)).toEqual(all);
    await migrate(url, nothing);
    expect(await pendingMigrations(query)).toEqual([]);
    await client.query('DELETE FROM schema_migrations WHERE name = $1', [all[0]]);
    expect(await pendingMigrations(query)).toEqual([all[0]]);
  });
});

describe('readMigrations', () => {
  it.each(['fruits.sql', '1_fruits.sql', '0001-fruits.sql', '0001_Fruits.sql'])(
    'refuses to pass over %s',
    async (file) => {
      await write({ [file]: FIRST });
      await expect(readMigrations(folder)).rejects.toThrow(file);
    },
  );
});
