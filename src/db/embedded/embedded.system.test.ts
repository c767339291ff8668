// The life of an embedded server: its start, its end, and the processes that share it.

import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
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

describe('a start', () => {
  it('gives an empty UTF-8 database that knows the letters of Filipino', async () => {
    const dataDir = join(makeFolder(), 'data');
    const lines: string[] = [];
    const server = await startEmbedded({ dataDir, fast: true, log: (line) => lines.push(line) });

    expect(server).toMatchObject({ owned: true, user: 'freshbytes', database: 'freshbytes' });
    expect(server.dataDir).toBe(join(dataDir, 'postgres'));
    expect(lines).toEqual([expect.stringContaining(server.dataDir)]);
    expect(await query(server.url, "SELECT current_database() || lower('Ñ')")).toBe('freshbytesñ');
    expect(await query(server.url, 'SHOW server_encoding')).toBe('UTF8');
    await query(server.url, 'CREATE EXTENSION pg_trgm');
    expect(await query(server.url, "SELECT similarity('Ñ', 'ñ')")).toBe(1);
    await server.stop();
  });

  it('listens on a socket in a private folder and on no port, however long the path is', async () => {
    const dataDir = join(makeFolder(), ...Array<string>(4).fill('x'.repeat(50)));
    const server = await startEmbedded({ dataDir, fast: true });

    expect(await query(server.url, 'SHOW listen_addresses')).toBe('');
    expect(join(server.host, '.s.PGSQL.5432').length).toBeLessThanOrEqual(107);
    expect(statSync(server.host).mode & 0o777).toBe(0o700);
    await server.stop();
    expect(existsSync(server.host)).toBe(false);
  });

  it('finds the data of the last one', async () => {
    const dataDir = await getUsedFolder();
    const first = await startEmbedded({ dataDir, fast: true });
    await query(first.url, 'CREATE TABLE kept AS SELECT 42 AS answer');
    await first.stop();

    const second = await startEmbedded({ dataDir, fast: true });
    expect(await query(second.url, 'SELECT answer FROM kept')).toBe(42);
    expect(second.url).toBe(first.url);
    await second.stop();
  });

  it('runs with durability unless a test gives it up', async () => {
    const server = await startEmbedded({ dataDir: await getUsedFolder() });
    expect(await query(server.url, 'SHOW fsync')).toBe('on');
    expect(await query(server.url, 'SHOW synchronous_commit')).toBe('on');
    await server.stop();
  });

  it('puts the server and its watcher out of reach of Ctrl-C', async () => {
    const dataDir = await getUsedFolder();
    const app = startApp({ dataDir });
    await app.server;
    const { watcher, postmaster } = getServing(dataDir);
    expect(watcher.session).toBe(watcher.pid);
    expect(postmaster.session).not.toBe(app.child.pid);
    await app.stop();
  });

  it('makes the database again after it was dropped', async () => {
    const dataDir = await getUsedFolder();
    const first = await startEmbedded({ dataDir, fast: true });
    await query(first.url.replace('/freshbytes?', '/postgres?'), 'DROP DATABASE freshbytes');
    await first.stop();

    const second = await startEmbedded({ dataDir, fast: true });
    expect(await query(second.url, 'SELECT current_database()')).toBe('freshbytes');
    await second.stop();
  });

  it('refuses a cluster of a major version that is not installed, and leaves it as it is', async () => {
    const dataDir = await getUsedFolder();
    const control = join(dataDir, 'postgres', 'global', 'pg_control');
    const before = readFileSync(control);
    const versionFile = join(dataDir, 'postgres', 'PG_VERSION');
    const version = readFileSync(versionFile);
    onTestFinished(() => writeFileSync(versionFile, version));
    writeFileSync(versionFile, '12\n');

    await expect(startEmbedded({ dataDir, fast: true })).rejects.toThrow(
      /made by PostgreSQL 12 .*Install PostgreSQL 12, or move the folder away.*\n.*DATABASE_URL/,
    );
    expect(readFileSync(control).equals(before)).toBe(true);
    await eventually('the end of every process', () => listServing(dataDir).length === 0);
  });

  it('refuses a folder of other files', async () => {
    const folder = makeFolder();
    writeFileSync(join(folder, 'postgres'), 'not a folder');
    await expect(startEmbedded({ dataDir: folder, fast: true })).rejects.toThrow('DATABASE_URL');
  });

  it('waits for the last server while that is still ending', async () => {
    const dataDir = await getUsedFolder();
    const first = await startEmbedded({ dataDir, fast: true });
    const { postmaster } = getServing(dataDir);
    process.kill(postmaster.pid, 'SIGSTOP');
    const stopped = first.stop();
    const lines: string[] = [];
    const starting = startEmbedded({ dataDir, fast: true, log: (line) => lines.push(line) });
    await eventually('a line about waiting', () => lines.some((line) => line.includes('Waiting')));
    process.kill(postmaster.pid, 'SIGCONT');

    await stopped;
    const second = await starting;
    expect(second.owned).toBe(true);
    expect(await query(second.url, 'SELECT 1')).toBe(1);
    await second.stop();
  });
});

describe('processes that share a data folder', () => {
  it('get one server when they start at once on an empty folder', async () => {
    const dataDir = makeFolder();
    const apps = [1, 2, 3].map(() => startApp({ dataDir }));
    const servers = await Promise.all(apps.map(({ server }) => server));

    expect(servers.filter(({ owned }) => owned)).toHaveLength(1);
    expect(new Set(servers.map(({ url }) => url)).size).toBe(1);
    expect(await Promise.all(apps.map(({ stop }) => stop()))).toEqual([0, 0, 0]);
    await eventually('the end of every process', () => listServing(dataDir).length === 0);
  });

  it('get one server when they start at once on existing data', async () => {
    const dataDir = await getUsedFolder();
    const servers = await Promise.all([1, 2, 3].map(() => startEmbedded({ dataDir, fast: true })));

    expect(servers.filter(({ owned }) => owned)).toHaveLength(1);
    await Promise.all(servers.map(({ stop }) => stop()));
    await eventually('the end of the server', () => listServing(dataDir).length === 0);
  });

  it('leave the server to its starter when a second command ends', async () => {
    const dataDir = await getUsedFolder();
    const serve = await startEmbedded({ dataDir, fast: true });
    const seed = await startEmbedded({ dataDir, fast: true });
    expect(seed).toMatchObject({ owned: false, url: serve.url, version: serve.version });

    await seed.stop();
    expect(await query(serve.url, 'SELECT 1')).toBe(1);
    await (await startEmbedded({ dataDir, fast: true })).stop();
    await serve.stop();
    expect(listServing(dataDir)).toEqual([]);
  });

  it('keep the server when its starter stops first, until the last one leaves', async () => {
    const dataDir = await getUsedFolder();
    const lines: string[] = [];
    const seed = await startEmbedded({ dataDir, fast: true, log: (line) => lines.push(line) });
    const serve = startApp({ dataDir });
    const { owned, url } = await serve.server;
    expect(owned).toBe(false);

    await seed.stop();
    expect(lines.at(-1)).toContain('keeps running for 1 more');
    expect(await query(url, 'SELECT 1')).toBe(1);
    serve.child.kill('SIGKILL');
    await eventually('the end of the server', () => listServing(dataDir).length === 0);
    expect(existsSync(join(dataDir, 'postgres', 'postmaster.pid'))).toBe(false);
  });

  it('are notified of a watcher that was stopped under them', async () => {
    const dataDir = await getUsedFolder();
    const lines: string[] = [];
    const log = (line: string) => lines.push(line);
    const owner = await startEmbedded({ dataDir, fast: true, log });
    const joined = await startEmbedded({ dataDir, fast: true, log });
    process.kill(getServing(dataDir).watcher.pid, 'SIGTERM');

    await eventually('both notices', () => lines.filter((l) => l.includes('ended')).length === 2);
    await Promise.all([owner.stop(), joined.stop()]);
  });
});
