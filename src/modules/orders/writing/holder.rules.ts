// Who takes a customer's money, and who gives it back.
import { BANK, type Holder, UNCOLLECTED_CASH, walletOf } from '../../ledger/accounts.rules.ts';
import type { SellerOrderRow } from './orders.queries.ts';

type Taken = Pick<SellerOrderRow, 'seller_id' | 'cash_collector'>;

/** Who has the cash that was paid for a seller order. What a seller keeps is off what the platform owes them. */
export function cashHolderOf({ cash_collector, seller_id }: Taken): Holder {
  return cash_collector === 'SELLER' ? { account: 'SELLER_PAYABLE', seller_id } : UNCOLLECTED_CASH;
}

/**
 * Whose money a refund is paid with. Sellers give back what they took. What a rider took is handed in whole: there the
 * platform gives cash back.
 */
export function payerOf(sellerOrder: Taken, payment: { readonly provider: string }): Holder {
  if (sellerOrder.cash_collector === null) return walletOf(payment.provider);
  return sellerOrder.cash_collector === 'SELLER' ? cashHolderOf(sellerOrder) : BANK;
}
