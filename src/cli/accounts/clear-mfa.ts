// `user clear-mfa`: helps somebody who lost their second factor where no admin can, the last admin among them.
import { systemCtx } from '../../context.ts';
import { CliError, EXIT, type ExitCode } from '../../lib/exit.ts';
import { newId } from '../../lib/ids.ts';
import { clearFactor } from '../../modules/auth/mfa/mfa.service.ts';
import { findUserByEmail } from '../../modules/users/users.queries.ts';
import { openServices } from '../../process/services.ts';
import { bringUpToDate } from '../database/prepare.ts';
import { print } from '../output.ts';
import { findDatabase, openLog, readConfig } from '../settings.ts';

export async function clearMfa(address: string): Promise<ExitCode> {
  const config = readConfig();
  await using stack = new AsyncDisposableStack();
  const database = await findDatabase(stack, config);
  await bringUpToDate(config, database);
  const { services } = await openServices(stack, {
    config,
    url: database.url,
    log: openLog(config),
  });
  const user = await findUserByEmail(services.db, address);
  if (user === undefined) throw new CliError(`No user has the address ${address}.`, EXIT.usage);
  await clearFactor(systemCtx(services, newId()), user.id);
  print(`cleared the second factor of ${user.user_email} (${user.id})`);
  return EXIT.done;
}
