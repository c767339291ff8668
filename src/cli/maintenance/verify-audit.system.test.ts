import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { createTestApp, type TestApp } from '../../../test/support/app.ts';
import { runCli } from '../../../test/support/processes/cli.ts';
import { EXIT } from '../../lib/exit.ts';
import { MAX_NAMED_BREAKS, sealEntries } from '../../modules/audit/seals/seals.service.ts';
import { record, seals, tamper } from '../../modules/audit/seals/seals.testkit.ts';
import { type VerifyAuditOptions, verify } from './verify-audit.ts';

const SEALED = 3 + MAX_NAMED_BREAKS;

let test: TestApp;
/** What the log of an earlier day said. */
let head: string;
beforeAll(async () => {
  test = await createTestApp();
});
afterAll(() => test.close());
beforeEach(() => {
  vi.stubEnv('NODE_ENV', 'test');
  vi.stubEnv('DATABASE_URL', test.databaseUrl);
  vi.stubEnv('APP_SECRET', test.services.config.APP_SECRET);
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

async function run(options: VerifyAuditOptions = {}) {
  const lines: string[] = [];
  const collect = (text: string | Uint8Array) => lines.push(String(text).trimEnd()) > 0;
  vi.spyOn(process.stdout, 'write').mockImplementation(collect);
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  return { exitCode: await verify(options), lines };
}

describe('verify-audit', () => {
  it('says of an empty log that nothing is sealed', async () => {
    expect(await run()).toEqual({
      exitCode: EXIT.done,
      lines: ['0 entries sealed; 0 not sealed yet'],
    });
  });

  it('says in one line how much is sealed, since when, what waits, and the head', async () => {
    await record(test.system, SEALED);
    await sealEntries(test.system);
    await record(test.system, 2);
    const { exitCode, lines } = await run();
    expect([exitCode, lines.length]).toEqual([EXIT.done, 1]);
    expect(lines[0]).toMatch(
      /^23 entries sealed, the last at 2026-03-02T02:[\d:.]+Z; 2 not sealed yet; head 23:[0-9a-f]{64}$/,
    );
    head = lines[0]?.split('head ')[1] ?? '';
    expect((await run({ head })).exitCode).toBe(EXIT.done);
  });

  it('does the same as a command, with progress beside the result', async () => {
    const env = {
      DATABASE_URL: test.databaseUrl,
      APP_SECRET: test.services.config.APP_SECRET ?? '',
    };
    const { exitCode, stdout, stderr } = await runCli(['verify-audit', '--head', head], { env });
    expect([exitCode, stderr]).toEqual([EXIT.done, 'checked 23 seals\n']);
    expect(stdout).toContain('23 entries sealed');
  });

  it('refuses a head that is none', async () => {
    await expect(run({ head: 'yesterday' })).rejects.toMatchObject({
      exitCode: EXIT.usage,
      message: expect.stringContaining('<seal number>:<64 hex digits>'),
    });
  });

  it('names the first entry that was changed, and fails', async () => {
    const [, , third] = await seals(test);
    await tamper(test, `UPDATE audit_entries SET action = 'x' WHERE id = '${third?.entry_id}'`);
    const { exitCode, lines } = await run();
    expect(exitCode).toBe(EXIT.failed);
    expect(lines[0]).toContain(`broken: entry ${third?.entry_id} (seal 3)`);
    expect(lines[1]).toMatch(/^23 entries sealed/);
  });

  it('fails where the chain is cut off behind a head that was kept', async () => {
    await tamper(
      test,
      `DELETE FROM audit_entries WHERE id IN (SELECT entry_id FROM audit_seals WHERE seq > 21);
       DELETE FROM audit_seals WHERE seq > 21`,
    );
    const { exitCode, lines } = await run({ head });
    expect([exitCode, lines[1]]).toEqual([EXIT.failed, expect.stringContaining('as seal 23')]);
  });

  it('counts the breaks that it does not name', async () => {
    await tamper(test, `UPDATE audit_entries SET action = 'x'`);
    const { lines } = await run();
    expect(lines).toHaveLength(MAX_NAMED_BREAKS + 2);
    expect(lines.at(-2)).toBe('broken: 1 more');
  });
});
