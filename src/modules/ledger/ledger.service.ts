// The journal: entries as rows, for callers that insert them in the transaction of the change.
import type { Ctx } from '../../context.ts';
import type { RowsByTable } from '../../db/insert-together.ts';
import { newId } from '../../lib/ids.ts';
import type { JournalEntry } from './ledger.rules.ts';

/** Rows of these entries; entries and lines of nothing are left out. */
export function journalRows(
  ctx: Ctx,
  entries: readonly JournalEntry[],
): Required<Pick<RowsByTable, 'journal_entries' | 'journal_lines'>> {
  const created_at = ctx.clock.now();
  const booked = entries
    .map((entry) => ({
      ...entry,
      id: newId(),
      lines: entry.lines.filter((line) => line.debit_centavos || line.credit_centavos),
    }))
    .filter((entry) => entry.lines.length > 0);
  return {
    journal_entries: booked.map(({ id, kind, key, ...about }) => ({
      id,
      kind,
      key: key ?? null,
      order_id: about.order_id ?? null,
      seller_order_id: about.seller_order_id ?? null,
      payout_id: about.payout_id ?? null,
      created_at,
    })),
    journal_lines: booked.flatMap(({ id, lines }) =>
      lines.map((line, i) => ({
        entry_id: id,
        line_number: i + 1,
        account: line.account,
        seller_id: line.seller_id ?? null,
        subaccount: line.subaccount ?? null,
        created_at,
        debit_centavos: line.debit_centavos ?? 0,
        credit_centavos: line.credit_centavos ?? 0,
      })),
    ),
  };
}
