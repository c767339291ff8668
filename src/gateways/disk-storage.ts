// Uploaded files on disk, readable by the server's own account only.
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { newId } from '../lib/ids.ts';
import type { FileStorage } from './storage.ts';

export const MAX_KEY_LENGTH = 200;
const FOLDER_MODE = 0o700;
const FILE_MODE = 0o600;
/** Begins with a dot, as no key can. */
const INCOMING = '.incoming';

/** Segments of lower-case letters, digits, `_`, `-` and inner dots: nothing that leaves the folder can be written so. */
const KEY = /^[a-z0-9][a-z0-9_-]*(?:\.[a-z0-9]+)*(?:\/[a-z0-9][a-z0-9_-]*(?:\.[a-z0-9]+)*)*$/;

/**
 * `folder` is made on the first `put`; what is not durable may be lost with the machine's power. A malformed key is the caller's mistake and throws a RangeError.
 */
export function createDiskStorage(
  folder: string,
  { isDurable = true }: { readonly isDurable?: boolean } = {},
): FileStorage {
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
    async get(key) {
      try {
        return await readFile(pathOf(folder, key));
      } catch (error) {
        if (isAbsence(error)) return undefined;
        throw error;
      }
    },
    async remove(key) {
      await rm(pathOf(folder, key), { force: true });
    },
  };
}

function pathOf(folder: string, key: string): string {
  if (key.length > MAX_KEY_LENGTH || !KEY.test(key)) {
    throw new RangeError(`${JSON.stringify(key.slice(0, MAX_KEY_LENGTH))} is not a storage key`);
  }
  return join(folder, key);
}

async function makeFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: FOLDER_MODE });
}

const ABSENT = new Set(['ENOENT', 'ENOTDIR', 'EISDIR']);

function isAbsence(error: unknown): boolean {
  return error instanceof Error && 'code' in error && ABSENT.has(String(error.code));
}
