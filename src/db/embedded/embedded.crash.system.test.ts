// What a kill at any point leaves behind, and that the next start copes with it.

import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startEmbedded } from './embedded.ts';
import {
  eventually,
  getServing,
  getUsedFolder,
  listServing,
  makeFolder,
  query,
  startApp,
} from './testing.ts';

const hasUnfinished = (dataDir: string) =>
  readdirSync(dataDir).some((name) => name.startsWith('.unfinished-'));

function killIfAlive(pid: number): void {
  if (existsSync(`/proc/${pid}`)) process.kill(pid, 'SIGKILL');
}

async function expectStart(dataDir: string): Promise<void> {
  const server = await startEmbedded({ dataDir, fast: true });
  expect(await query(server.url, 'SELECT 1')).toBe(1);
  expect(hasUnfinished(dataDir)).toBe(false);
  await server.stop();
  expect(listServing(dataDir)).toEqual([]);
}

describe('an application that is killed', () => {
  it('has its server ended cleanly', async () => {
    const dataDir = await getUsedFolder();
    const app = startApp({ dataDir });
    await app.server;
    app.child.kill('SIGKILL');

    await eventually('the end of the server', () => listServing(dataDir).length === 0);
    expect(existsSync(join(dataDir, 'postgres', 'postmaster.pid'))).toBe(false);
    const log = readFileSync(join(dataDir, 'postgres.log'), 'utf8');
    expect(log.trim().split('\n').at(-1)).toContain('database system is shut down');
  });

  it('together with its watcher loses no committed row', async () => {
    const dataDir = await getUsedFolder();
    const app = startApp({ dataDir, fast: false });
    const { url } = await app.server;
    await query(url, 'CREATE TABLE kept_0 AS SELECT 42 AS answer');
    const { watcher, postmaster } = getServing(dataDir);
    process.kill(watcher.pid, 'SIGKILL');
    app.child.kill('SIGKILL');
    await eventually('the end of both', () => listServing(dataDir).length === 1);

    const server = await startEmbedded({ dataDir });
    expect(getServing(dataDir).postmaster.pid).not.toBe(postmaster.pid);
    expect(await query(server.url, 'SELECT answer FROM kept_0')).toBe(42);
    await server.stop();
  });

  it('with watcher and server too is followed by a recovery', async () => {
    const dataDir = await getUsedFolder();
    const app = startApp({ dataDir, fast: false });
    const { url } = await app.server;
    await query(url, 'CREATE TABLE kept_1 AS SELECT 42 AS answer');
    const { watcher, postmaster } = getServing(dataDir);
    for (const pid of [watcher.pid, postmaster.pid]) process.kill(pid, 'SIGKILL');
    app.child.kill('SIGKILL');

    const server = await startEmbedded({ dataDir });
    expect(await query(server.url, 'SELECT answer FROM kept_1')).toBe(42);
    await server.stop();
  });

  it('in its first start leaves nothing that the next start minds', async () => {
    const dataDir = makeFolder();
    const app = startApp({ dataDir });
    await eventually('the side folder', () => hasUnfinished(dataDir));
    for (const { pid, args } of listServing(dataDir)) {
      if (args[1]?.endsWith('watcher.ts')) process.kill(pid, 'SIGKILL');
    }
    app.child.kill('SIGKILL');
    await app.stop();

    expect(hasUnfinished(dataDir)).toBe(true);
    expect(existsSync(join(dataDir, 'postgres'))).toBe(false);
    await expectStart(dataDir);
  });
});

describe('Ctrl-C', () => {
  const moments: [string, (dataDir: string) => boolean][] = [
    ['as the watcher begins', (dataDir) => listServing(dataDir).length > 1],
    ['as the cluster is made', hasUnfinished],
    ['once the cluster is whole', (dataDir) => existsSync(join(dataDir, 'postgres/PG_VERSION'))],
    ['as the server starts', (dataDir) => existsSync(join(dataDir, 'postgres/postmaster.pid'))],
  ];

  it.each(moments)('%s ends every process and leaves no half-made file', async (_, hasCome) => {
    const dataDir = makeFolder();
    const app = startApp({ dataDir });
    await eventually('the moment', () => hasCome(dataDir));
    process.kill(-(app.child.pid ?? Number.NaN), 'SIGINT');

    await eventually('the end of every process', () => listServing(dataDir).length === 0);
    expect(hasUnfinished(dataDir)).toBe(false);
    await expectStart(dataDir);
  });

  it('once the server runs ends it cleanly', async () => {
    const dataDir = await getUsedFolder();
    const app = startApp({ dataDir });
    await app.server;
    process.kill(-(app.child.pid ?? Number.NaN), 'SIGINT');

    await eventually('the end of every process', () => listServing(dataDir).length === 0);
    expect(existsSync(join(dataDir, 'postgres', 'postmaster.pid'))).toBe(false);
  });
});

it('waits for a backend that outlived its killed server', async () => {
  const dataDir = await getUsedFolder();
  const server = await startEmbedded({ dataDir, fast: true });
  const client = new Client({ connectionString: server.url });
  client.on('error', () => undefined);
  await client.connect();
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  const backend = rows[0]?.pid ?? Number.NaN;
  onTestFinished(() => client.end());
  onTestFinished(() => killIfAlive(backend));
  const { watcher, postmaster } = getServing(dataDir);
  process.kill(backend, 'SIGSTOP');
  for (const { pid } of [watcher, postmaster]) process.kill(pid, 'SIGKILL');
  const logFile = join(dataDir, 'postgres.log');
  const seen = readFileSync(logFile, 'utf8').length;
  const starting = startEmbedded({ dataDir, fast: true });
  await eventually('a refusal to touch data in use', () =>
    readFileSync(logFile, 'utf8').slice(seen).includes('shared memory block'),
  );
  process.kill(backend, 'SIGKILL');

  const second = await starting;
  expect(await query(second.url, 'SELECT 1')).toBe(1);
  await second.stop();
});

describe('a pid file left behind', () => {
  it('is not believed when its pid is now another process of the same account', async () => {
    const dataDir = await getUsedFolder();
    const server = await startEmbedded({ dataDir, fast: true });
    const pidFile = join(server.dataDir, 'postmaster.pid');
    const { postmaster, watcher } = getServing(dataDir);
    const socketLock = join(server.host, '.s.PGSQL.5432.lock');
    const texts = [pidFile, socketLock].map((path) => ({ path, text: readFileSync(path, 'utf8') }));
    for (const pid of [watcher.pid, postmaster.pid]) process.kill(pid, 'SIGKILL');
    await eventually('the end of the server', () => listServing(dataDir).length === 0);
    const other = spawn('sleep', ['600'], { ...(postmaster.uid && { uid: postmaster.uid }) });
    onTestFinished(() => void other.kill('SIGKILL'));
    for (const { path, text } of texts) {
      writeFileSync(path, text.replace(String(postmaster.pid), String(other.pid)));
    }

    await expectStart(dataDir);
    expect(other.exitCode ?? other.signalCode).toBeNull();
    await server.stop();
  });

  it('is not missed: a server without one is found by its socket', async () => {
    const dataDir = await getUsedFolder();
    const server = await startEmbedded({ dataDir, fast: true });
    process.kill(getServing(dataDir).watcher.pid, 'SIGKILL');
    await eventually('its end', () => listServing(dataDir).length === 1);
    rmSync(join(server.dataDir, 'postmaster.pid'));

    await expectStart(dataDir);
    await server.stop();
  });

  it('is not believed when a power cut left it empty', async () => {
    const dataDir = await getUsedFolder();
    writeFileSync(join(dataDir, 'postgres', 'postmaster.pid'), '');
    await expectStart(dataDir);
  });
});

describe('a running server', () => {
  it('comes back at the same address when PostgreSQL is killed', async () => {
    const dataDir = await getUsedFolder();
    const server = await startEmbedded({ dataDir });
    await query(server.url, 'CREATE TABLE kept_2 AS SELECT 42 AS answer');
    process.kill(getServing(dataDir).postmaster.pid, 'SIGKILL');

    await eventually('an answer', () =>
      query(server.url, 'SELECT answer FROM kept_2').then(
        (answer) => answer === 42,
        () => false,
      ),
    );
    await server.stop();
    expect(listServing(dataDir)).toEqual([]);
  });

  it('is ended by its starter when the watcher between them is killed', async () => {
    const dataDir = await getUsedFolder();
    const lines: string[] = [];
    const server = await startEmbedded({ dataDir, fast: true, log: (line) => lines.push(line) });
    process.kill(getServing(dataDir).watcher.pid, 'SIGKILL');
    await eventually('a notice', () => lines.some((line) => line.includes('has ended')));
    expect(await query(server.url, 'SELECT 1')).toBe(1);

    await server.stop();
    expect(listServing(dataDir)).toEqual([]);
  });

  it('serves on while Ctrl-Z holds its starter', async () => {
    const dataDir = await getUsedFolder();
    const app = startApp({ dataDir });
    const { url } = await app.server;
    app.child.kill('SIGSTOP');
    expect(await query(url, 'SELECT 1')).toBe(1);
    app.child.kill('SIGCONT');
    expect(await app.stop()).toBe(0);
  });
});
