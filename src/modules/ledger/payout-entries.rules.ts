// Journal entries of payouts: taken from the seller's balance, paid, or back in it.
import { BANK, type Holder } from './accounts.rules.ts';
import type { JournalEntry } from './ledger.rules.ts';

export interface BookedPayout {
  readonly id: string;
  readonly seller_id: string;
  readonly amount_centavos: number;
}

const payable = ({ seller_id }: BookedPayout): Holder => ({ account: 'SELLER_PAYABLE', seller_id });
const clearing = ({ seller_id }: BookedPayout): Holder => ({
  account: 'PAYOUT_CLEARING',
  seller_id,
});

function moved(
  payout: BookedPayout,
  of: {
    readonly kind: JournalEntry['kind'];
    readonly event: string;
    readonly from: Holder;
    readonly to: Holder;
  },
): JournalEntry {
  const { id, amount_centavos } = payout;
  return {
    kind: of.kind,
    key: `payout:${id}:${of.event}`,
    payout_id: id,
    lines: [
      { ...of.from, debit_centavos: amount_centavos },
      { ...of.to, credit_centavos: amount_centavos },
    ],
  };
}

/** On its way: no longer the seller's to be paid. */
export function payoutStarted(payout: BookedPayout): JournalEntry {
  const [from, to] = [payable(payout), clearing(payout)];
  return moved(payout, { kind: 'PAYOUT_STARTED', event: 'started', from, to });
}

export function payoutPaid(payout: BookedPayout): JournalEntry {
  return moved(payout, { kind: 'PAYOUT_PAID', event: 'paid', from: clearing(payout), to: BANK });
}

/** The seller's again; `wasPaid` where the bank had carried it out, and the money came back. */
export function payoutReturned(payout: BookedPayout, wasPaid: boolean): JournalEntry {
  const from = wasPaid ? BANK : clearing(payout);
  return moved(payout, { kind: 'PAYOUT_RETURNED', event: 'returned', from, to: payable(payout) });
}
