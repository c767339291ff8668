import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { bookedBalances } from '../../../test/support/accounting/booked.ts';
import { ACCOUNTING_PROGRAMS } from '../../../test/support/accounting/programs.ts';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { runCli, startCli } from '../../../test/support/processes/cli.ts';
import { withClient } from '../../db/client.ts';
import { openDatabase } from '../../db/database.ts';
import { newId } from '../../lib/ids.ts';
import { EXPORT_FORMATS } from '../../modules/ledger/export/formats.rules.ts';
import { seedDatabase } from '../../seed/seed.ts';

/** Each is a process of its own, which a busy machine starts slowly. */
vi.setConfig({ testTimeout: 120_000 });

const NOW = new Date('2026-03-02T02:00:00.000Z');
/** The last moment of the first of April in the Philippines, and the moment after it. */
const MIDNIGHT = { before: '2026-04-01T15:59:59.999Z', after: '2026-04-01T16:00:00.000Z' };

let folder: string;
let database: TestDatabase;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'freshbytes-ledger-'));
  database = await createTestDatabase();
  const { db } = openDatabase({ url: database.url, poolSize: 1, onError: () => {} });
  await seedDatabase({ db, clock: { now: () => NOW } }, { size: 'small', seed: 7 });
  await db.destroy();
  await withClient(database.url, async (client) => {
    for (const moment of Object.values(MIDNIGHT))
      await client.query(
        `WITH entry AS (INSERT INTO journal_entries (id, kind, created_at) VALUES ($1, 'ORDER_PLACED', $2))
        INSERT INTO journal_lines (entry_id, line_number, account, debit_centavos, credit_centavos, created_at)
        VALUES ($1, 1, 'CUSTOMER_RECEIVABLE', 1, 0, $2), ($1, 2, 'COMMISSION_REVENUE', 0, 1, $2)`,
        [newId(), moment],
      );
  });
});
afterAll(async () => {
  await database.drop();
  await rm(folder, { recursive: true });
});

const run = (...args: readonly string[]) =>
  runCli(['ledger', 'export', ...args], { env: { DATABASE_URL: database.url } });

describe.each(EXPORT_FORMATS)('ledger export --format %s', (format) => {
  const program = ACCOUNTING_PROGRAMS[format];

  it.skipIf(!program.isThere)(
    'adds up to what the journal says, account by account and seller by seller',
    async () => {
      const { exitCode, stdout, stderr } = await run('--format', format);
      expect([exitCode, stderr]).toEqual([0, '']);
      const file = join(folder, `all.${format}`);
      await writeFile(file, stdout);
      const booked = await bookedBalances(database.url);
      expect(Object.keys(booked).length).toBeGreaterThan(10);
      expect(program.balancesOf(file)).toEqual(booked);
    },
  );

  it('takes days as they begin and end in the Philippines, the last included', async () => {
    const timesOf = async (...period: readonly string[]) => {
      const { stdout } = await run('--format', format, ...period);
      return stdout.match(/2026-04-01T1[56][^"\s]+/g) ?? [];
    };
    expect(await timesOf()).toEqual([MIDNIGHT.before, MIDNIGHT.after]);
    expect(await timesOf('--from', '2026-04-01', '--to', '2026-04-01')).toEqual([MIDNIGHT.before]);
    expect(await timesOf('--from', '2026-04-02')).toEqual([MIDNIGHT.after]);
    expect(await timesOf('--to', '2026-03-31')).toEqual([]);
  });
});

describe('ledger export', () => {
  it.each([
    [[]],
    [['--format', 'excel']],
    [['--format', 'hledger', '--from', '2026-02-30']],
    [['--format', 'hledger', '--to', 'today']],
    [['--format', 'hledger', '--from', '2026-03-02', '--to', '2026-03-01']],
  ])('refuses %j with exit code 2, and writes nothing', async (args) => {
    expect(await run(...args)).toMatchObject({ exitCode: 2, stdout: '' });
  });

  it('ends well where its reader has seen enough', async () => {
    const running = startCli(['ledger', 'export', '--format', 'hledger'], {
      env: { DATABASE_URL: database.url },
    });
    running.child.stdout?.once('data', () => running.child.stdout?.destroy());
    expect(await running.ended).toMatchObject({ exitCode: 0, stderr: '' });
  });
});
