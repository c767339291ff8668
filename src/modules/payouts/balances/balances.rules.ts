// What of a seller's balance is pending, available, or owed to the platform.

/** As the ledger has it, in centavos. */
export interface LedgerBalance {
  /** What the platform owes the seller; below zero, what the seller owes. */
  readonly payable_centavos: number;
  readonly in_payout_centavos: number;
  /** Of the first, what deliveries earned whose customers may still complain. */
  readonly pending_centavos: number;
}

export interface SellerBalance {
  readonly pending_centavos: number;
  readonly available_centavos: number;
  readonly in_payout_centavos: number;
  /** What refunds, commission on cash and the like took beyond what was there: netted from what comes next. */
  readonly owed_centavos: number;
}

/** `pending + available - owed` is what is payable. */
export function balanceOf(ledger: LedgerBalance): SellerBalance {
  const { payable_centavos, in_payout_centavos, pending_centavos } = ledger;
  const settled_centavos = payable_centavos - pending_centavos;
  return {
    pending_centavos,
    available_centavos: Math.max(settled_centavos, 0),
    in_payout_centavos,
    owed_centavos: Math.max(-settled_centavos, 0),
  };
}
