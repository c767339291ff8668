// `user create-admin`: the first admin of an installation, who can then make others.
import type { OutsideCtx } from '../../context.ts';
import { inTransaction } from '../../db/transaction.ts';
import { EXIT, type ExitCode } from '../../lib/exit.ts';
import { addUser, draftUser } from '../../modules/auth/sign-in.service.ts';
import { changeUser } from '../../modules/users/users.service.ts';
import { print } from '../output.ts';
import { readConfig } from '../settings.ts';
import { openAccountCtx } from './account-ctx.ts';
import { type AdminInput, type AdminOptions, askForAdmin } from './create-admin.questions.ts';

export async function createAdmin(options: AdminOptions): Promise<ExitCode> {
  const config = readConfig();
  const input = await askForAdmin(options);
  await using stack = new AsyncDisposableStack();
  const ctx = await openAccountCtx(stack, config);
  const user = await register(ctx, input);
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
