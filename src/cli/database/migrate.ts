// `migrate`: brings the database up to this checkout; in production the step of a deployment that comes first.

import { EXIT, type ExitCode } from '../../lib/exit.ts';
import { prepareDatabase } from '../../process/prepare.ts';
import { print } from '../output.ts';
import { findDatabase, readConfig } from '../settings.ts';
import { grantTo } from './grant-runtime-role.ts';

export async function migrate(): Promise<ExitCode> {
  const config = readConfig();
  await using stack = new AsyncDisposableStack();
  const { url } = await findDatabase(stack, config);
  const applied = await prepareDatabase(url);
  for (const name of applied) print(`applied ${name}`);
  if (applied.length === 0) print('nothing to apply: the database is up to date');
  const roles = await grantTo(url, config.DATABASE_RUNTIME_ROLE);
  for (const role of roles) print(`${role} may run serve and worker`);
  if (roles.length === 0 && config.isProduction)
    print(
      'only the owner of the tables may use them: name the role that serves in DATABASE_RUNTIME_ROLE',
    );
  return EXIT.done;
}
