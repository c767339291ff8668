// Journal entries as hledger and beancount read them: text, one entry after the other, amounts in pesos.
import { formatMoney } from '../../../lib/money.ts';
import { ACCOUNTS, type Account } from '../accounts.rules.ts';
import { accountName } from './account-names.rules.ts';

export const EXPORT_FORMATS = ['hledger', 'beancount'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** An account, or somebody's part of it. */
export interface ExportedAccount {
  readonly account: Account;
  /** Whose part; null where it has no parts. */
  readonly party: string | null;
}

export interface ExportedLine extends ExportedAccount {
  /** Debit less credit. */
  readonly centavos: number;
}

export interface ExportedEntry {
  readonly id: string;
  readonly kind: string;
  /** The calendar day in the Philippines, `2026-03-02`. */
  readonly date: string;
  /** ISO 8601 in UTC. */
  readonly time: string;
  readonly order_number: string | null;
  readonly seller_order_id: string | null;
  readonly lines: readonly ExportedLine[];
}

interface Writer {
  /** What the file begins with. */
  readonly head: string;
  /** @param since the day from which the account is used */
  readonly account: (account: ExportedAccount, since: string) => string;
  readonly entry: (entry: ExportedEntry) => string;
}

const HLEDGER_TYPES = { ASSET: 'A', LIABILITY: 'L', REVENUE: 'R', EXPENSE: 'X' };

export const EXPORT_WRITERS: Readonly<Record<ExportFormat, Writer>> = {
  hledger: {
    head: 'decimal-mark .\ncommodity 1000.00 PHP\n\n',
    account: ({ account, party }) =>
      `account ${accountName(account, party)}  ; type: ${HLEDGER_TYPES[ACCOUNTS[account].type]}\n`,
    entry: (entry) => {
      const { date, kind, order_number } = entry;
      const code = order_number === null ? '' : `(${order_number}) `;
      const tags = factsOf(entry).map(([name, value]) => `    ; ${name}: ${value}\n`);
      return `\n${date} * ${code}${kind}\n${tags.join('')}${postings(entry)}`;
    },
  },
  beancount: {
    head: 'option "operating_currency" "PHP"\n\n',
    account: ({ account, party }, since) => `${since} open ${accountName(account, party)} PHP\n`,
    entry: (entry) => {
      const { date, kind, order_number } = entry;
      const payee = order_number === null ? '' : `"${order_number}" `;
      const metadata = factsOf(entry).map(([name, value]) => `  ${name}: "${value}"\n`);
      return `\n${date} * ${payee}"${kind}"\n${metadata.join('')}${postings(entry)}`;
    },
  },
};

/** What is said of an entry beside its title. */
function factsOf({ id, kind, time, order_number, seller_order_id }: ExportedEntry) {
  const facts = { entry: id, kind, time, order: order_number, seller_order: seller_order_id };
  return Object.entries(facts).filter(([, value]) => value !== null);
}

function postings({ lines }: ExportedEntry): string {
  return lines
    .map(
      ({ account, party, centavos }) =>
        `    ${accountName(account, party)}  ${formatMoney(centavos)} PHP\n`,
    )
    .join('');
}
