import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { runCli, startCli } from '../../../test/support/processes/cli.ts';
import { makeFolder } from '../../db/embedded/testing.ts';

/** Each command is a process of its own, which a busy machine starts slowly. */
vi.setConfig({ testTimeout: 120_000 });

describe('reset', () => {
  it('removes the embedded database and the uploads, and nothing else', async () => {
    const dataDir = makeFolder();
    const env = { DATA_DIR: dataDir };
    expect((await runCli(['migrate'], { env })).exitCode).toBe(0);
    mkdirSync(join(dataDir, 'uploads'));
    writeFileSync(join(dataDir, 'notes.txt'), 'mine');

    const unasked = await runCli(['reset'], { env });
    expect([unasked.exitCode, unasked.stderr]).toEqual([2, expect.stringContaining('--yes')]);
    expect(existsSync(join(dataDir, 'postgres'))).toBe(true);

    expect((await runCli(['reset', '--yes'], { env })).exitCode).toBe(0);
    const left = ['postgres', 'postgres.log', 'uploads', 'notes.txt'].filter((name) =>
      existsSync(join(dataDir, name)),
    );
    expect(left).toEqual(['notes.txt']);

    const again = await runCli(['reset', '--yes'], { env });
    expect([again.exitCode, again.stdout]).toEqual([0, expect.stringContaining('no database')]);
  });

  it('refuses while a server uses the database', async () => {
    const dataDir = makeFolder();
    const server = startCli(['serve'], { env: { PORT: '0', DATA_DIR: dataDir } });
    await server.printed('Server listening at ');
    const { exitCode, stderr } = await runCli(['reset', '--yes'], { env: { DATA_DIR: dataDir } });
    expect([exitCode, stderr]).toEqual([3, expect.stringContaining('is in use')]);
    server.child.kill('SIGTERM');
    expect((await server.ended).exitCode).toBe(0);
    expect(existsSync(join(dataDir, 'postgres'))).toBe(true);
  });

  it('refuses a folder that is no database, and one whose server was started by other means', async () => {
    const dataDir = makeFolder();
    const cluster = join(dataDir, 'postgres');
    mkdirSync(cluster);
    writeFileSync(join(cluster, 'notes.txt'), 'mine');
    const env = { DATA_DIR: dataDir };
    const foreign = await runCli(['reset', '--yes'], { env });
    expect([foreign.exitCode, foreign.stderr]).toEqual([
      2,
      expect.stringContaining('no PostgreSQL database'),
    ]);
    writeFileSync(join(cluster, 'PG_VERSION'), '17\n');
    writeFileSync(join(cluster, 'postmaster.pid'), `${process.pid}\n`);
    const running = await runCli(['reset', '--yes'], { env });
    expect([running.exitCode, running.stderr]).toEqual([
      3,
      expect.stringContaining(`names process ${process.pid}`),
    ]);
    expect(existsSync(join(cluster, 'notes.txt'))).toBe(true);
  });

  it('refuses a database that is not its own', async () => {
    const env = { DATABASE_URL: 'postgres://localhost:1/market', DATA_DIR: makeFolder() };
    const { exitCode, stderr } = await runCli(['reset', '--yes'], { env });
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining('DATABASE_URL names another')]);
  });
});
