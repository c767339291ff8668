// What is made of pgBackRest's answers and refusals. A program of its name stands in for it, which answers as it was
// told to; test/system/backup has the real one.
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { loadConfig } from '../config.ts';
import { EXIT } from '../lib/exit.ts';
import {
  lastArchived,
  listClusterBackups,
  listRepositories,
  openStanza,
  runPgbackrest,
  type Stanza,
  takeClusterBackup,
} from './pgbackrest.ts';

let folder: string;
let stanza: Stanza;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'freshbytes-pgbackrest-'));
  stanza = { name: 'market', configDir: folder, dataDir: folder };
  vi.stubEnv('PATH', [folder, process.env['PATH']].join(delimiter));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

/** The lines of a shell script, with the command in `$1` and everything in `$*`. */
async function standIn(...lines: string[]): Promise<void> {
  const path = join(folder, 'pgbackrest');
  await writeFile(path, ['#!/bin/sh', ...lines].join('\n'));
  await chmod(path, 0o755);
}

const answering = (answer: unknown) => `echo '${JSON.stringify(answer)}'`;
const backup = (label: string, repository: number, stop: number) => ({
  label,
  type: 'full',
  database: { 'repo-key': repository },
  timestamp: { stop },
});

describe('a refusal', () => {
  it.each([
    ['ERROR: [050]: unable to acquire lock', 'Another backup is being taken.', EXIT.failed],
    [
      'ERROR: [056]: unable to find primary cluster',
      'pgbackrest check failed: unable to find primary cluster',
      EXIT.unavailable,
    ],
    [
      'ERROR: [095]: CryptoError: unable to decrypt',
      'pgbackrest check cannot read the repository: it was altered, or its cipher-pass is another.',
      EXIT.failed,
    ],
    ['ERROR: [082]: archive timeout', 'pgbackrest check failed: archive timeout', EXIT.failed],
    ['Segmentation fault', 'pgbackrest check failed: Segmentation fault', EXIT.failed],
  ])('%s', async (said, message, exitCode) => {
    await standIn(`echo '${said}' >&2`, 'exit 1');
    await expect(runPgbackrest(stanza, 'check')).rejects.toMatchObject({ message, exitCode });
  });

  it('is said where the program is not there', async () => {
    vi.stubEnv('PATH', folder);
    await expect(runPgbackrest(stanza, 'check')).rejects.toMatchObject({
      message: expect.stringMatching(/^pgbackrest cannot be run \(.*ENOENT.*\): install it\.$/),
      exitCode: EXIT.unavailable,
    });
  });
});

describe('what it knows', () => {
  it('is nothing before the first backup', async () => {
    await standIn(answering([]));
    expect(await listRepositories(stanza)).toEqual([]);
    expect(await listClusterBackups(stanza)).toEqual([]);
    expect(await lastArchived(stanza)).toBeUndefined();
  });

  it('is listed with the newest backup first', async () => {
    const backups = [backup('20261101F', 1, 100), backup('20261102F', 2, 200)];
    await standIn(answering([{ repo: [{ key: 1 }, { key: 2 }], backup: backups }]));
    expect(await listClusterBackups(stanza)).toEqual([
      { label: '20261102F', type: 'full', repository: 2, moment: new Date(200_000) },
      { label: '20261101F', type: 'full', repository: 1, moment: new Date(100_000) },
    ]);
  });

  it('lets a repository be told apart in which no backup has arrived', async () => {
    const info = [{ repo: [{ key: 1 }, { key: 2 }], backup: [backup('20261101F', 1, 100)] }];
    await standIn(
      `echo "$*" >> ${folder}/calls`,
      `[ "$1" = info ] && ${answering(info)}`,
      'exit 0',
    );
    expect((await takeClusterBackup(stanza, false)).map(({ repository }) => repository)).toEqual([
      1,
    ]);
  });

  it('is the time of the newest change that any repository holds', async () => {
    const files = {
      '18-1/0000000100000000/000000010000000000000001-0a1b.gz': { type: 'file', time: 300 },
      '18-1/0000000100000000/000000010000000000000002-0a1b.gz': { type: 'file' },
      '18-1/0000000100000000': { type: 'path', time: 900 },
      'archive.info': { type: 'file', time: 900 },
    };
    const info = [{ repo: [{ key: 1 }] }];
    await standIn(`case "$1" in info) ${answering(info)};; repo-ls) ${answering(files)};; esac`);
    expect(await lastArchived(stanza)).toEqual(new Date(300_000));
  });
});

describe('its settings', () => {
  const open = () =>
    openStanza(
      loadConfig({ NODE_ENV: 'test', BACKUP_STANZA: 'market', BACKUP_PGBACKREST_DIR: folder }, '0'),
    );
  const write = (text: string) => writeFile(join(folder, 'pgbackrest.conf'), text);

  it('must be there', async () => {
    await expect(open()).rejects.toMatchObject({
      message: expect.stringContaining('pgbackrest.conf cannot be read: ENOENT'),
      exitCode: EXIT.usage,
    });
  });

  it('must name the cluster of the stanza, not that of another one', async () => {
    await write('[other]\npg1-path=/tmp\n[market]\npg1-port=5432\n');
    await expect(open()).rejects.toMatchObject({
      message: expect.stringContaining('has no section [market] with a pg1-path.'),
      exitCode: EXIT.usage,
    });
  });

  it('must name a folder that is there', async () => {
    await write(`[market]\npg1-path=${folder}/none\n`);
    await expect(open()).rejects.toMatchObject({
      message: expect.stringContaining(`${folder}/none: ENOENT. Make this folder first`),
      exitCode: EXIT.unavailable,
    });
  });

  it('give the folder of the cluster, and its account to whoever may lend it', async () => {
    await write(`[global]\nrepo1-path=/r\n[market]\npg1-path = ${folder} \n`);
    const { account, ...opened } = await open();
    expect(opened).toEqual({ name: 'market', configDir: folder, dataDir: folder });
    expect(account === undefined).toBe(process.getuid?.() !== 0);
  });
});
