// The journal as text for another accounting program, in as much memory as one batch takes.
import { connectClient } from '../../../db/client.ts';
import { readInBatches } from '../../../db/read-rows.ts';
import { SELECT_ACCOUNTS, SELECT_ENTRIES } from './export.queries.ts';
import {
  EXPORT_WRITERS,
  type ExportedAccount,
  type ExportedEntry,
  type ExportFormat,
} from './formats.rules.ts';

export interface ExportedPeriod {
  /** First day in the Philippines, `2026-03-01`; from the first entry on without it. */
  readonly from?: string | undefined;
  /** Last day, included; to the last entry without it. */
  readonly to?: string | undefined;
}

/**
 * The text of all of the journal, or of a period of it, as it stands at one moment. Whoever reads decides how fast.
 * @throws as the database does; its connection ends with the reading, however that ends
 */
export async function* exportJournal(
  url: string,
  { format, from, to }: ExportedPeriod & { readonly format: ExportFormat },
): AsyncGenerator<string> {
  const writer = EXPORT_WRITERS[format];
  const client = await connectClient({
    connectionString: url,
    statement_timeout: 0,
    idle_in_transaction_session_timeout: 0,
    application_name: 'freshbytes-ledger-export',
  });
  try {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY');
    yield writer.head;
    const accounts = readInBatches<ExportedAccount & { since: string }>(client, SELECT_ACCOUNTS);
    for await (const rows of accounts)
      yield rows.map((row) => writer.account(row, row.since)).join('');
    const period = [from ?? null, to ?? null];
    const entries = readInBatches<ExportedEntry>(client, SELECT_ENTRIES, period);
    for await (const rows of entries) yield rows.map((row) => writer.entry(row)).join('');
  } finally {
    await client.end();
  }
}
