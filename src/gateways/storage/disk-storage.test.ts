import {
  mkdir,
  mkdtemp,
  open,
  readdir,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createDiskStorage } from './disk-storage.ts';

describe('disk storage', () => {
  let home: string;
  let folder: string;
  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'storage-'));
    folder = join(home, 'data', 'uploads');
  });
  afterEach(() => rm(home, { recursive: true }));

  const key = 'images/0198c0de-0000-7000-8000-000000000001/large.webp';

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

  it('lists no file that it did not put itself, and none where there is no folder', async () => {
    const storage = createDiskStorage(folder);
    const keys = async () => {
      const found: string[] = [];
      for await (const { key: listed } of storage.list()) found.push(listed);
      return found;
    };
    expect(await keys()).toEqual([]);
    await storage.put(key, Buffer.from('x'));
    await writeFile(join(folder, '.incoming', 'a'), 'half');
    await writeFile(join(folder, 'images', 'Thumbs.db'), 'x');
    await symlink('/etc/passwd', join(folder, 'images', 'link'));
    expect(await keys()).toEqual([key]);
  });

  it('removes what broke off before a moment, and nothing that may still be written', async () => {
    const storage = createDiskStorage(folder);
    await storage.put(key, Buffer.from('x'));
    const [old, fresh] = ['old', 'fresh'].map((name) => join(folder, '.incoming', name));
    for (const path of [old, fresh]) await writeFile(String(path), 'half');
    await utimes(String(old), 1_000, 1_000);
    await storage.removeUnfinished(new Date(2_000 * 1_000));
    expect(await readdir(join(folder, '.incoming'))).toEqual(['fresh']);
    expect(await storage.get(key)).toEqual(Buffer.from('x'));
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
