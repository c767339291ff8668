// What the journal in the database comes to, by the names that an export gives the accounts.
import { withClient } from '../../../src/db/client.ts';
import { accountName } from '../../../src/modules/ledger/export/account-names.rules.ts';
import type { ExportedAccount } from '../../../src/modules/ledger/export/formats.rules.ts';
import { type Balances, nonZero } from './programs.ts';

/** Sums of the lines, one for each account and party. */
export function bookedBalances(url: string): Promise<Balances> {
  return withClient(url, async (client) => {
    const { rows } = await client.query<ExportedAccount & { centavos: string }>(`
      SELECT account, coalesce(seller_id::text, subaccount) AS party, sum(debit_centavos - credit_centavos)::text AS centavos
      FROM journal_lines GROUP BY 1, 2`);
    return nonZero(
      rows.map(({ account, party, centavos }) => [accountName(account, party), Number(centavos)]),
    );
  });
}
