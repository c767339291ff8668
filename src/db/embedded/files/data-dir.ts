// The data folder: whether it can hold anything, in words for whoever named it, and making it.
import { access, constants, mkdir, mkdtemp, rmdir, stat, statfs } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { isCode, messageOf, recover } from '../../../lib/errors.ts';

/** An empty installation takes about 100 MB. */
export const MIN_FREE_MB = 200;
const BYTES_PER_MB = 1024 ** 2;

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'this account may not write there',
  EPERM: 'this account may not write there',
  EROFS: 'its disk is read-only',
  ENOENT: 'its file system takes no new folders',
  ENOTDIR: 'a part of it is a file and no folder',
  EEXIST: 'it is a file and no folder',
  ENOSPC: 'its disk is full',
  EDQUOT: 'its disk is full',
};

export type DataDirState = {
  free_mb: number;
  /** Why it cannot be used; absent where nothing speaks against it. */
  fault?: string;
};

/** Looks at the folder, or at where it would be made. Writes nothing. */
export async function inspectDataDir(dataDir: string): Promise<DataDirState> {
  const { nearest } = await findNearest(resolve(dataDir));
  const { bavail, bsize } = await statfs(nearest);
  const free_mb = Math.floor((bavail * bsize) / BYTES_PER_MB);
  try {
    if (!(await stat(nearest)).isDirectory()) return { free_mb, fault: reasonOf('EEXIST') };
    await access(nearest, constants.W_OK);
    return { free_mb };
  } catch (error) {
    return { free_mb, fault: reasonOf(error) };
  }
}

/**
 * Makes the folder and those above it, and tries whether it takes anything.
 * @throws Error that says why not
 */
export async function makeDataDir(dataDir: string): Promise<void> {
  const folder = resolve(dataDir);
  const { nearest, missing } = await findNearest(folder);
  try {
    // One by one: where a file system refuses folders with ENOENT, as /proc does, Node's `recursive` tries for ever.
    for (const path of missing) await makeFolder(path);
    if (!(await stat(missing.at(-1) ?? nearest)).isDirectory()) throw new Error(reasonOf('EEXIST'));
    await rmdir(await mkdtemp(join(folder, '.try-')));
  } catch (error) {
    throw new Error(`The folder cannot be used: ${reasonOf(error)}.`, { cause: error });
  }
  const { free_mb } = await inspectDataDir(folder);
  if (free_mb >= MIN_FREE_MB) return;
  throw new Error(`Its disk has ${free_mb} MB free, and ${MIN_FREE_MB} MB are needed.`);
}

async function makeFolder(path: string): Promise<void> {
  // Another process may be faster.
  await mkdir(path).catch(recover(undefined, 'EEXIST'));
}

/** The folder, or what is nearest above it; and the folders between, outermost first. */
async function findNearest(folder: string): Promise<{ nearest: string; missing: string[] }> {
  const missing: string[] = [];
  let nearest = folder;
  while (!(await exists(nearest)) && dirname(nearest) !== nearest) {
    missing.unshift(nearest);
    nearest = dirname(nearest);
  }
  return { nearest, missing };
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(() => true, recover(false, 'ENOENT', 'ENOTDIR', 'EACCES'));
}

function reasonOf(fault: unknown): string {
  const code =
    typeof fault === 'string' ? fault : Object.keys(REASONS).find((code) => isCode(fault, code));
  return REASONS[code ?? ''] ?? messageOf(fault);
}
