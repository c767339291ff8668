// `reencrypt`: a step of rotating APP_SECRET, after which its old value is no longer needed to open second factors and account numbers.
import { openDatabase } from '../../db/database.ts';
import type { Reencryption } from '../../db/reencrypt.ts';
import { EXIT, type ExitCode } from '../../lib/exit.ts';
import { reencryptSecondFactors } from '../../modules/auth/mfa/reencryption.service.ts';
import { reencryptAccountNumbers } from '../../modules/payouts/destinations/reencryption.service.ts';
import { loadTokens } from '../../tokens/tokens.ts';
import { print, printError } from '../output.ts';
import { findMigratedDatabase, readConfig } from '../settings.ts';

/** More than these are counted, but not named. */
const MAX_NAMED_LOST = 20;

export async function reencrypt(): Promise<ExitCode> {
  const config = readConfig();
  const tokens = await loadTokens(config);
  await using stack = new AsyncDisposableStack();
  const { url } = await findMigratedDatabase(stack, config);
  const { db } = openDatabase({ url, poolSize: 1, onError: () => {} });
  stack.defer(() => db.destroy());
  const factors = await reencryptSecondFactors(db, tokens);
  print(
    `${factors.renewed} of ${factors.checked} second factors encrypted anew with the first secret`,
  );
  nameLost(factors, { what: 'the second factor of user', others: 'users' });
  const numbers = await reencryptAccountNumbers(db, tokens);
  if (numbers.checked > 0)
    print(
      `${numbers.renewed} of ${numbers.checked} account numbers encrypted anew with the first secret`,
    );
  nameLost(numbers, { what: 'the account number of seller', others: 'sellers' });
  return factors.lost.length + numbers.lost.length === 0 ? EXIT.done : EXIT.failed;
}

function nameLost(
  { lost }: Reencryption,
  { what, others }: { what: string; others: string },
): void {
  for (const id of lost.slice(0, MAX_NAMED_LOST))
    printError(`no secret of APP_SECRET opens ${what} ${id}`);
  const unnamed = lost.length - MAX_NAMED_LOST;
  if (unnamed > 0) printError(`nor those of ${unnamed} more ${others}`);
}
