// `retention`: takes out of the audit log what is older than AUDIT_RETENTION_MONTHS. Run as the owner of the tables.
import { systemCtx } from '../../context.ts';
import { LOCK_NOT_AVAILABLE, sqlState } from '../../db/transaction.ts';
import { CliError, EXIT, type ExitCode } from '../../lib/exit.ts';
import { newId } from '../../lib/ids.ts';
import {
  type DetachedPartition,
  detachOldPartitions,
} from '../../modules/audit/retention/retention.service.ts';
import { formatHead } from '../../modules/audit/seals/seals.service.ts';
import { openServices } from '../../process/services.ts';
import { print, printError } from '../output.ts';
import { findMigratedDatabase, openLog, readConfig } from '../settings.ts';

export async function retain(): Promise<ExitCode> {
  const config = readConfig();
  const months = config.AUDIT_RETENTION_MONTHS;
  if (months === undefined) {
    print('AUDIT_RETENTION_MONTHS is not set: the audit log is kept for ever');
    return EXIT.done;
  }
  await using stack = new AsyncDisposableStack();
  const { url } = await findMigratedDatabase(stack, config);
  const { services } = await openServices(stack, { config, url, log: openLog(config) });
  const { detached, refused } = await detachOldPartitions(
    systemCtx(services, newId()),
    months,
  ).catch(explain);
  for (const partition of detached) for (const line of reportOf(partition)) print(line);
  if (refused !== undefined) {
    const { partition, reasons } = refused;
    for (const reason of reasons) printError(`${partition.entries} stays in the log: ${reason}`);
    return EXIT.failed;
  }
  if (detached.length === 0) print(`nothing of the audit log is older than ${months} months`);
  return EXIT.done;
}

function reportOf({ entries, seals, count, span }: DetachedPartition): string[] {
  const where = `archive.${entries} and archive.${seals}`;
  if (span === undefined) return [`detached ${where}: no entries`];
  return [
    `detached ${where}: ${count.toLocaleString('en')} entries; head before them ${formatHead(span.before)}, after them ${formatHead(span.after)}`,
  ];
}

function explain(error: unknown): never {
  if (sqlState(error) !== LOCK_NOT_AVAILABLE) throw error;
  throw new CliError('The audit log is in use for long, by a dump perhaps. Run this again later.');
}
