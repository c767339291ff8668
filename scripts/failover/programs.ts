// The programs that the drill is made of, from Debian's packages.
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const PACKAGES = {
  patroni: 'patroni',
  patronictl: 'patroni',
  etcd: 'etcd-server',
  haproxy: 'haproxy',
  pgbouncer: 'pgbouncer',
  'redis-server': 'redis-server',
  'redis-sentinel': 'redis-sentinel',
  psql: 'postgresql-client',
} as const;
type Name = keyof typeof PACKAGES;

const FOLDERS = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/bin', '/usr/sbin'];

/** Debian puts those of each version into a folder of its own. Patroni of Debian 12 knows PostgreSQL up to 15. */
export const POSTGRES_FOLDER = '/usr/lib/postgresql/15/bin';

/** @throws Error naming the package that brings it */
export function programPath(name: Name): string {
  const path = findProgram(name);
  if (path === undefined) throw new Error(`${name} is missing: install ${PACKAGES[name]}`);
  return path;
}

/** Packages that are not installed. */
export function missingPackages(): string[] {
  const missing: string[] = Object.entries(PACKAGES).flatMap(([name, debianPackage]) =>
    findProgram(name) === undefined ? [debianPackage] : [],
  );
  if (!existsSync(join(POSTGRES_FOLDER, 'postgres'))) missing.push('postgresql-15');
  return [...new Set(missing)];
}

function findProgram(name: string): string | undefined {
  return FOLDERS.map((folder) => join(folder, name)).find((path) => existsSync(path));
}
