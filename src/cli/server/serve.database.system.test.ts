// `serve` while its embedded database is down, and when it comes back.
import { execFileSync, spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { startCli } from '../../../test/support/processes/cli.ts';
import { eventually, getServing, makeFolder } from '../../db/embedded/testing.ts';
import { newId } from '../../lib/ids.ts';

/** A process that a busy machine starts slowly. */
const TEST_TIMEOUT_MS = 120_000;
const HAS_PRLIMIT = spawnSync('prlimit', ['--version']).status === 0;

it.runIf(HAS_PRLIMIT)(
  'answers 503 and is not ready while no file can be written, and serves on by itself afterwards',
  async () => {
    const dataDir = makeFolder();
    const env = { PORT: '0', DATA_DIR: dataDir, LOG_LEVEL: 'info' };
    const { child, output, printed, ended } = startCli(['serve'], { env });
    await printed('Server listening at ');
    const url = /Server listening at (http:\/\/[\d.:]+)/.exec(output.stdout)?.[1];
    const statusOf = async (path: string) => (await fetch(`${url}${path}`)).status;
    // No two alike, so that none is answered from the cache.
    const browse = () => statusOf(`/api/v1/products?search=${newId()}`);
    expect([await statusOf('/health/ready'), await browse()]).toEqual([200, 200]);

    const { watcher, postmaster } = getServing(dataDir);
    const limitFiles = (to: string) =>
      execFileSync('prlimit', [`--pid=${watcher.pid}`, `--fsize=${to}:`]);
    limitFiles('0');
    process.kill(postmaster.pid, 'SIGKILL');
    await eventually('the reason', () => output.stderr.includes('File too large'));
    expect([await statusOf('/health/ready'), await browse()]).toEqual([503, 503]);
    expect(await statusOf('/health/live')).toBe(200);

    limitFiles('unlimited');
    await eventually('readiness', async () => (await statusOf('/health/ready')) === 200);
    await eventually('an answer', async () => (await browse()) === 200);
    child.kill('SIGTERM');
    expect((await ended).exitCode).toBe(0);
  },
  TEST_TIMEOUT_MS,
);
