// Our accounts under the names that plain text accounting programs want: a root that says the type, then the account, and
// below it whose it is.
import { ACCOUNTS, type Account } from '../accounts.rules.ts';

/** The names from which both programs tell types. */
const ROOTS = {
  ASSET: 'Assets',
  LIABILITY: 'Liabilities',
  REVENUE: 'Income',
  EXPENSE: 'Expenses',
} as const;

/** @param party whose part of the account it is: a seller's id, a provider's name; null where it has no parts */
export function accountName(account: Account, party: string | null): string {
  const words = account.toLowerCase().split('_').map(capitalised).join('');
  const name = `${ROOTS[ACCOUNTS[account].type]}:${words}`;
  // Beancount takes letters, digits and hyphens, and first a capital or a digit.
  return party === null ? name : `${name}:${capitalised(party.replaceAll(/[^A-Za-z0-9-]/g, '-'))}`;
}

function capitalised(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}
