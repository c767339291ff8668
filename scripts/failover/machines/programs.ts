// The programs that the drill is made of, from Debian's packages.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { requirePatroni } from '../../../ops/ha/patroni.ts';

const PACKAGES = {
  patroni: 'patroni',
  patronictl: 'patroni',
  etcd: 'etcd-server',
  haproxy: 'haproxy',
  pgbouncer: 'pgbouncer',
  'redis-server': 'redis-server',
  'redis-sentinel': 'redis-sentinel',
  psql: 'postgresql-client',
  ip: 'iproute2',
  nsenter: 'util-linux',
  unshare: 'util-linux',
} as const;
type Name = keyof typeof PACKAGES;

const FOLDERS = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/bin', '/usr/sbin'];
/** Debian puts PostgreSQL's programs of each version into a folder of its own. */
const POSTGRES_VERSIONS = '/usr/lib/postgresql';

/** @throws Error naming the package that brings it */
export function programPath(name: Name): string {
  const path = findProgram(name);
  if (path === undefined) throw new Error(`${name} is missing: install ${PACKAGES[name]}`);
  return path;
}

/** Of the newest PostgreSQL that is installed. @throws Error where there is none */
export function postgresFolder(): string {
  const folder = findPostgres();
  if (folder === undefined) throw new Error('PostgreSQL is missing: install postgresql');
  return folder;
}

/** @throws Error naming packages that are missing, or the version of a Patroni that is too old */
export function requirePrograms(): void {
  const missing = missingPackages();
  if (missing.length > 0) throw new Error(`install ${missing.join(', ')}`);
  requirePatroni(versionOf('patroni'));
}

/** Whether all of them are there, in versions that will do, and may make networks. */
export function canDrill(): boolean {
  if (process.getuid?.() !== 0 || missingPackages().length > 0) return false;
  try {
    requirePatroni(versionOf('patroni'));
    return true;
  } catch {
    // Of an older version.
    return false;
  }
}

function missingPackages(): string[] {
  const missing: string[] = Object.entries(PACKAGES).flatMap(([name, debianPackage]) =>
    findProgram(name) === undefined ? [debianPackage] : [],
  );
  if (findPostgres() === undefined) missing.push('postgresql');
  return [...new Set(missing)];
}

export function versionOf(name: Name): string {
  return spawnSync(programPath(name), ['--version'], { encoding: 'utf8' }).stdout.trim();
}

function findProgram(name: string): string | undefined {
  return FOLDERS.map((folder) => join(folder, name)).find((path) => existsSync(path));
}

function findPostgres(): string | undefined {
  if (!existsSync(POSTGRES_VERSIONS)) return undefined;
  return readdirSync(POSTGRES_VERSIONS)
    .toSorted((a, b) => Number(b) - Number(a))
    .map((version) => join(POSTGRES_VERSIONS, version, 'bin'))
    .find((folder) => existsSync(join(folder, 'postgres')));
}
