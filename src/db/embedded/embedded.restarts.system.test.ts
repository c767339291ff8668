// A PostgreSQL that keeps ending by itself, on a disk with room and on a full one: it always comes back.

import { execFileSync, spawnSync } from 'node:child_process';
import { appendFileSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startEmbedded } from './embedded.ts';
import {
  eventually,
  getServing,
  getUsedFolder,
  IS_ROOT,
  listServing,
  makeFolder,
  query,
} from './testing.ts';

/** Beyond any bound that a lifetime could have had. */
const CRASHES = 8;
const DISK_MB = 260;
const CHUNK_BYTES = 1024 * 1024;
const PAGE_BYTES = 4_096;
const TEST_TIMEOUT_MS = 120_000;
const HAS_PRLIMIT = spawnSync('prlimit', ['--version']).status === 0;

const answers = (url: string) =>
  query(url, 'SELECT 1').then(
    (answer) => answer === 1,
    () => false,
  );

describe('a server that ends by itself', () => {
  it(
    'is started again, however often that happens',
    async () => {
      const dataDir = await getUsedFolder();
      const server = await startEmbedded({ dataDir, fast: true });
      for (let crash = 1; crash <= CRASHES; crash += 1) {
        const { postmaster } = getServing(dataDir);
        process.kill(postmaster.pid, 'SIGKILL');
        await eventually(`an answer after crash ${crash}`, () => answers(server.url));
        expect(getServing(dataDir).postmaster.pid).not.toBe(postmaster.pid);
      }
      await server.stop();
      expect(listServing(dataDir)).toEqual([]);
    },
    TEST_TIMEOUT_MS,
  );

  it('is started again also where another process stopped it', async () => {
    const dataDir = await getUsedFolder();
    const lines: string[] = [];
    const log = (line: string) => lines.push(line);
    const server = await startEmbedded({ dataDir, fast: true, log });
    process.kill(getServing(dataDir).postmaster.pid, 'SIGINT');
    await eventually('its return', () => lines.includes('The database server runs again.'));
    expect(lines[0]).toBe(
      'The database server ended by itself (exit code 0) and is started again.',
    );
    expect(await answers(server.url)).toBe(true);
    await server.stop();
  });

  it('is not started again once nobody needs it', async () => {
    const dataDir = await getUsedFolder();
    const server = await startEmbedded({ dataDir, fast: true });
    process.kill(getServing(dataDir).postmaster.pid, 'SIGKILL');
    await server.stop();
    await eventually('the end of every process', () => listServing(dataDir).length === 0);
  });
});

/** Writes until the disk takes nothing more, and answers how to make room again. */
function fillDisk(folder: string): () => void {
  const path = join(folder, 'filler');
  for (const size of [CHUNK_BYTES, PAGE_BYTES, 1]) {
    while (append(path, size));
  }
  return () => rmSync(path);
}

function append(path: string, size: number): boolean {
  try {
    writeFileSync(path, Buffer.alloc(size), { flag: 'a' });
    return true;
  } catch {
    return false;
  }
}

describe('a disk that is full', () => {
  it.runIf(IS_ROOT)(
    'stops the server and its log, and both go on by themselves when there is room',
    async () => {
      const dataDir = makeFolder();
      const size = `size=${DISK_MB}m,mode=0755`;
      execFileSync('mount', ['-t', 'tmpfs', '-o', size, 'tmpfs', dataDir]);
      onTestFinished(() => void spawnSync('umount', ['--lazy', dataDir]));
      const lines: string[] = [];
      const server = await startEmbedded({ dataDir, log: (line) => lines.push(line) });
      await query(server.url, 'CREATE TABLE kept AS SELECT 42 AS answer');
      const logFile = join(dataDir, 'postgres.log');
      // The rest of its last page would take some more lines.
      appendFileSync(logFile, ' '.repeat(PAGE_BYTES - (statSync(logFile).size % PAGE_BYTES)));
      const makeRoom = fillDisk(dataDir);
      process.kill(getServing(dataDir).postmaster.pid, 'SIGKILL');
      await eventually('the reason', () => lines.some((line) => line.includes('No space left')));
      expect(await answers(server.url)).toBe(false);

      makeRoom();
      await eventually('an answer', () => answers(server.url));
      expect(await query(server.url, 'SELECT answer FROM kept')).toBe(42);
      expect(readFileSync(logFile, 'utf8')).toContain('messages were lost');
      await server.stop();
    },
    TEST_TIMEOUT_MS,
  );

  it.runIf(HAS_PRLIMIT)(
    'is told once and tried again until it takes files, as under a quota',
    async () => {
      const dataDir = await getUsedFolder();
      const lines: string[] = [];
      const server = await startEmbedded({ dataDir, fast: true, log: (line) => lines.push(line) });
      const { watcher, postmaster } = getServing(dataDir);
      const limitFiles = (to: string) =>
        execFileSync('prlimit', [`--pid=${watcher.pid}`, `--fsize=${to}:`]);
      limitFiles('0');
      process.kill(postmaster.pid, 'SIGKILL');
      await eventually('the reason', () => lines.some((line) => line.includes('File too large')));
      const told = lines.length;
      expect(await answers(server.url)).toBe(false);

      limitFiles('unlimited');
      await eventually('an answer', () => answers(server.url));
      expect(lines.slice(told)).toEqual(['The database server runs again.']);
      await server.stop();
    },
    TEST_TIMEOUT_MS,
  );
});
