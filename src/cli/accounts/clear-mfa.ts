// `user clear-mfa`: helps somebody who lost their second factor where no admin can, the last admin among them.
import { CliError, EXIT, type ExitCode } from '../../lib/exit.ts';
import { clearFactor } from '../../modules/auth/mfa/mfa.service.ts';
import { findUserByEmail } from '../../modules/users/users.queries.ts';
import { print } from '../output.ts';
import { readConfig } from '../settings.ts';
import { openAccountCtx } from './account-ctx.ts';

export async function clearMfa(address: string): Promise<ExitCode> {
  const config = readConfig();
  await using stack = new AsyncDisposableStack();
  const ctx = await openAccountCtx(stack, config);
  const user = await findUserByEmail(ctx.db, address);
  if (user === undefined) throw new CliError(`No user has the address ${address}.`, EXIT.usage);
  await clearFactor(ctx, user.id);
  print(`cleared the second factor of ${user.user_email} (${user.id})`);
  return EXIT.done;
}
