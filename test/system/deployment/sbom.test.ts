// The bill of materials of an image, here of a folder with this machine's packages and some of the program's.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readDebian } from '../../../scripts/sbom/image.ts';

const ROOT = join(import.meta.dirname, '../../..');
/** npm makes a bill of all packages. */
const TIMEOUT_MS = 120_000;
/** Of this machine, where it is a Debian or an Ubuntu. */
const PACKAGES = '/var/lib/dpkg';
const STATUS = `Package: libc6
Status: install ok installed
Architecture: amd64
Multi-Arch: same
Source: glibc
Version: 2.41-12
Description: GNU C Library: Shared libraries
 Contains the standard libraries.
 Version: not a field

Package: libstdc++6
Status: install ok installed
Architecture: amd64
Source: gcc-14 (14.2.0-19)
Version: 1:14.2.0-19+b1

Package: nano
Status: deinstall ok config-files
Architecture: amd64
Version: 8.4-1
`;

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'freshbytes-sbom-'));
});
afterAll(() => rm(root, { recursive: true }));

async function write(path: string, text: string): Promise<void> {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), text);
}

it('names what is installed of Debian, with the source that advisories are about', async () => {
  await write('etc/os-release', 'ID=debian\nVERSION_ID="13"\nPRETTY_NAME="Debian 13"\n');
  await write('var/lib/dpkg/status', STATUS);
  expect(readDebian(root).map(({ type, purl, name }) => [type, purl ?? name])).toEqual([
    ['operating-system', 'debian'],
    ['library', 'pkg:deb/debian/libc6@2.41-12?arch=amd64&distro=debian-13&upstream=glibc'],
    [
      'library',
      'pkg:deb/debian/libstdc%2B%2B6@1%3A14.2.0-19%2Bb1?arch=amd64&distro=debian-13&upstream=gcc-14%4014.2.0-19',
    ],
  ]);
  await rm(join(root, 'var'), { recursive: true });
  await write(
    'var/lib/dpkg/status.d/libc6',
    STATUS.split('\n\n')[0]?.replace(/^Status.*\n/m, '') ?? '',
  );
  await write(
    'var/lib/dpkg/status.d/libc6.md5sums',
    'd41d8cd98f00b204e9800998ecf8427e  usr/lib/libc.so.6\n',
  );
  expect(readDebian(root)).toHaveLength(2);
  await rm(join(root, 'var'), { recursive: true });
  expect(() => readDebian(root)).toThrow('holds no packages of Debian');
});

it.runIf(existsSync(PACKAGES))(
  'of an image holds its packages, its Node and those of npm that are in it',
  { timeout: TIMEOUT_MS },
  async () => {
    await rm(join(root, 'etc'), { recursive: true, force: true });
    await mkdir(join(root, 'var/lib'), { recursive: true });
    await symlink(PACKAGES, join(root, 'var/lib/dpkg'));
    await cp('/usr/lib/os-release', join(root, 'usr/lib/os-release'));
    await mkdir(join(root, 'usr/local/bin'), { recursive: true });
    await symlink(process.execPath, join(root, 'usr/local/bin/node'));
    for (const name of ['pg', '@node-rs/argon2', 'vitest'])
      await cp(
        join(ROOT, 'node_modules', name, 'package.json'),
        join(root, 'app/node_modules', name, 'package.json'),
      );
    const { status, stdout, stderr } = spawnSync(
      'npm',
      ['run', '--silent', 'sbom', '--', '--image', root],
      { cwd: ROOT, encoding: 'utf8' },
    );
    expect([status, stderr]).toEqual([0, '']);
    const { components }: { components: { name: string; purl: string; type: string }[] } =
      JSON.parse(stdout);
    const ofNpm = components.filter(({ purl = '' }) => purl.startsWith('pkg:npm/'));
    expect(ofNpm.map(({ name }) => name).sort()).toEqual(['@node-rs/argon2', 'pg']);
    const node = components.find(({ name }) => name === 'node');
    expect(node?.purl).toBe(`pkg:generic/node@${process.versions.node}`);
    const { stdout: list } = spawnSync('dpkg', ['--list'], { encoding: 'utf8' });
    const names = list.split('\n').filter((line) => line.startsWith('ii '));
    expect(names.length).toBeGreaterThan(10);
    expect(components.filter(({ purl = '' }) => purl.startsWith('pkg:deb/'))).toHaveLength(
      names.length,
    );
  },
);
