// `reencrypt`: a step of rotating APP_SECRET, after which its old value is no longer needed to open second factors and account numbers.
import { openDatabase } from '../../db/database.ts';
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
  const { checked, renewed, lost } = await reencryptSecondFactors(db, tokens);
  print(`${renewed} of ${checked} second factors encrypted anew with the first secret`);
  for (const user_id of lost.slice(0, MAX_NAMED_LOST))
    printError(`no secret of APP_SECRET opens the second factor of user ${user_id}`);
  const unnamed = lost.length - MAX_NAMED_LOST;
  if (unnamed > 0) printError(`nor those of ${unnamed} more users`);
  const numbers = await reencryptAccountNumbers(db, tokens);
  if (numbers.checked > 0)
    print(
      `${numbers.renewed} of ${numbers.checked} account numbers encrypted anew with the first secret`,
    );
  for (const seller_id of numbers.lost.slice(0, MAX_NAMED_LOST))
    printError(`no secret of APP_SECRET opens the account number of seller ${seller_id}`);
  return lost.length + numbers.lost.length === 0 ? EXIT.done : EXIT.failed;
}
