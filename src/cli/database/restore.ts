// `restore`: the database as it was at a moment, from the backups that `backup` took.

import { restoreDump } from '../../backup/restore.dump.ts';
import { restoreCluster } from '../../backup/restore.pgbackrest.ts';
import { parseMoment } from '../../backup/rules.ts';
import { CliError, EXIT, type ExitCode } from '../../lib/exit.ts';
import { allInvariants } from '../../process/all-invariants.ts';
import { print, printProgress } from '../output.ts';
import { findDatabase, readConfig } from '../settings.ts';
import { report } from './backup.ts';

export interface RestoreOptions {
  /** RFC 3339 with an offset; absent: all there is. */
  readonly to?: string;
  readonly replace?: string;
}

export async function restore({ to: text, replace }: RestoreOptions): Promise<ExitCode> {
  const to = readMoment(text);
  const config = readConfig();
  const order = { to, replace, invariants: allInvariants, printProgress };
  if (config.BACKUP_METHOD === 'pgbackrest') {
    const dataDir = await restoreCluster(config, order);
    print(`restored the files of ${dataDir}`);
    print('now start PostgreSQL, wait until it takes writes, and run: freshbytes check-invariants');
    return EXIT.done;
  }
  await using stack = new AsyncDisposableStack();
  const { url } = await findDatabase(stack, config);
  const restored = await restoreDump(config, url, order);
  print(`restored ${restored.database} as of ${restored.dump.moment.toISOString()}`);
  if (restored.replaced !== undefined)
    print(
      `what was there before is now the database ${restored.replaced}; drop it when it is not needed`,
    );
  return report(restored.dump.path, restored) ? EXIT.done : EXIT.failed;
}

function readMoment(text: string | undefined): Date | undefined {
  if (text === undefined) return undefined;
  const moment = parseMoment(text);
  if (moment === undefined)
    throw new CliError(
      '--to takes a moment with its offset, such as 2026-03-01T08:00:00+08:00.',
      EXIT.usage,
    );
  if (moment.getTime() <= Date.now()) return moment;
  throw new CliError('--to lies in the future. For the newest state, leave it out.', EXIT.usage);
}
