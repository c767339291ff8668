import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startEmbedded } from '../embedded.ts';
import { IS_ROOT, makeFolder } from '../testing.ts';
import { inspectDataDir, makeDataDir } from './data-dir.ts';

/** None of these takes longer than a moment: nothing is started. */
const SOON_MS = 5_000;

function mountTmpfs(options: string): string {
  const folder = makeFolder();
  execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', folder]);
  onTestFinished(() => void spawnSync('umount', ['--lazy', folder]));
  return folder;
}

const withFile = () => {
  const path = join(makeFolder(), 'file');
  writeFileSync(path, '');
  return path;
};

describe('a data folder that cannot be used', () => {
  it.runIf(process.platform === 'linux').each([
    ['lies where no folder can be made', () => '/proc/x', 'takes no new folders'],
    ['is a file', withFile, 'it is a file'],
    ['lies below a file', () => join(withFile(), 'data'), 'file and no folder'],
  ])(
    '%s: is told at once, with what to do',
    async (_, makePath, reason) => {
      const dataDir = makePath();
      await expect(startEmbedded({ dataDir })).rejects.toThrow(
        new RegExp(`No embedded database in ${dataDir}: .*${reason}.*\\n.*DATABASE_URL`),
      );
      const { fault, free_mb } = await inspectDataDir(dataDir);
      // Whether /proc takes folders only shows when one is made; it has no room in any case.
      expect(fault !== undefined || free_mb === 0).toBe(true);
    },
    SOON_MS,
  );

  it.runIf(IS_ROOT).each([
    ['on a read-only disk', 'ro', 'its disk is read-only'],
    ['on a disk without room', 'size=20m', 'has 20 MB free, and 200 MB are needed'],
  ])(
    '%s: is told at once',
    async (_, options, reason) => {
      const folder = mountTmpfs(options);
      await expect(startEmbedded({ dataDir: join(folder, 'data') })).rejects.toThrow(reason);
    },
    SOON_MS,
  );
});

it('is made with the folders above it, and nothing is left in it', async () => {
  const folder = makeFolder();
  const dataDir = join(folder, 'a/b/c');
  expect(await inspectDataDir(dataDir)).not.toHaveProperty('fault');
  expect(existsSync(join(folder, 'a'))).toBe(false);
  await makeDataDir(dataDir);
  expect(readdirSync(dataDir)).toEqual([]);
});
