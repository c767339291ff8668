// `.ci/install-servers`, with the list of `.ci/run`, where apt has other packages than the last machine had.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../../..');
const NEEDED = ['bash', 'id'];
const folders: string[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
});

interface Distribution {
  /** What its apt has, and the file that each package brings below `/`. */
  readonly packages: Readonly<Record<string, string>>;
  /** What is there before. */
  readonly installed?: readonly string[];
}

/** A machine whose PATH and whose /usr are in a folder. */
async function createMachine({ packages, installed = [] }: Distribution) {
  const folder = await mkdtemp(join(tmpdir(), 'freshbytes-apt-'));
  folders.push(folder);
  const bin = join(folder, 'bin');
  await mkdir(bin);
  for (const name of NEEDED) await symlink(join('/usr/bin', name), join(bin, name));
  const write = async (path: string, text: string) => {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
    await chmod(join(folder, path), 0o755);
  };
  for (const path of installed) await write(path, '');
  for (const [name, file] of Object.entries(packages))
    await write(`packages/${name}`, join(folder, file));
  await write('bin/sudo', '#!/bin/sh\nshift\nexec "$@"\n');
  // Like apt: where one of the packages is unknown, none is installed.
  await write(
    'bin/apt-get',
    `#!/bin/bash
      cd ${folder}/packages || exit 1
      [[ $1 == install ]] || exit 0
      for package; do
        [[ $package == install || $package == -* || -e $package ]] || { echo "E: Unable to locate package $package" >&2; exit 100; }
      done
      for package; do
        if [[ -e $package ]]; then
          file=$(< "$package")
          /bin/mkdir -p "\${file%/*}"
          echo > "$file"
          /bin/chmod +x "$file"
        fi
      done`,
  );
  const servers = (await serversOfRun()).map((entry) => entry.replace('/usr/lib', `${folder}/lib`));
  return {
    install: () =>
      spawnSync(join(ROOT, '.ci/install-servers'), servers, {
        env: { PATH: bin },
        encoding: 'utf8',
      }),
    has: (path: string) => existsSync(join(folder, path)),
  };
}

async function serversOfRun(): Promise<string[]> {
  const script = await readFile(join(ROOT, '.ci/run'), 'utf8');
  const [, list = ''] = /^readonly servers=\(\n(.*?)\n\)$/ms.exec(script) ?? [];
  const servers = [...list.matchAll(/^ {2}'(.+)'$/gm)].map(([, entry = '']) => entry);
  expect(servers.length).toBeGreaterThan(5);
  return servers;
}

/** Every package of the list and its program, with the PostgreSQL of that version. */
async function packagesWith(major: number): Promise<Record<string, string>> {
  const entries = (await serversOfRun()).map((entry) => {
    const [program = '', name = ''] = entry.split(/:(?=[\w-]+$)/);
    return [
      name,
      program.startsWith('/') ? `lib/postgresql/${major}/bin/postgres` : `bin/${program}`,
    ];
  });
  return Object.fromEntries(entries);
}

it.each([15, 16, 17, 18])('takes the PostgreSQL %i that there is', async (major) => {
  const machine = await createMachine({ packages: await packagesWith(major) });
  expect(machine.install()).toMatchObject({ status: 0, stdout: '', stderr: '' });
  expect(machine.has(`lib/postgresql/${major}/bin/postgres`)).toBe(true);
  expect(machine.has('bin/promtool')).toBe(true);
});

it('installs the others where a package is unknown, and names what could not be had', async () => {
  const { chromium: _, pgbackrest: __, ...packages } = await packagesWith(16);
  const machine = await createMachine({ packages });
  const answer = machine.install();
  expect(answer.stdout).toBe(
    'could not be had: pgbackrest, from the package pgbackrest\ncould not be had: chromium, from the package chromium\n',
  );
  expect(answer.stderr).toContain('E: Unable to locate package chromium');
  expect(answer.status).toBe(1);
  expect(machine.has('bin/haproxy')).toBe(true);
  expect(machine.has('lib/postgresql/16/bin/postgres')).toBe(true);
});

it('names a PostgreSQL that is too old, whichever way it was installed', async () => {
  const machine = await createMachine({
    packages: await packagesWith(14),
    installed: ['lib/postgresql/9/bin/postgres'],
  });
  const answer = machine.install();
  expect(answer.status).toBe(1);
  expect(answer.stdout).toMatch(
    /^could not be had: .*\/bin\/postgres, from the package postgresql\n$/,
  );
});

it('installs nothing where everything is there', async () => {
  const installed = Object.values(await packagesWith(17));
  const machine = await createMachine({ packages: {}, installed });
  expect(machine.install()).toMatchObject({ status: 0, stdout: '', stderr: '' });
});
