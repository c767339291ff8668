// The chart of accounts: what each holds, which side it grows on, and by which party it is kept.

type AccountType = 'ASSET' | 'LIABILITY' | 'REVENUE' | 'EXPENSE';

interface AccountFacts {
  /** Assets and expenses grow by debits, liabilities and revenue by credits. */
  readonly type: AccountType;
  /** Which column of a line names the party, where the account is kept by party. */
  readonly by?: 'seller_id' | 'subaccount';
}

export const ACCOUNTS = {
  /** What customers owe; below zero, what they are owed. */
  CUSTOMER_RECEIVABLE: { type: 'ASSET' },
  /** Money at a provider: its name. */
  WALLET_CLEARING: { type: 'ASSET', by: 'subaccount' },
  /** Customers' cash with riders: the cash session, or none while it is not collected. */
  RIDER_CASH: { type: 'ASSET', by: 'subaccount' },
  /** The platform's own bank account. */
  BANK: { type: 'ASSET' },
  /** Ordered, not yet delivered. */
  ORDER_LIABILITY: { type: 'LIABILITY', by: 'seller_id' },
  /** What sellers have earned and not been paid; below zero, what they owe. */
  SELLER_PAYABLE: { type: 'LIABILITY', by: 'seller_id' },
  /** Taken from a seller's balance, on its way to their bank. */
  PAYOUT_CLEARING: { type: 'LIABILITY', by: 'seller_id' },
  /** What customers are to be given back. */
  REFUND_PAYABLE: { type: 'LIABILITY' },
  WITHHOLDING_TAX_PAYABLE: { type: 'LIABILITY', by: 'seller_id' },
  COMMISSION_REVENUE: { type: 'REVENUE' },
  /** What a provider keeps: its name. */
  PROVIDER_FEES: { type: 'EXPENSE', by: 'subaccount' },
  /** Price reductions that the platform pays for. */
  PROMO_EXPENSE: { type: 'EXPENSE' },
  /** Refunds that the platform bears. */
  GOODWILL_EXPENSE: { type: 'EXPENSE' },
  /** Cash that was handed in short; below zero, over. */
  CASH_DIFFERENCE: { type: 'EXPENSE' },
} as const satisfies Readonly<Record<string, AccountFacts>>;

export type Account = keyof typeof ACCOUNTS;

/** Where money is: an account, and the party by which it is kept. */
export interface Holder {
  readonly account: Account;
  readonly seller_id?: string;
  /** A provider's name, or the id of a cash session. */
  readonly subaccount?: string;
}

export function walletOf(provider: string): Holder {
  return { account: 'WALLET_CLEARING', subaccount: provider };
}

/** Cash that no session has collected yet. */
export const UNCOLLECTED_CASH: Holder = { account: 'RIDER_CASH' };

export const BANK: Holder = { account: 'BANK' };
