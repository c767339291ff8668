// `check-invariants`: checks the invariants in this database. Prints violations and nothing else.
import { checkInvariants } from '../../db/invariants/check.ts';
import { EXIT, type ExitCode } from '../../lib/exit.ts';
import { allInvariants } from '../../process/all-invariants.ts';
import { print } from '../output.ts';
import { findMigratedDatabase, readConfig } from '../settings.ts';

export async function check(): Promise<ExitCode> {
  const config = readConfig();
  await using stack = new AsyncDisposableStack();
  const { url } = await findMigratedDatabase(stack, config);
  const violations = await checkInvariants(url, allInvariants);
  for (const { invariant, detail } of violations) print(`${invariant}: ${detail}`);
  return violations.length === 0 ? EXIT.done : EXIT.failed;
}
