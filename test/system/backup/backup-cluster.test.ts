import { spawnSync } from 'node:child_process';
import { copyFile, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createCluster, type DrillCluster } from '../../../scripts/drill/cluster.ts';
import { environmentOf } from '../../../scripts/drill-restore.ts';
import { withClient } from '../../../src/db/client.ts';
import { prepareDatabase } from '../../../src/process/prepare.ts';
import { hasPgbackrest } from '../../support/processes/backup-tools.ts';
import { runCli } from '../../support/processes/cli.ts';

/** Each command is a process of its own, which a busy machine starts slowly. */
vi.setConfig({ testTimeout: 90_000 });

let cluster: DrillCluster;
let env: Record<string, string>;

beforeAll(async () => {
  if (!hasPgbackrest) return;
  cluster = await createCluster({ archiveTimeout_s: 60, archives: true, isDurable: false });
  env = environmentOf(cluster, 'pgbackrest');
  await withClient(cluster.urlOf('postgres'), (client) =>
    client.query('CREATE DATABASE freshbytes'),
  );
  await prepareDatabase(cluster.url);
  const { exitCode, stderr } = await freshbytes(['backup']);
  if (exitCode !== 0) throw new Error(stderr);
}, 180_000);
afterAll(() => cluster?.close());

const freshbytes = (args: readonly string[], extra: Record<string, string> = {}) =>
  runCli(args, { env: { ...env, ...extra } });

describe.skipIf(!hasPgbackrest)('a backup of the cluster', () => {
  it('lies in both repositories, whole where it is the first, encrypted, and resets the alert on its age', async () => {
    const { stdout } = await freshbytes(['backup', 'list']);
    expect(stdout.trim().split('\n').toSorted()).toEqual([
      expect.stringMatching(/^\d{4}-.+Z full \S+ in repository [12]$/),
      expect.stringMatching(/^\d{4}-.+Z full \S+ in repository [12]$/),
    ]);
    for (const name of ['repo1', 'repo2']) {
      const info = await readFile(join(cluster.folder, name, 'backup/freshbytes/backup.info'));
      expect(info.subarray(0, 8).toString()).toBe('Salted__');
    }
    const records = await withClient(cluster.url, (client) =>
      client.query('SELECT event, done_at FROM backup_records'),
    );
    expect(records.rows).toEqual([{ event: 'taken', done_at: expect.any(Date) }]);
  });

  it('is verified by starting what each repository gives back', async () => {
    const { exitCode, stdout, stderr } = await freshbytes(['backup', 'verify']);
    expect([exitCode, stderr]).toEqual([0, expect.not.stringContaining('error')]);
    for (const repository of [1, 2]) {
      expect(stdout).toMatch(new RegExp(`in repository ${repository} restores, and all that must`));
    }
  });
});

it.skipIf(!hasPgbackrest)('pgBackRest knows every setting of the second repository', async () => {
  const etc = join(cluster.folder, 'etc-bucket');
  spawnSync('cp', ['-a', join(cluster.folder, 'etc'), etc]);
  await copyFile('ops/backup/second-repository.conf', join(etc, 'conf.d/second-repository.conf'));
  const info = () =>
    spawnSync('pgbackrest', [`--config-path=${etc}`, '--stanza=freshbytes', '--repo=1', 'info'], {
      encoding: 'utf8',
      env: {
        PATH: process.env['PATH'],
        PGBACKREST_REPO2_S3_KEY: 'key',
        PGBACKREST_REPO2_S3_KEY_SECRET: 'secret',
      },
    });
  expect(info()).toMatchObject({ status: 0, stderr: '' });
  await writeFile(join(etc, 'conf.d/wrong.conf'), '[global]\nrepo2-s3-bukket=freshbytes\n');
  const { stdout, stderr } = info();
  expect(stdout + stderr).toContain("invalid option 'repo2-s3-bukket'");
});

describe.skipIf(!hasPgbackrest)('a restore of the cluster is refused', () => {
  const refusals: readonly (readonly [string, readonly string[], number, RegExp])[] = [
    ['where a cluster is in the way', [], 2, /holds a cluster.+--replace freshbytes/],
    ['while PostgreSQL runs', ['--replace', 'freshbytes'], 1, /running|postmaster/],
    [
      'before the first backup',
      ['--replace', 'freshbytes', '--to', '2020-01-01T00:00:00Z'],
      2,
      /Possible: from 20.+Z to 20.+Z/,
    ],
  ];

  it.each(refusals)('%s', async (_name, args, exitCode, words) => {
    const outcome = await freshbytes(['restore', ...args]);
    expect([outcome.exitCode, outcome.stderr]).toEqual([exitCode, expect.stringMatching(words)]);
  });

  it('after the last change that a repository was sent', async () => {
    const now = new Date().toISOString();
    const { exitCode, stderr } = await freshbytes([
      'restore',
      '--replace',
      'freshbytes',
      '--to',
      now,
    ]);
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining('Possible: from')]);
  });
});

describe.skipIf(!hasPgbackrest)('a backup that cannot be used is reported', () => {
  it('with another password of the repositories, and without telling either', async () => {
    const etc = join(cluster.folder, 'etc-other');
    // With its owner, who is the one to read it.
    spawnSync('cp', ['-a', join(cluster.folder, 'etc'), etc]);
    const path = join(etc, 'conf.d/secrets.conf');
    const secrets = await readFile(path, 'utf8');
    const other = secrets.replaceAll(/cipher-pass=\S+/g, 'cipher-pass=otherother');
    await writeFile(path, other);
    const outcome = await freshbytes(['backup'], { BACKUP_PGBACKREST_DIR: etc });
    expect([outcome.exitCode, outcome.stderr]).toEqual([
      1,
      expect.stringContaining('its cipher-pass is another'),
    ]);
    expect(outcome.stdout + outcome.stderr).not.toContain('otherother');
  });

  it('where the oldest of it was altered, by its name, while the others restore', async () => {
    expect((await freshbytes(['backup', '--full'])).exitCode).toBe(0);
    const { stdout: list } = await freshbytes(['backup', 'list']);
    const labels = [...list.matchAll(/full (\S+) in repository 1/g)].map(([, label]) => label);
    expect(labels).toHaveLength(2);
    const [, oldest = ''] = labels;
    const base = join(cluster.folder, `repo1/backup/freshbytes/${oldest}/pg_data/base`);
    const largest = (await readdir(base, { recursive: true })).find((name) =>
      /\/1255\./.test(name),
    );
    const path = join(base, largest ?? '');
    const bytes = await readFile(path);
    bytes.fill(0, bytes.length - 64);
    await writeFile(path, bytes);
    const { exitCode, stdout } = await freshbytes(['backup', 'verify'], {
      // It would try again after 15 s.
      PGBACKREST_JOB_RETRY: '0',
    });
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(
      new RegExp(
        `^${oldest} in repository 1 does not restore: pgbackrest restore (failed|cannot)`,
        'm',
      ),
    );
    expect(stdout.match(/ restores, and all that must hold does$/gm)).toHaveLength(3);
    expect(stdout).toMatch(/^1 of 4 backups cannot be relied on$/m);
  });

  it.each([
    ['where no server answers', { DATABASE_URL: 'postgres://localhost:1/freshbytes' }, 3],
    ['without its settings', { BACKUP_PGBACKREST_DIR: '/nowhere' }, 2],
    ['of a cluster that they do not name', { BACKUP_STANZA: 'other' }, 2],
  ])('%s', async (_name, extra, exitCode) => {
    const outcome = await freshbytes(['backup'], extra);
    expect([outcome.exitCode, outcome.stderr]).toEqual([
      exitCode,
      expect.not.stringMatching(/^\s+at /m),
    ]);
  });
});
