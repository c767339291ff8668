// `ledger export`: writes the journal to standard output in the form of another accounting program.
import { pipeline } from 'node:stream/promises';
import { recover } from '../../lib/errors.ts';
import { CliError, EXIT, type ExitCode } from '../../lib/exit.ts';
import { type ExportedPeriod, exportJournal } from '../../modules/ledger/export/export.service.ts';
import type { ExportFormat } from '../../modules/ledger/export/formats.rules.ts';
import { findMigratedDatabase, readConfig } from '../settings.ts';

export interface LedgerExportOptions extends ExportedPeriod {
  readonly format: ExportFormat;
}

export async function exportLedger(options: LedgerExportOptions): Promise<ExitCode> {
  const { from, to } = options;
  if (from !== undefined && to !== undefined && from > to)
    throw new CliError('--from is after --to.', EXIT.usage);
  const config = readConfig();
  await using stack = new AsyncDisposableStack();
  const { url } = await findMigratedDatabase(stack, config);
  // EPIPE: the reader has seen enough, as `head` has.
  await pipeline(exportJournal(url, options), process.stdout, { end: false }).catch(
    recover(undefined, 'EPIPE'),
  );
  return EXIT.done;
}
