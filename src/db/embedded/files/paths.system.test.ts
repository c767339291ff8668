// Where a data folder's cluster lives, in the cases that need no server.

import { existsSync, lstatSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isLocked, lockAddress, takeLock } from '../lock.ts';
import { IS_ROOT, makeFolder } from '../testing.ts';
import { findPlace, preparePlace } from './paths.ts';

describe('a place', () => {
  it('is the same however the data folder is named', async () => {
    const folder = makeFolder();
    symlinkSync(folder, join(folder, 'alias'));
    const place = await findPlace(join(folder, 'data'));
    expect(await findPlace(join(folder, 'alias', '..', 'alias', 'data'))).toEqual(place);
  });

  it('follows a link to where the data was moved', async () => {
    const folder = makeFolder();
    const moved = join(folder, 'big-disk');
    mkdirSync(moved);
    mkdirSync(join(folder, 'data'));
    symlinkSync(moved, join(folder, 'data', 'postgres'));
    expect((await findPlace(join(folder, 'data'))).clusterDir).toBe(moved);
  });

  it('refuses a link to nothing rather than begin an empty database elsewhere', async () => {
    const folder = makeFolder();
    symlinkSync('/nowhere/postgres', join(folder, 'postgres'));
    await expect(findPlace(folder)).rejects.toThrow('/nowhere/postgres, which does not exist');
  });

  it('refuses a socket folder that others may enter', async () => {
    const place = await findPlace(makeFolder());
    const open = join(place.homeDir, 'open');
    mkdirSync(open, { mode: 0o755 });
    await expect(preparePlace({ ...place, socketDir: open })).rejects.toThrow(
      'not a private folder',
    );
  });

  it('is swept of unfinished folders and of nothing else', async () => {
    const dataDir = makeFolder();
    for (const name of ['.unfinished-a', 'files']) {
      mkdirSync(join(dataDir, name));
      writeFileSync(join(dataDir, name, 'x'), '');
    }
    const place = await findPlace(dataDir);
    await preparePlace({ ...place, socketDir: join(dataDir, 'socket') });
    expect(existsSync(join(dataDir, '.unfinished-a'))).toBe(false);
    expect(existsSync(join(dataDir, 'files', 'x'))).toBe(true);
  });

  it.runIf(IS_ROOT)('is linked from a data folder that the account cannot enter', async () => {
    const folder = makeFolder();
    const dataDir = join(folder, 'data');
    mkdirSync(dataDir, { mode: 0o700 });
    const place = await findPlace(dataDir, join(folder, 'state'));
    await preparePlace({ ...place, socketDir: join(folder, 'socket') });
    expect(place.clusterDir.startsWith(join(folder, 'state'))).toBe(true);
    expect(lstatSync(join(dataDir, 'postgres')).isSymbolicLink()).toBe(true);
    expect((await findPlace(dataDir, join(folder, 'state'))).clusterDir).toBe(place.clusterDir);
  });
});

describe('the lock', () => {
  it('is one process’s at a time, and free once that lets go', async () => {
    const folder = makeFolder();
    expect(await isLocked(folder)).toBe(false);
    const lock = await takeLock(folder);
    expect(await isLocked(folder)).toBe(true);
    expect(await takeLock(folder)).toBeUndefined();
    expect(await isLocked(`${folder}-other`)).toBe(false);
    await lock?.[Symbol.asyncDispose]();
    expect(await isLocked(folder)).toBe(false);
  });

  it('is a loopback port where the kernel has no abstract sockets', () => {
    expect(lockAddress('/data/postgres', 'darwin')).toEqual({ host: '127.0.0.1', port: 64_560 });
  });
});
