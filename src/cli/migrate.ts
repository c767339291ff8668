// `migrate`: brings the database up to this checkout; in production the step of a deployment that comes first.
import { prepareDatabase } from '../prepare.ts';
import { EXIT, type ExitCode } from './exit.ts';
import { print } from './output.ts';
import { findDatabase, readConfig } from './settings.ts';

export async function migrate(): Promise<ExitCode> {
  const config = readConfig();
  await using stack = new AsyncDisposableStack();
  const { url } = await findDatabase(stack, config);
  const applied = await prepareDatabase(url);
  for (const name of applied) print(`applied ${name}`);
  if (applied.length === 0) print('nothing to apply: the database is up to date');
  return EXIT.done;
}
