// What both storages must do alike.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createTestS3,
  hasS3,
  S3_START_TIMEOUT_MS,
  type TestS3,
} from '../../../test/support/servers/s3.ts';
import { createDiskStorage } from './disk-storage.ts';
import { createS3Storage } from './s3-storage.ts';
import { digestOf, type FileStorage, MAX_KEY_LENGTH, type StoredFile } from './storage.ts';

const KEY = 'images/0198c0de-0000-7000-8000-000000000001/large.webp';

const STORAGES = [
  {
    name: 'disk',
    isThere: true,
    open: async () => {
      const folder = await mkdtemp(join(tmpdir(), 'storage-'));
      return { storage: createDiskStorage(folder), close: () => rm(folder, { recursive: true }) };
    },
  },
  {
    name: 's3',
    isThere: hasS3,
    open: async () => {
      const s3: TestS3 = await createTestS3();
      const storage = createS3Storage({ ...(await s3.createBucket()), pageSize: 2 });
      return { storage, close: s3.close };
    },
  },
];

describe.each(STORAGES.filter(({ isThere }) => isThere))('the storage $name', ({ open }) => {
  let storage: FileStorage;
  let close: () => Promise<void>;
  beforeAll(async () => {
    ({ storage, close } = await open());
  }, S3_START_TIMEOUT_MS);
  afterAll(() => close());

  const list = async (): Promise<StoredFile[]> => {
    const files: StoredFile[] = [];
    for await (const file of storage.list()) files.push(file);
    return files.toSorted((a, b) => a.key.localeCompare(b.key));
  };

  it('gives back what was put, tells its digest, and neither once it was removed', async () => {
    const content = Buffer.from('one');
    await storage.put(KEY, content);
    expect([await storage.get(KEY), await storage.digest(KEY)]).toEqual([
      content,
      digestOf(content),
    ]);
    await storage.remove(KEY);
    await storage.remove(KEY);
    expect([await storage.get(KEY), await storage.digest(KEY)]).toEqual([undefined, undefined]);
  });

  it('puts another content in the place of the first', async () => {
    await storage.put(KEY, Buffer.from('first'));
    await storage.put(KEY, Buffer.from('second'));
    expect(String(await storage.get(KEY))).toBe('second');
    await storage.remove(KEY);
  });

  it('keeps files of five megabytes, and many at once', async () => {
    const keys = Array.from({ length: 20 }, (_, n) => `images/many/${n}`);
    const large = Buffer.alloc(5 * 1024 * 1024, 'ñ');
    await Promise.all(keys.map((key) => storage.put(key, Buffer.from(key))));
    await storage.put('images/many/large', large);
    expect(await Promise.all(keys.map(async (key) => String(await storage.get(key))))).toEqual(
      keys,
    );
    expect(large.equals((await storage.get('images/many/large')) ?? Buffer.alloc(0))).toBe(true);
    await Promise.all([...keys, 'images/many/large'].map((key) => storage.remove(key)));
  });

  it('lists every file with size and age, over as many pages as it takes', async () => {
    const keys = ['images/a/large.webp', 'images/a/original', 'images/b/original', 'other', 'x/y'];
    for (const key of keys) await storage.put(key, Buffer.from(key));
    const files = await list();
    expect(files.map(({ key, size_bytes }) => [key, size_bytes])).toEqual(
      keys.map((key) => [key, key.length]),
    );
    // Servers tell whole seconds.
    for (const { changed_at } of files)
      expect(Math.abs(Date.now() - changed_at.getTime())).toBeLessThan(60_000);
    for (const key of keys) await storage.remove(key);
    expect(await list()).toEqual([]);
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
    'images/a?x=1',
    'images/a\0.webp',
    'images/a\n',
    'Images/a',
    'images/ñ',
    'a'.repeat(MAX_KEY_LENGTH + 1),
  ])('refuses the key %j in every function', async (bad) => {
    await expect(storage.get(bad)).rejects.toThrow(RangeError);
    await expect(storage.digest(bad)).rejects.toThrow(RangeError);
    await expect(storage.put(bad, Buffer.from('x'))).rejects.toThrow(RangeError);
    await expect(storage.remove(bad)).rejects.toThrow(RangeError);
  });
});
