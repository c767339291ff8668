// Where one embedded cluster keeps its files. Mostly below the data folder; when root starts a project
// that only root may enter, below /var/lib/freshbytes, with a link from the data folder.

import { createHash } from 'node:crypto';
import { lstat, mkdir, readdir, readlink, realpath, rm, rmdir, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isCode, recover } from '../../../lib/errors.ts';
import { type Account, canAccess, findAccount, giveTo } from '../account.ts';
import { makeDataDir } from './data-dir.ts';

const STATE_DIR = '/var/lib/freshbytes';
// Short on purpose: the address of a Unix socket has at most 107 bytes.
const SOCKET_PARENT_DIR = '/tmp';
const PRIVATE_MODE = 0o700;

/** Unfinished folders carry this prefix until they are renamed; what carries it at a start is swept. */
export const UNFINISHED_PREFIX = '.unfinished-';

export type Place = {
  /** Real path of the data folder. */
  dataDir: string;
  /** Real folder that holds the cluster, a copy of the binaries if one is needed, and the log. */
  homeDir: string;
  /** Real path of PostgreSQL's data directory; may not exist yet. */
  clusterDir: string;
  /** Folder of the Unix sockets, for the cluster's owner alone. */
  socketDir: string;
  /** Account that runs PostgreSQL; absent for our own. */
  account?: Account;
};

/** Decides where the cluster of a data folder lives. Makes the data folder and nothing else. */
export async function findPlace(dataDir: string, stateDir = STATE_DIR): Promise<Place> {
  const ownUid = process.getuid?.();
  if (ownUid === undefined) throw new Error('The embedded database runs on Linux and macOS only.');
  if (!(await hasCluster(dataDir))) await makeDataDir(dataDir);
  const realDataDir = await realpath(dataDir);
  const entry = join(realDataDir, 'postgres');
  const found = await findRealPath(entry);
  const account = await findAccount(found);
  const homeDir = canAccess(account, '-x', realDataDir)
    ? realDataDir
    : join(stateDir, digest(realDataDir));
  const clusterDir = found ?? join(homeDir, 'postgres');
  if (found === undefined) await refuseOtherEntry(entry, clusterDir);
  else if (!canAccess(account, '-x', found)) {
    throw new Error(
      `The account that owns ${found} (uid ${account?.uid}) can no longer enter it. Open the folders ` +
        `above it again, or move it to ${join(homeDir, 'postgres')} and link ${entry} to that.`,
    );
  }
  const socketDir = join(
    SOCKET_PARENT_DIR,
    `freshbytes-${account?.uid ?? ownUid}-${digest(clusterDir)}`,
  );
  return { dataDir: realDataDir, homeDir, clusterDir, socketDir, ...(account && { account }) };
}

/** Whether a cluster was made for the data folder, here or behind a link. */
export function hasCluster(dataDir: string): Promise<boolean> {
  return lstat(join(dataDir, 'postgres')).then(() => true, recover(false, 'ENOENT', 'ENOTDIR'));
}

/** Makes the home, the link to it and the socket folder, and sweeps what a killed start left. */
export async function preparePlace(place: Place): Promise<void> {
  if (place.homeDir !== place.dataDir) {
    await makeStateHome(place);
    await linkCluster(place);
  }
  await sweepUnfinished(place.homeDir);
  await makeSocketDir(place);
}

/** Removes the folders that were being filled when a start was killed. Needs the lock. */
export async function sweepUnfinished(homeDir: string): Promise<void> {
  for (const name of await readdir(homeDir)) {
    if (!name.startsWith(UNFINISHED_PREFIX)) continue;
    // A dying initdb may still add a file while its folder goes, hence the retries.
    await rm(join(homeDir, name), { recursive: true, force: true, maxRetries: 10 });
  }
}

/** Removes the socket folder of a server that has ended. Needs the lock. */
export async function removeSocketDir(socketDir: string): Promise<void> {
  await rm(holderSocket(socketDir), { force: true });
  // A server that had to be killed leaves its socket, which the next start replaces.
  await rmdir(socketDir).catch(recover(undefined, 'ENOTEMPTY', 'ENOENT'));
}

/** The Unix socket by which further processes hold the running server. */
export function holderSocket(socketDir: string): string {
  return join(socketDir, 'holders.sock');
}

/** A short name for a path, the same in every process. */
export function digest(path: string): string {
  return createHash('sha256').update(path).digest('hex').slice(0, 16);
}

async function findRealPath(path: string): Promise<string | undefined> {
  try {
    return await realpath(path);
  } catch (error) {
    if (isCode(error, 'EACCES')) {
      throw new Error(
        `${path} is a link to where this account may not go, as after a start by root. Start as ` +
          'root, or remove the link to begin with an empty database.',
      );
    }
    return recover(undefined, 'ENOENT')(error);
  }
}

async function refuseOtherEntry(entry: string, clusterDir: string): Promise<void> {
  const target = await findLinkTarget(entry);
  if (target === undefined || target === clusterDir) return;
  throw new Error(
    `${entry} is a link to ${target}, which does not exist. Bring that folder back, or remove the ` +
      'link to begin with an empty database.',
  );
}

function findLinkTarget(path: string): Promise<string | undefined> {
  return readlink(path).catch(recover(undefined, 'ENOENT'));
}

async function makeStateHome({ homeDir, account }: Place): Promise<void> {
  await mkdir(dirname(homeDir), { recursive: true });
  await makePrivateDir(homeDir);
  await giveTo(account, homeDir);
  if (canAccess(account, '-x', homeDir)) return;
  throw new Error(
    `The account that runs PostgreSQL (uid ${account?.uid}) can enter neither the data folder nor ` +
      `${homeDir}. Let it enter the folders above one of them.`,
  );
}

/** Makes a folder for its owner alone, or takes the one that is there. */
async function makePrivateDir(path: string): Promise<void> {
  await mkdir(path, { mode: PRIVATE_MODE }).catch(recover(undefined, 'EEXIST'));
}

async function linkCluster(place: Place): Promise<void> {
  const entry = join(place.dataDir, 'postgres');
  await symlink(place.clusterDir, entry).catch(recover(undefined, 'EEXIST'));
}

async function makeSocketDir({ socketDir, account }: Place): Promise<void> {
  await makePrivateDir(socketDir);
  const found = await lstat(socketDir);
  const isOurs = found.uid === process.getuid?.() || found.uid === account?.uid;
  if (!found.isDirectory() || !isOurs || (found.mode & 0o077) !== 0) {
    throw new Error(`${socketDir} is not a private folder of ours. Remove it and start again.`);
  }
  await giveTo(account, socketDir);
}
