import { appendFileSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { isSource, watchFolders } from './watch-folders.ts';

const SAVES = 5;

let root: string;
let seen: string[];
let watching: Disposable;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'freshbytes-watch-'));
  mkdirSync(join(root, 'inner'));
  writeFileSync(join(root, 'inner/file.ts'), 'first');
  seen = [];
  watching = watchFolders([root], (path) => seen.push(path));
});
afterEach(() => {
  watching[Symbol.dispose]();
  rmSync(root, { recursive: true });
});

async function expectSeen(path: string): Promise<void> {
  await vi.waitUntil(() => seen.includes(join(root, path)), { timeout: 10_000, interval: 5 });
  seen.length = 0;
}

describe('watchFolders', () => {
  it('sees each save that replaces the file, again and again', async () => {
    for (let save = 0; save < SAVES; save += 1) {
      writeFileSync(join(root, 'inner/file.ts.tmp'), `save ${save}`);
      renameSync(join(root, 'inner/file.ts.tmp'), join(root, 'inner/file.ts'));
      await expectSeen('inner/file.ts');
    }
  });

  it('sees each save in place, also after one that replaced the file', async () => {
    writeFileSync(join(root, 'other'), 'replaced');
    renameSync(join(root, 'other'), join(root, 'inner/file.ts'));
    for (let save = 0; save < SAVES; save += 1) {
      await expectSeen('inner/file.ts');
      appendFileSync(join(root, 'inner/file.ts'), 'more');
    }
  });

  it('sees new files, removed ones, and new folders with what is in them', async () => {
    writeFileSync(join(root, 'new.ts'), '');
    await expectSeen('new.ts');
    rmSync(join(root, 'new.ts'));
    await expectSeen('new.ts');
    mkdirSync(join(root, 'deep/deeper'), { recursive: true });
    writeFileSync(join(root, 'deep/deeper/early.ts'), '');
    await expectSeen('deep/deeper/early.ts');
    writeFileSync(join(root, 'deep/deeper/late.ts'), '');
    await expectSeen('deep/deeper/late.ts');
  });

  it('sees a folder that is removed and made again', async () => {
    rmSync(join(root, 'inner'), { recursive: true });
    await expectSeen('inner');
    mkdirSync(join(root, 'inner'));
    writeFileSync(join(root, 'inner/file.ts'), 'again');
    await expectSeen('inner/file.ts');
  });
});

it.each([
  ['src/app.ts', true],
  ['migrations/0001_foundation.sql', true],
  ['src/app.test.ts', false],
  ['src/.app.ts.swp', false],
  ['src/app.ts~', false],
  ['src/4913', false],
])('%s counts as source: %s', (path, expected) => {
  expect(isSource(path)).toBe(expected);
});
