// Pure decisions about payments: how they begin, what a provider's event changes, what can be refunded.
import { plusMs } from '../../lib/time.ts';

export const PAYMENT_METHODS = ['GCASH', 'MAYA', 'COD'] as const;
export type PaymentMethod = (typeof PAYMENT_METHODS)[number];
export const PAYMENT_STATUSES = [
  'PENDING',
  'COMPLETED',
  'FAILED',
  'PARTIALLY_REFUNDED',
  'REFUNDED',
] as const;
export type PaymentStatus = (typeof PAYMENT_STATUSES)[number];

/** The wallet closes earlier than the reservation, so that a payment in the last second still finds its stock. */
export const WALLET_MARGIN_MS = 2 * 60_000;

export function walletSessionEnd(expires_at: Date): Date {
  return plusMs(expires_at, -WALLET_MARGIN_MS);
}

export type Outcome = 'PAID' | 'FAILED' | 'EXPIRED';

/**
 * What an event of the provider does to a payment, in whatever order events come: `complete` (the first success),
 * `complete_late` (a success after the order was given up: recorded, then refunded), `fail`, or nothing.
 */
export function effectOf(
  outcome: Outcome,
  status: PaymentStatus,
): 'complete' | 'complete_late' | 'fail' | 'none' {
  if (outcome === 'PAID')
    return status === 'PENDING' ? 'complete' : status === 'FAILED' ? 'complete_late' : 'none';
  return status === 'PENDING' ? 'fail' : 'none';
}

/** The status that a paid payment shows after so much of it was given back. */
export function statusAfterRefund(
  amount_centavos: number,
  refunded_centavos: number,
): PaymentStatus {
  if (refunded_centavos === 0) return 'COMPLETED';
  return refunded_centavos < amount_centavos ? 'PARTIALLY_REFUNDED' : 'REFUNDED';
}

export function isPaid(status: PaymentStatus): boolean {
  return status === 'COMPLETED' || status === 'PARTIALLY_REFUNDED' || status === 'REFUNDED';
}
