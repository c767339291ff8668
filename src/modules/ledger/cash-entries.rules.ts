// Journal entries of riders' cash: collected into a session, and handed in when the session is counted.
import type { Holder } from './accounts.rules.ts';
import { BANK, UNCOLLECTED_CASH } from './accounts.rules.ts';
import type { JournalEntry, JournalLine } from './ledger.rules.ts';

export interface CollectedOrder {
  readonly id: string;
  readonly order_id: string;
  readonly due_centavos: number;
}

function sessionCash(session_id: string): Holder {
  return { account: 'RIDER_CASH', subaccount: session_id };
}

/** The session holds what the customer of this seller order paid. */
export function cashCollected(session_id: string, sellerOrder: CollectedOrder): JournalEntry {
  const { id, order_id, due_centavos } = sellerOrder;
  return {
    kind: 'CASH_COLLECTED',
    key: `seller_order:${id}:collected`,
    order_id,
    seller_order_id: id,
    lines: [
      { ...sessionCash(session_id), debit_centavos: due_centavos },
      { ...UNCOLLECTED_CASH, credit_centavos: due_centavos },
    ],
  };
}

/** The session is counted: it holds nothing any more, and what is missing or too much is a difference. */
export function cashHandedIn(
  session_id: string,
  count: { readonly expected_centavos: number; readonly counted_centavos: number },
): JournalEntry {
  const { expected_centavos, counted_centavos } = count;
  return {
    kind: 'CASH_HANDED_IN',
    key: `cash_session:${session_id}:closed`,
    lines: [
      { ...BANK, debit_centavos: counted_centavos },
      difference(expected_centavos - counted_centavos),
      { ...sessionCash(session_id), credit_centavos: expected_centavos },
    ],
  };
}

function difference(missing_centavos: number): JournalLine {
  const account = 'CASH_DIFFERENCE';
  return missing_centavos > 0
    ? { account, debit_centavos: missing_centavos }
    : { account, credit_centavos: -missing_centavos };
}
