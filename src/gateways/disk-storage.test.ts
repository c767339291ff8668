import { mkdir, mkdtemp, open, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createDiskStorage } from './disk-storage.ts';
import { MAX_KEY_LENGTH } from './storage.ts';

describe('disk storage', () => {
  let home: string;
  let folder: string;
  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'storage-'));
    folder = join(home, 'data', 'uploads');
  });
  afterEach(() => rm(home, { recursive: true }));

  const key = 'images/0198c0de-0000-7000-8000-000000000001/large.webp';

  it('gives back what was put, and nothing once it was removed', async () => {
    const storage = createDiskStorage(folder);
    await storage.put(key, Buffer.from('one'));
    expect(await storage.get(key)).toEqual(Buffer.from('one'));
    await storage.remove(key);
    expect(await storage.get(key)).toBeUndefined();
  });

  it('replaces a file whole: who reads the old one sees none of the new', async () => {
    const storage = createDiskStorage(folder);
    await storage.put(key, Buffer.from('old'));
    const reader = await open(join(folder, key));
    await storage.put(key, Buffer.from('new and longer'));
    expect(await reader.readFile('utf8')).toBe('old');
    expect(await storage.get(key)).toEqual(Buffer.from('new and longer'));
    expect(await readdir(join(folder, '.incoming'))).toEqual([]);
    await reader.close();
  });

  it('leaves no half-written file behind where a write fails', async () => {
    const storage = createDiskStorage(folder);
    await storage.put('images/a/b.webp', Buffer.from('x'));
    await expect(storage.put('images/a', Buffer.from('y'))).rejects.toThrow();
    expect(await readdir(join(folder, '.incoming'))).toEqual([]);
  });

  it('lets nobody but its own account read files or list folders', async () => {
    await createDiskStorage(folder).put(key, Buffer.from('x'));
    const mode = async (path: string) => ((await stat(path)).mode & 0o777).toString(8);
    expect(await mode(join(folder, key))).toBe('600');
    expect(await mode(join(folder, 'images'))).toBe('700');
    expect(await mode(folder)).toBe('700');
  });

  it.each([
    '',
    '/',
    '..',
    '../secret',
    'images/../../secret',
    'images/./a',
    'images//a',
    '/etc/passwd',
    'images/',
    '.incoming/a',
    'images/.hidden',
    'images/a..b',
    'images\\..\\a',
    'images/%2e%2e/a',
    'images/a\0.webp',
    'images/a\n',
    'Images/a',
    'images/ñ',
    'a'.repeat(MAX_KEY_LENGTH + 1),
  ])('refuses the key %j in every function', async (bad) => {
    const storage = createDiskStorage(folder);
    await writeFile(join(home, 'secret'), 'secret');
    await expect(storage.get(bad)).rejects.toThrow(RangeError);
    await expect(storage.put(bad, Buffer.from('x'))).rejects.toThrow(RangeError);
    await expect(storage.remove(bad)).rejects.toThrow(RangeError);
  });

  it('answers that a folder is not a file, and that nothing lies under a file', async () => {
    const storage = createDiskStorage(folder);
    await storage.put('images/a/b.webp', Buffer.from('x'));
    expect(await storage.get('images/a')).toBeUndefined();
    expect(await storage.get('images/a/b.webp/c')).toBeUndefined();
  });

  it('passes on faults of the disk that are not absence', async () => {
    await mkdir(folder, { recursive: true });
    await symlink('loop', join(folder, 'loop'));
    await expect(createDiskStorage(folder).get('loop')).rejects.toThrow(/ELOOP/);
  });
});
