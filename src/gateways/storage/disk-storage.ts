// Uploaded files on disk, readable by the server's own account only.
import { mkdir, opendir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { recover } from '../../lib/errors.ts';
import { newId } from '../../lib/ids.ts';
import { digestOf, type FileStorage, isKey, requireKey, type StoredFile } from './storage.ts';

const FOLDER_MODE = 0o700;
const FILE_MODE = 0o600;
/** Begins with a dot, as no key can. */
const INCOMING = '.incoming';

/** `folder` is made on the first `put`; what is not durable may be lost with the machine's power. */
export function createDiskStorage(
  folder: string,
  { isDurable = true }: { readonly isDurable?: boolean } = {},
): FileStorage {
  const get = async (key: string) => readFile(pathOf(folder, key)).catch(orAbsent);
  return {
    async put(key, content) {
      const path = pathOf(folder, key);
      const incoming = join(folder, INCOMING, newId());
      await makeFolder(dirname(incoming));
      await makeFolder(dirname(path));
      try {
        await writeFile(incoming, content, { mode: FILE_MODE, flag: 'wx', flush: isDurable });
        await rename(incoming, path);
      } catch (error) {
        await rm(incoming, { force: true });
        throw error;
      }
    },
    get,
    async remove(key) {
      await rm(pathOf(folder, key), { force: true });
    },
    async digest(key) {
      const content = await get(key);
      return content && digestOf(content);
    },
    list: () => listFolder(folder, ''),
    async removeUnfinished(before) {
      const incoming = join(folder, INCOMING);
      for await (const { key, changed_at } of listFolder(incoming, ''))
        if (changed_at < before) await rm(join(incoming, key), { force: true });
    },
  };
}

/** Files below `folder`, whose keys begin with `prefix`; what has a name that no key has is somebody else's. */
async function* listFolder(folder: string, prefix: string): AsyncGenerator<StoredFile> {
  const entries = await opendir(folder).catch(orAbsent);
  for await (const entry of entries ?? []) {
    const key = prefix + entry.name;
    const path = join(folder, entry.name);
    if (!isKey(key)) continue;
    if (entry.isDirectory()) yield* listFolder(path, `${key}/`);
    if (!entry.isFile()) continue;
    // Removed since it was listed: it is not there.
    const found = await stat(path).catch(orAbsent);
    if (found !== undefined) yield { key, size_bytes: found.size, changed_at: found.mtime };
  }
}

function pathOf(folder: string, key: string): string {
  requireKey(key);
  return join(folder, key);
}

async function makeFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: FOLDER_MODE });
}

/** What is not there is undefined; every other fault of the disk is thrown. */
const orAbsent = recover(undefined, 'ENOENT', 'ENOTDIR', 'EISDIR');
