// Which system account runs PostgreSQL. It refuses root, so that root lends it the account `nobody`;
// anyone else runs it as themselves.

import { spawnSync } from 'node:child_process';
import { lchown, readFile, stat } from 'node:fs/promises';

export type Account = { uid: number; gid: number };

/**
 * The account to run PostgreSQL with, or undefined for our own. A cluster that exists keeps its owner.
 * Throws when the cluster is another's and we are not root, and when root finds no `nobody`.
 */
export async function findAccount(clusterDir: string | undefined): Promise<Account | undefined> {
  const ownUid = process.getuid?.();
  const owner = clusterDir === undefined ? undefined : await stat(clusterDir);
  if (ownUid !== 0) {
    if (owner === undefined || owner.uid === ownUid) return undefined;
    throw new Error(
      `${clusterDir} belongs to another account (uid ${owner.uid}), as after a start by root. ` +
        'Start as that account or as root, or move the folder away to begin with an empty database.',
    );
  }
  if (owner !== undefined && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid };
  return readNobody(await readFile('/etc/passwd', 'utf8'));
}

/** The account `nobody` in the text of /etc/passwd. */
export function readNobody(passwd: string): Account {
  const line = passwd.split('\n').find((entry) => entry.startsWith('nobody:'));
  const [, , uid, gid] = line?.split(':') ?? [];
  if (!uid || !gid) {
    throw new Error(
      'PostgreSQL does not run as root, and /etc/passwd has no account `nobody` to run it with. ' +
        'Start as an ordinary account.',
    );
  }
  return { uid: Number(uid), gid: Number(gid) };
}

/**
 * Whether the account that root lends may read (-r) or enter (-x) the path; our own always may. The
 * kernel answers, so that access lists and mounts count.
 */
export function canAccess(account: Account | undefined, flag: '-r' | '-x', path: string): boolean {
  if (account === undefined) return true;
  const script = ['-c', 'test "$1" "$2"', 'sh', flag, path];
  return spawnSync('/bin/sh', script, { ...account, cwd: '/' }).status === 0;
}

/** Gives a file of ours to the account. Never follows a link, which another process may have put there. */
export async function giveTo(account: Account | undefined, path: string): Promise<void> {
  if (account !== undefined) await lchown(path, account.uid, account.gid);
}
