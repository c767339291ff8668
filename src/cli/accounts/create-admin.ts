// `user create-admin`: the first admin of an installation, who can then make others.
import { type OutsideCtx, systemCtx } from '../../context.ts';
import { inTransaction } from '../../db/transaction.ts';
import { EXIT, type ExitCode } from '../../lib/exit.ts';
import { newId } from '../../lib/ids.ts';
import { addUser, draftUser } from '../../modules/auth/sign-in.service.ts';
import { changeUser } from '../../modules/users/users.service.ts';
import { openServices } from '../../process/services.ts';
import { bringUpToDate } from '../database/prepare.ts';
import { print } from '../output.ts';
import { findDatabase, openLog, readConfig } from '../settings.ts';
import { type AdminInput, type AdminOptions, askForAdmin } from './create-admin.questions.ts';

export async function createAdmin(options: AdminOptions): Promise<ExitCode> {
  const config = readConfig();
  const input = await askForAdmin(options);
  await using stack = new AsyncDisposableStack();
  const database = await findDatabase(stack, config);
  await bringUpToDate(config, database);
  const { services } = await openServices(stack, {
    config,
    url: database.url,
    log: openLog(config),
  });
  const user = await register(systemCtx(services, newId()), input);
  print(`created the admin ${user.user_email} (${user.id})`);
  return EXIT.done;
}

/** Together, or not at all: a customer left behind would hold the address. */
async function register(ctx: OutsideCtx, input: AdminInput) {
  const draft = await draftUser(ctx, input);
  return inTransaction(ctx, async (ctx) => {
    const { id } = await addUser(ctx, draft);
    return changeUser(ctx, id, { role: 'admin' });
  });
}
