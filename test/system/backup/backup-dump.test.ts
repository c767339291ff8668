import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmod,
  copyFile,
  mkdir,
  readdir,
  readFile,
  rm,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { generateIdentity } from 'age-encryption';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createCluster, type DrillCluster } from '../../../scripts/drill/cluster.ts';
import { differencesOf, takeFingerprint } from '../../../scripts/drill/fingerprint.ts';
import { environmentOf } from '../../../scripts/drill-restore.ts';
import { withClient } from '../../../src/db/client.ts';
import { openDatabase } from '../../../src/db/database.ts';
import { systemClock } from '../../../src/lib/time.ts';
import { prepareDatabase } from '../../../src/process/prepare.ts';
import { seedDatabase } from '../../../src/seed/seed.ts';
import { hasAge, hasPgbackrest } from '../../support/processes/backup-tools.ts';
import { runCli } from '../../support/processes/cli.ts';
import { createReplicas } from '../../support/servers/replicas.ts';

/** Each command is a process of its own, which a busy machine starts slowly. */
vi.setConfig({ testTimeout: 90_000 });

const PASSWORD = 'a-password-that-nobody-may-see';
const REPLACE = ['--replace', 'freshbytes'];

let cluster: DrillCluster;
let env: Record<string, string>;

beforeAll(async () => {
  if (!hasPgbackrest) return;
  cluster = await createCluster({ archiveTimeout_s: 60, archives: false, isDurable: false });
  env = environmentOf(cluster, 'pg_dump');
  await onServer('CREATE DATABASE freshbytes', 'CREATE ROLE freshbytes_app LOGIN');
  await onServer(
    'REVOKE CONNECT ON DATABASE freshbytes FROM PUBLIC',
    'GRANT CONNECT ON DATABASE freshbytes TO freshbytes_app',
  );
  await prepareDatabase(cluster.url);
  const { db } = openDatabase({ url: cluster.url, poolSize: 1, onError: () => {} });
  await seedDatabase({ db, clock: systemClock }, { size: 'small', seed: 1 });
  await db.destroy();
  await query(cluster.url, "SELECT grant_runtime_role('freshbytes_app')");
}, 180_000);
afterAll(() => cluster?.close());

const freshbytes = (args: readonly string[], extra: Record<string, string> = {}) =>
  runCli(args, { env: { ...env, ...extra } });

const query = (url: string, sql: string) =>
  withClient(url, async (client) => (await client.query(sql)).rows);

async function onServer(...statements: string[]): Promise<void> {
  for (const sql of statements) await query(cluster.urlOf('postgres'), sql);
}

async function databases(): Promise<string[]> {
  const rows = await query(cluster.urlOf('postgres'), 'SELECT datname FROM pg_database ORDER BY 1');
  return rows.map(({ datname }) => datname);
}

/** Names of the finished files, and of whatever else is there. */
async function filesIn(folder: string): Promise<string[]> {
  return (await readdir(folder)).toSorted();
}

/** A folder with a copy of the one archive there is, for tests that damage it. */
async function copyOfDumps(
  name: string,
): Promise<{ folder: string; archive: string; rows: string }> {
  const folder = join(cluster.folder, name);
  await mkdir(folder);
  const [archive = '', rows = ''] = await filesIn(env['BACKUP_DIR'] ?? '');
  for (const file of [archive, rows])
    await copyFile(join(env['BACKUP_DIR'] ?? '', file), join(folder, file));
  return { folder, archive: join(folder, archive), rows: join(folder, rows) };
}

async function flipBit(path: string): Promise<void> {
  const bytes = await readFile(path);
  const middle = Math.floor(bytes.length / 2);
  bytes.writeUInt8(bytes.readUInt8(middle) ^ 1, middle);
  await writeFile(path, bytes);
}

describe.skipIf(!hasPgbackrest)('a dump', () => {
  it('brings back exactly what it was taken of, with its rights, and keeps what it replaces', async () => {
    const before = await takeFingerprint(cluster.url);
    const taken = await freshbytes(['backup']);
    expect([taken.exitCode, taken.stdout]).toEqual([0, expect.stringMatching(/^took .+ MB\n$/)]);

    await query(cluster.url, 'DELETE FROM favorites; DELETE FROM backup_records');
    const restored = await freshbytes(['restore', ...REPLACE]);
    expect([restored.exitCode, restored.stderr]).toEqual([0, expect.not.stringContaining('error')]);
    expect(differencesOf(before, await takeFingerprint(cluster.url))).toEqual([]);

    const [rights] = await query(
      cluster.url,
      `SELECT has_database_privilege('freshbytes_app', 'freshbytes', 'CONNECT') AS connects,
        has_table_privilege('freshbytes_app', 'orders', 'INSERT') AS writes,
        has_table_privilege('freshbytes_app', 'audit_entries', 'DELETE') AS rewrites,
        datacl::text LIKE '%{=%c%' AS is_public FROM pg_database WHERE datname = 'freshbytes'`,
    );
    expect(rights).toEqual({ connects: true, writes: true, rewrites: false, is_public: false });

    const kept = (await databases()).filter((name) => name.startsWith('freshbytes_before_'));
    expect(kept).toHaveLength(1);
    expect(await query(cluster.urlOf(kept[0] ?? ''), 'SELECT FROM favorites')).toEqual([]);
    expect(restored.stdout).toContain(kept[0]);
    await onServer(`DROP DATABASE ${kept[0]}`);
  });

  it('is verified by restoring it aside, which the alert on its age sees', async () => {
    await query(cluster.url, 'DELETE FROM backup_records');
    const verified = await freshbytes(['backup', 'verify']);
    expect([verified.exitCode, verified.stdout]).toEqual([
      0,
      expect.stringContaining('all that must hold does'),
    ]);
    expect(await query(cluster.url, 'SELECT event FROM backup_records')).toEqual([
      { event: 'verified' },
    ]);
    expect((await databases()).filter((name) => name.includes('scratch'))).toEqual([]);
  });

  it('is verified as long as it is kept: an old one that is damaged is named, the others restore', async () => {
    const folder = join(cluster.folder, 'verified');
    const extra = { BACKUP_DIR: folder };
    for (let i = 0; i < 3; i += 1) expect((await freshbytes(['backup'], extra)).exitCode).toBe(0);
    const [oldest = '', ...others] = (await filesIn(folder)).filter((name) =>
      name.endsWith('.dump.age'),
    );
    await flipBit(join(folder, oldest));
    await query(cluster.url, 'DELETE FROM backup_records');

    const newest = await freshbytes(['backup', 'verify', '--newest'], extra);
    expect([newest.exitCode, newest.stdout.trim().split('\n')]).toEqual([
      0,
      [expect.stringContaining(`${others.at(-1)} restores`)],
    ]);
    const all = await freshbytes(['backup', 'verify'], extra);
    expect([all.exitCode, all.stdout.trim().split('\n')]).toEqual([
      1,
      [
        ...others.toReversed().map((name) => expect.stringContaining(`${name} restores`)),
        expect.stringMatching(`${oldest} does not restore: .+ cut short or was altered`),
        '1 of 3 backups cannot be relied on',
      ],
    ]);
    expect(await query(cluster.url, 'SELECT FROM backup_records')).toEqual([]);
  });

  it('has checksums that whoever stores it can compare without the key', async () => {
    const folder = env['BACKUP_DIR'] ?? '';
    const [archive = '', rows = '', checksums = ''] = await filesIn(folder);
    const hashed = [archive, rows].map(async (name) => {
      const hash = createHash('sha256').update(await readFile(join(folder, name)));
      return `${hash.digest('hex')}  ${name}\n`;
    });
    expect(await readFile(join(folder, checksums), 'utf8')).toBe(
      (await Promise.all(hashed)).join(''),
    );
  });

  it('is taken with the public key alone, which cannot read it', async () => {
    const folder = join(cluster.folder, 'one-way');
    const extra = { BACKUP_DIR: folder, BACKUP_IDENTITY_FILE: '' };
    expect((await freshbytes(['backup'], extra)).exitCode).toBe(0);
    expect((await freshbytes(['backup', 'list'], extra)).stdout).toContain('.dump.age');
    const { exitCode, stderr } = await freshbytes(['backup', 'verify'], extra);
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining('BACKUP_IDENTITY_FILE')]);
  });

  it('restores without the file of its row counts, and reports that they were not compared', async () => {
    const { folder, rows } = await copyOfDumps('uncounted');
    await rm(rows);
    const extra = { BACKUP_DIR: folder };
    const { exitCode, stdout } = await freshbytes(['backup', 'verify'], extra);
    expect([exitCode, stdout]).toEqual([1, expect.stringContaining(`rows: ${rows} is missing`)]);
  });

  it.skipIf(!hasAge)('restores with age and pg_restore alone', async () => {
    const [archive = ''] = await filesIn(env['BACKUP_DIR'] ?? '');
    await onServer('CREATE DATABASE by_hand');
    const script =
      'set -o pipefail; age -d -i "$1" "$2" | pg_restore --no-owner --exit-on-error --dbname="$3"';
    const identity = env['BACKUP_IDENTITY_FILE'] ?? '';
    const url = cluster.urlOf('by_hand');
    const args = ['-c', script, 'bash', identity, join(env['BACKUP_DIR'] ?? '', archive), url];
    const { status, stderr } = spawnSync('bash', args, { encoding: 'utf8' });
    expect([status, stderr]).toEqual([0, '']);
    const count = 'SELECT count(*)::integer AS orders FROM products';
    expect(await query(url, count)).toEqual(await query(cluster.url, count));
    await onServer('DROP DATABASE by_hand');
  });

  it('is removed when it has had its time, and never that of another database', async () => {
    const { folder, archive } = await copyOfDumps('retention');
    for (const name of ['freshbytes', 'another'])
      for (const kind of ['dump.age', 'rows.age', 'sha256'])
        await copyFile(archive, join(folder, `${name}-2020-01-01T00-00-00.000Z.${kind}`));
    const extra = { BACKUP_DIR: folder, BACKUP_KEEP_COUNT: '1', BACKUP_KEEP_DAYS: '1' };
    expect((await freshbytes(['backup'], extra)).exitCode).toBe(0);
    const left = (await filesIn(folder)).filter((name) => name.includes('2020'));
    expect(left).toEqual(
      ['dump.age', 'rows.age', 'sha256'].map((kind) => `another-2020-01-01T00-00-00.000Z.${kind}`),
    );
    expect((await freshbytes(['backup', 'list'], extra)).stdout.trim().split('\n')).toHaveLength(2);
  });
});

describe.skipIf(!hasPgbackrest)('a newer PostgreSQL', () => {
  it('takes a dump of an older one, with everything that was in it', async () => {
    const newer = await createReplicas();
    try {
      newer.init('newer');
      await newer.start('newer');
      await newer.query('CREATE ROLE freshbytes_app LOGIN');
      const major = `SELECT current_setting('server_version_num')::integer / 10000 AS major`;
      const [to] = await newer.query<{ major: number }>(major);
      const [from] = await query(cluster.url, major);
      expect(to?.major).toBeGreaterThan(from.major);

      const before = await takeFingerprint(cluster.url);
      const folder = join(cluster.folder, 'moved');
      expect((await freshbytes(['backup'], { BACKUP_DIR: folder })).exitCode).toBe(0);
      const extra = { BACKUP_DIR: folder, DATABASE_URL: newer.url('freshbytes') };
      const restored = await freshbytes(['restore'], extra);
      expect([restored.exitCode, restored.stderr]).toEqual([
        0,
        expect.not.stringContaining('error'),
      ]);
      expect(differencesOf(before, await takeFingerprint(newer.url('freshbytes')))).toEqual([]);
      expect(await freshbytes(['check-invariants'], extra)).toMatchObject({ exitCode: 0 });
      // An older pg_dump does not read a newer server; what it says is told.
      const backup = await freshbytes(['backup'], extra);
      expect([backup.exitCode, backup.stderr]).toEqual([
        1,
        expect.stringContaining('server version mismatch'),
      ]);
    } finally {
      await newer.close();
    }
  });
});

describe.skipIf(!hasPgbackrest)('a restore that is refused changes nothing and reports why', () => {
  const refusals: readonly (readonly [
    string,
    { args?: string[]; damage?: (archive: string) => Promise<unknown>; keyFile?: string },
    number,
    RegExp,
  ])[] = [
    ['where the database holds data', { args: [] }, 2, /holds data.+--replace freshbytes/],
    ['where another database was named', { args: ['--replace', 'other'] }, 2, /holds data/],
    ['before the first backup', { args: ['--to', '2020-01-01T00:00:00Z'] }, 2, /Possible: from 20/],
    ['at a time without its offset', { args: ['--to', '2026-03-01T08:00:00'] }, 2, /its offset/],
    ['at a time that is no date', { args: ['--to', '2026-02-30T08:00:00Z'] }, 2, /its offset/],
    ['in the future', { args: ['--to', '2199-01-01T00:00:00Z'] }, 2, /lies in the future/],
    ['with another key', { keyFile: 'other.key' }, 1, /encrypted for other keys/],
    ['with no key', { keyFile: 'none.key' }, 2, /BACKUP_IDENTITY_FILE cannot be read/],
    [
      'of a file cut short',
      { damage: (path) => truncate(path, 65_536) },
      1,
      /cut short or was altered/,
    ],
    ['of an empty file', { damage: (path) => truncate(path, 0) }, 1, /This is no backup/],
    ['of a file with one other bit', { damage: flipBit }, 1, /cut short or was altered/],
  ];

  it.each(refusals)('%s', async (name, { args, damage, keyFile }, exitCode, words) => {
    const { folder, archive } = await copyOfDumps(name.replaceAll(' ', '-'));
    await damage?.(archive);
    if (keyFile === 'other.key') await writeFile(join(folder, keyFile), await generateIdentity());
    const outcome = await freshbytes(['restore', ...(args ?? REPLACE)], {
      BACKUP_DIR: folder,
      ...(keyFile === undefined ? {} : { BACKUP_IDENTITY_FILE: join(folder, keyFile) }),
    });
    expect([outcome.exitCode, outcome.stderr]).toEqual([exitCode, expect.stringMatching(words)]);
    expect((await databases()).filter((found) => found.startsWith('freshbytes'))).toEqual([
      'freshbytes',
    ]);
  });

  it('where somebody is connected', async () => {
    await withClient(cluster.url, async () => {
      const { exitCode, stderr } = await freshbytes(['restore', ...REPLACE]);
      expect([exitCode, stderr]).toEqual([1, expect.stringContaining('stop serve and worker')]);
    });
  });
});

describe.skipIf(!hasPgbackrest)('a backup that fails leaves no file and no record', () => {
  async function expectNothing(folder: string): Promise<void> {
    expect((await filesIn(folder)).filter((name) => !name.endsWith('.key'))).toEqual([]);
    expect(await query(cluster.url, 'SELECT FROM backup_records')).toEqual([]);
  }

  async function emptyFolder(name: string): Promise<string> {
    const folder = join(cluster.folder, name);
    await mkdir(folder);
    await query(cluster.url, 'DELETE FROM backup_records');
    return folder;
  }

  it('on a full disk', async () => {
    const folder = await emptyFolder('full');
    await symlink('/dev/full', join(folder, '.unfinished-freshbytes'));
    const { exitCode, stderr } = await freshbytes(['backup'], { BACKUP_DIR: folder });
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining('No space is left')]);
    await expectNothing(folder);
  });

  it('where pg_dump fails in the middle, which gets no password by its arguments', async () => {
    const folder = await emptyFolder('failing');
    const programs = join(cluster.folder, 'programs');
    await mkdir(programs);
    const script =
      '#!/bin/sh\necho half a dump\necho "$* password=$PGPASSWORD" > "$0.seen"\necho it broke >&2\nexit 1\n';
    await writeFile(join(programs, 'pg_dump'), script);
    await chmod(join(programs, 'pg_dump'), 0o755);
    const { exitCode, stdout, stderr } = await freshbytes(['backup'], {
      BACKUP_DIR: folder,
      BACKUP_PROGRAMS_DIR: programs,
      DATABASE_URL: cluster.url.replace('postgres@', `postgres:${PASSWORD}@`),
    });
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining('it broke')]);
    expect(stdout + stderr).not.toContain(PASSWORD);
    const seen = await readFile(join(programs, 'pg_dump.seen'), 'utf8');
    expect(seen).toMatch(new RegExp(`^[^=]+=custom.+ password=${PASSWORD}\n$`));
    expect(seen.split(PASSWORD)).toHaveLength(2);
    await expectNothing(folder);
  });

  it('while another one is taken', async () => {
    const folder = await emptyFolder('twice');
    await withClient(cluster.url, async (client) => {
      await client.query('SELECT pg_advisory_lock(7305802)');
      const { exitCode, stderr } = await freshbytes(['backup'], { BACKUP_DIR: folder });
      expect([exitCode, stderr]).toEqual([1, expect.stringContaining('Another backup')]);
    });
    await expectNothing(folder);
  });

  it.each([
    ['where no server answers', { DATABASE_URL: 'postgres://localhost:1/freshbytes' }, 3],
    ['where there is no pg_dump', { BACKUP_PROGRAMS_DIR: '/nowhere' }, 3],
    ['without a folder', { BACKUP_DIR: '' }, 2],
    ['without anybody to encrypt for', { BACKUP_RECIPIENTS: '' }, 2],
    ['for a key that is none', { BACKUP_RECIPIENTS: 'age1mistyped' }, 2],
  ])('%s', async (_name, extra, exitCode) => {
    const outcome = await freshbytes(['backup'], extra);
    expect([outcome.exitCode, outcome.stderr]).toEqual([
      exitCode,
      expect.not.stringMatching(/^\s+at /m),
    ]);
  });
});
