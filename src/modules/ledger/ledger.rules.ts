// The books: which accounts each deed touches. Debits equal credits in every entry.
import { portion } from '../../lib/money.ts';

export type Account =
  | 'BUYER_RECEIVABLE' // what buyers owe us; below zero: what we owe them
  | 'ORDER_LIABILITY' // ordered, not yet delivered
  | 'WALLET_CLEARING' // money at the wallet provider
  | 'COD_CLEARING' // cash collected on delivery
  | 'SELLER_PAYABLE' // what we owe sellers
  | 'COMMISSION_REVENUE'; // what we earned

export type EntryKind =
  | 'ORDER_PLACED'
  | 'ORDER_CANCELLED'
  | 'PAYMENT_RECEIVED'
  | 'PART_DELIVERED'
  | 'REFUND';
export type MoneyAccount = Extract<Account, 'WALLET_CLEARING' | 'COD_CLEARING'>;

export interface Line {
  readonly account: Account;
  readonly seller_id?: string;
  readonly debit_centavos?: number;
  readonly credit_centavos?: number;
}

export interface Entry {
  readonly kind: EntryKind;
  readonly order_id: string;
  readonly seller_order_id?: string;
  readonly lines: readonly Line[];
}

/** The part of an order that an entry is about. */
export interface PartOfBooks {
  readonly order_id: string;
  readonly id: string;
  readonly seller_id: string;
  readonly commission_bps: number;
}

/** The buyer owes the total; each seller's share waits for its delivery. */
export function orderPlaced(
  order_id: string,
  parts: readonly { seller_id: string; total_centavos: number }[],
): Entry {
  const total = parts.reduce((sum, part) => sum + part.total_centavos, 0);
  return {
    kind: 'ORDER_PLACED',
    order_id,
    lines: [
      { account: 'BUYER_RECEIVABLE', debit_centavos: total },
      ...parts.map(({ seller_id, total_centavos }) => ({
        account: 'ORDER_LIABILITY' as const,
        seller_id,
        credit_centavos: total_centavos,
      })),
    ],
  };
}

/** A part is off: the buyer owes that much less, or is owed it where it was paid. */
export function partCancelled(part: PartOfBooks, amount_centavos: number): Entry {
  return {
    kind: 'ORDER_CANCELLED',
    order_id: part.order_id,
    seller_order_id: part.id,
    lines: [
      { account: 'ORDER_LIABILITY', seller_id: part.seller_id, debit_centavos: amount_centavos },
      { account: 'BUYER_RECEIVABLE', credit_centavos: amount_centavos },
    ],
  };
}

export function paymentReceived(
  order_id: string,
  into: MoneyAccount,
  amount_centavos: number,
): Entry {
  return {
    kind: 'PAYMENT_RECEIVED',
    order_id,
    lines: [
      { account: into, debit_centavos: amount_centavos },
      { account: 'BUYER_RECEIVABLE', credit_centavos: amount_centavos },
    ],
  };
}

/** Delivered: the seller has earned the amount less our commission (half up). */
export function partDelivered(part: PartOfBooks, amount_centavos: number): Entry {
  const commission = commissionOf(amount_centavos, part.commission_bps);
  return {
    kind: 'PART_DELIVERED',
    order_id: part.order_id,
    seller_order_id: part.id,
    lines: [
      { account: 'ORDER_LIABILITY', seller_id: part.seller_id, debit_centavos: amount_centavos },
      {
        account: 'SELLER_PAYABLE',
        seller_id: part.seller_id,
        credit_centavos: amount_centavos - commission,
      },
      { account: 'COMMISSION_REVENUE', credit_centavos: commission },
    ],
  };
}

export type RefundStage = 'cancelled' | 'open' | 'delivered';

/**
 * Money goes back. Of a cancelled part the buyer is owed it already; of an open one it leaves the liability;
 * of a delivered one seller and platform each return their share. `before_centavos` is what was refunded of
 * the part so far, so that many small refunds return exactly the commission that one large one would.
 */
export function refunded(
  part: PartOfBooks,
  refund: {
    stage: RefundStage;
    from: MoneyAccount;
    before_centavos: number;
    amount_centavos: number;
  },
): Entry {
  const { stage, from, before_centavos, amount_centavos } = refund;
  const credit: Line = { account: from, credit_centavos: amount_centavos };
  const base = { kind: 'REFUND' as const, order_id: part.order_id, seller_order_id: part.id };
  if (stage === 'cancelled') {
    return {
      ...base,
      lines: [{ account: 'BUYER_RECEIVABLE', debit_centavos: amount_centavos }, credit],
    };
  }
  if (stage === 'open') {
    return {
      ...base,
      lines: [
        { account: 'ORDER_LIABILITY', seller_id: part.seller_id, debit_centavos: amount_centavos },
        credit,
      ],
    };
  }
  const commission =
    commissionOf(before_centavos + amount_centavos, part.commission_bps) -
    commissionOf(before_centavos, part.commission_bps);
  return {
    ...base,
    lines: [
      {
        account: 'SELLER_PAYABLE',
        seller_id: part.seller_id,
        debit_centavos: amount_centavos - commission,
      },
      { account: 'COMMISSION_REVENUE', debit_centavos: commission },
      credit,
    ],
  };
}

/** Basis points of an amount, half up. */
export function commissionOf(amount_centavos: number, commission_bps: number): number {
  return portion(amount_centavos, commission_bps, 10_000);
}
