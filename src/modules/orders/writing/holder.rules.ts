// Who takes a customer's money, and who gives it back.
import { BANK, type Holder, UNCOLLECTED_CASH, walletOf } from '../../ledger/accounts.rules.ts';
import type { PaymentRow } from '../../payments/payments.service.ts';

/** Who has the money once it is paid: the wallet's provider, or the rider who delivers. */
export function receiverOf(payment: Pick<PaymentRow, 'payment_method' | 'provider'>): Holder {
  return payment.payment_method === 'COD' ? UNCOLLECTED_CASH : walletOf(payment.provider);
}

/** Whose money a refund is paid with. What a rider took is handed in whole; the platform gives cash back. */
export function payerOf(payment: Pick<PaymentRow, 'payment_method' | 'provider'>): Holder {
  return payment.payment_method === 'COD' ? BANK : walletOf(payment.provider);
}
