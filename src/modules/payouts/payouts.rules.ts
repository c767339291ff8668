// How a payout goes out and how it ends.

export const PAYOUT_STATUSES = [
  'DRAFT',
  'STARTED',
  'PAID',
  'RETURNED',
  'FAILED',
  'SKIPPED',
] as const;
export type PayoutStatus = (typeof PAYOUT_STATUSES)[number];
export const PAYOUT_OUTCOMES = ['PAID', 'RETURNED', 'FAILED'] as const;
export type PayoutOutcome = (typeof PAYOUT_OUTCOMES)[number];
export const RAILS = ['INSTAPAY', 'PESONET'] as const;
export type Rail = (typeof RAILS)[number];

/** More than this takes PESONet, which settles in batches. */
const INSTAPAY_MAX_CENTAVOS = 5_000_000;

export function railFor(amount_centavos: number): Rail {
  return amount_centavos <= INSTAPAY_MAX_CENTAVOS ? 'INSTAPAY' : 'PESONET';
}

/** From the bank's word: what was sent ends once, and what was paid may still come back days later. */
export function canEnd(from: PayoutStatus, to: PayoutOutcome): boolean {
  return from === 'STARTED' || (from === 'PAID' && to === 'RETURNED');
}

/** Why a payout of an approved run is not sent; undefined where it is. */
export function reasonToSkip(
  payout: { readonly amount_centavos: number; readonly created_at: Date },
  now: {
    readonly available_centavos: number;
    readonly account_changed_at: Date;
    readonly isVerified: boolean;
  },
): string | undefined {
  if (!now.isVerified) return 'SELLER_NOT_VERIFIED';
  if (now.account_changed_at > payout.created_at) return 'DESTINATION_CHANGED';
  if (now.available_centavos < payout.amount_centavos) return 'BALANCE_CHANGED';
  return undefined;
}
