// `retry-dead-letters`: has the jobs that failed for the last time tried again, once their cause is gone.
import { openDatabase } from '../../db/database.ts';
import { retryDeadLetters } from '../../jobs/queues/dead-letters.ts';
import { CliError, EXIT, type ExitCode } from '../../lib/exit.ts';
import { print } from '../output.ts';
import { findMigratedDatabase, openLog, readConfig } from '../settings.ts';

export async function retry(queue: string): Promise<ExitCode> {
  const config = readConfig();
  await using stack = new AsyncDisposableStack();
  const { url } = await findMigratedDatabase(stack, config);
  const { pool } = openDatabase({ url, poolSize: 1, onError: () => {} });
  stack.defer(() => pool.end());
  const moved = await retryDeadLetters(pool, openLog(config), queue);
  if (moved === undefined) throw new CliError(`There is no queue ${queue}.`, EXIT.usage);
  print(`${moved} jobs of ${queue} will be tried again`);
  return EXIT.done;
}
