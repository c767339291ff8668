// Restores a whole cluster from pgBackRest's repositories to a moment, or to the last change that they have.
import { readdir } from 'node:fs/promises';
import type { Config } from '../config.ts';
import { CliError, EXIT } from '../lib/exit.ts';
import {
  lastArchived,
  listClusterBackups,
  openStanza,
  runPgbackrest,
  type Stanza,
} from './pgbackrest.ts';
import type { RestoreOrder } from './restore.dump.ts';
import { targetOf } from './rules.ts';

/** Lays the cluster's files out; PostgreSQL replays the changes when it is started. @returns its folder */
export async function restoreCluster(
  config: Config,
  { to, replace, printProgress }: RestoreOrder,
): Promise<string> {
  const stanza = await openStanza(config);
  const isEmpty = (await readdir(stanza.dataDir)).length === 0;
  if (!isEmpty && replace !== stanza.name) {
    throw new CliError(
      `${stanza.dataDir} holds a cluster. To restore over it, with PostgreSQL stopped: --replace ${stanza.name}.`,
      EXIT.usage,
    );
  }
  if (to !== undefined) await requireInRange(stanza, to);
  printProgress(`Restoring into ${stanza.dataDir}`);
  await runPgbackrest(stanza, 'restore', [
    ...(isEmpty ? [] : ['--delta']),
    ...(to === undefined
      ? ['--type=default']
      : ['--type=time', `--target=${targetOf(to)}`, '--target-action=promote']),
  ]);
  return stanza.dataDir;
}

/** pgBackRest itself takes the newest backup where none is old enough, and PostgreSQL then stops in mid-recovery. */
async function requireInRange(stanza: Stanza, to: Date): Promise<void> {
  const oldest = (await listClusterBackups(stanza)).at(-1)?.moment;
  if (oldest === undefined) throw new CliError('The repositories hold no backup of this cluster.');
  const newest = (await lastArchived(stanza)) ?? oldest;
  if (to >= oldest && to <= newest) return;
  throw new CliError(
    `The repositories cannot restore that moment. Possible: from ${oldest.toISOString()} to ${newest.toISOString()}; without --to, up to the last change that they have.`,
    EXIT.usage,
  );
}
