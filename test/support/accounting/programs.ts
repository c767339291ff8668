// hledger and beancount, as Debian installs them: they know nothing of us, and add an exported journal up.
import { spawnSync } from 'node:child_process';
import { parseMoney } from '../../../src/lib/money.ts';
import type { ExportFormat } from '../../../src/modules/ledger/export/formats.rules.ts';

/** Centavos by name of account, debits positive; what comes to nothing is left out. */
export type Balances = Readonly<Record<string, number>>;

interface AccountingProgram {
  /** Tests that need it are skipped without it, unless it is said that they must run. */
  readonly isThere: boolean;
  /** @throws Error with what it finds wrong with the file */
  readonly balancesOf: (file: string) => Balances;
}

const isThere = (program: string, setting: string) =>
  spawnSync(program, ['--version']).status === 0 || process.env[setting] === '1';

export const ACCOUNTING_PROGRAMS: Readonly<Record<ExportFormat, AccountingProgram>> = {
  hledger: {
    isThere: isThere('hledger', 'REQUIRE_HLEDGER'),
    balancesOf: (file) => {
      // Strict: every account is declared, and every transaction balanced.
      run('hledger', ['--strict', '--file', file, 'check', 'ordereddates']);
      const args = ['balance', '--flat', '--no-total', '--output-format', 'csv'];
      return balancesIn(run('hledger', ['--file', file, ...args]));
    },
  },
  beancount: {
    isThere: isThere('bean-query', 'REQUIRE_BEANCOUNT'),
    balancesOf: (file) => {
      run('bean-check', ['--no-cache', file]);
      const query = 'SELECT account, sum(number) AS balance GROUP BY account';
      return balancesIn(run('bean-query', ['--format', 'csv', file, query]));
    },
  },
};

function run(program: string, args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
  });
  if (error) throw error;
  if (status !== 0) throw new Error(`${program} ended with ${status}:\n${stdout}${stderr}`);
  return stdout;
}

/** Rows of account and amount, below a line of titles. */
function balancesIn(csv: string): Balances {
  const [, ...rows] = csv.trim().split(/\r?\n/);
  return nonZero(
    rows.map((row) => {
      const [account = '', amount = ''] = row.replaceAll('"', '').split(',');
      return [account.trim(), parseMoney(amount.replace('PHP', '').trim())];
    }),
  );
}

export function nonZero(balances: readonly (readonly [string, number])[]): Balances {
  return Object.fromEntries(balances.filter(([, centavos]) => centavos !== 0));
}
