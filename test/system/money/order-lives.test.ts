// Random orders through the whole API, step by step beside the model; connections to the database break meanwhile. At the
// end the model, the invariants, the wallet, hledger and beancount have to agree on every balance.
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { sql } from 'kysely';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { connectClient } from '../../../src/db/client.ts';
import type { Account } from '../../../src/modules/ledger/accounts.rules.ts';
import { accountName } from '../../../src/modules/ledger/export/account-names.rules.ts';
import { exportJournal } from '../../../src/modules/ledger/export/export.service.ts';
import { EXPORT_FORMATS } from '../../../src/modules/ledger/export/formats.rules.ts';
import { type Answer, type ApiOrder, openApiMarket } from '../../lives/api-market.ts';
import { dueOf, liveByApi } from '../../lives/live-by-api.ts';
import { type Random, randomFrom } from '../../lives/random.ts';
import { bookedBalances } from '../../support/accounting/booked.ts';
import { ACCOUNTING_PROGRAMS, nonZero } from '../../support/accounting/programs.ts';
import { type Call, createTestApp, type TestApp } from '../../support/app.ts';
import { stillClock } from '../../support/clock.ts';
import { checkAllInvariants } from '../../support/invariants.ts';

const LIVES = Number(process.env['LIVES'] ?? 200);
const SEED = Number(process.env['LIVES_SEED'] ?? 1);
const RECOVERY = { timeout: 20_000, interval: 20 };
/** Within a wallet's time, beyond it, and beyond the time of sellers; minutes. */
const WAITS = [10, 10, 15, 15, 60, 60, 25 * 60, 73 * 60] as const;

let test: TestApp;
/** Breaks the connections of the others. */
let breaker: pg.Client;
let random: Random;
let folder: string;
let orders: readonly ApiOrder[] = [];

beforeAll(async () => {
  test = await createTestApp({ clock: stillClock() });
  random = randomFrom(SEED);
  breaker = await connectClient({ connectionString: test.databaseUrl });
  folder = await mkdtemp(join(tmpdir(), 'freshbytes-lives-'));
});
afterAll(async () => {
  await breaker.end();
  await test.close();
  await rm(folder, { recursive: true });
});

/** Within some milliseconds of one request in twelve the connections to the database break. The request is sent again. */
async function send(request: Call): Promise<Answer> {
  const isRepeated = random.oneIn(12);
  if (isRepeated) await Promise.all([test.call(request), breakConnections(random.between(0, 30))]);
  return vi.waitUntil(async () => {
    const { statusCode, body } = await test.call(request);
    return statusCode < 500 && { statusCode, body, isRepeated };
  }, RECOVERY);
}

async function breakConnections(after_ms: number): Promise<void> {
  await breaker.query(`SELECT pg_sleep($1::float8 / 1000)`, [after_ms]);
  await breaker.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = 'freshbytes' AND pid <> pg_backend_pid()`);
}

describe(`${LIVES} random orders`, () => {
  it('leave everybody what the model says, at each step', {
    timeout: 120_000 + LIVES * 5_000,
  }, async () => {
    const market = await openApiMarket(test, random, send);
    const run = { test, market, random, lives: LIVES, waits: WAITS, name: `LIVES_SEED=${SEED}` };
    orders = await liveByApi(run);
  });

  it('break no invariant', async () => {
    expect(await checkAllInvariants(test.databaseUrl, test.clock.now())).toEqual([]);
  });

  it.each(EXPORT_FORMATS)(
    'come to the same in %s, account by account and seller by seller',
    { timeout: 600_000 },
    async (format) => {
      const file = join(folder, format);
      await pipeline(exportJournal(test.databaseUrl, { format }), createWriteStream(file));
      const due: Record<string, number> = {};
      for (const order of orders)
        for (const [key, centavos] of Object.entries(dueOf(order))) {
          const [account, seller] = key.split(' ');
          const party = seller ?? (account === 'WALLET_CLEARING' ? 'simulator' : null);
          const name = accountName(account as Account, party);
          due[name] = (due[name] ?? 0) + centavos;
        }
      const balances = nonZero(Object.entries(due));
      expect(await bookedBalances(test.databaseUrl)).toEqual(balances);
      const program = ACCOUNTING_PROGRAMS[format];
      if (program.isThere) expect(program.balancesOf(file)).toEqual(balances);
    },
  );

  it('leave in the wallet what the ledger holds there, and what it took days too late', async () => {
    const { rows } = await sql<{ wallet: number; booked: number }>`
      SELECT
        (SELECT sum(amount_centavos - refunded_centavos) FROM simulator_wallet WHERE status = 'PAID')::float8 AS wallet,
        (SELECT sum(debit_centavos - credit_centavos) FROM journal_lines WHERE account = 'WALLET_CLEARING')::float8 AS booked
      `.execute(test.services.db);
    const late = orders
      .filter(({ life }) => life.wallet === 'PAID' && life.payment !== 'PAID')
      .flatMap(({ life }) => life.parts.map(({ asked }) => asked))
      .reduce((sum, asked) => sum + asked, 0);
    expect(rows[0]?.wallet).toBe((rows[0]?.booked ?? 0) + late);
  });
});
