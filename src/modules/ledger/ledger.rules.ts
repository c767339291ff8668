// Journal entries: which accounts each business event debits and credits. Debits equal credits in every entry.
import { portion } from '../../lib/money.ts';
import type { Holder } from './accounts.rules.ts';

export const JOURNAL_ENTRY_KINDS = [
  'ORDER_PLACED',
  'ORDER_CANCELLED',
  'PAYMENT_RECEIVED',
  'PROVIDER_FEE',
  'SELLER_ORDER_DELIVERED',
  'REFUND',
  'REFUND_SETTLED',
  'REFUND_FAILED',
  'CASH_COLLECTED',
  'CASH_HANDED_IN',
  'PAYOUT_STARTED',
  'PAYOUT_PAID',
  'PAYOUT_RETURNED',
  'WITHHOLDING',
  'ADJUSTMENT',
] as const;
export type JournalEntryKind = (typeof JOURNAL_ENTRY_KINDS)[number];

export interface JournalLine extends Holder {
  readonly debit_centavos?: number;
  readonly credit_centavos?: number;
}

export interface JournalEntry {
  readonly kind: JournalEntryKind;
  /** Names the event, such as `payout:<id>:paid`: the journal takes each once. Without it the caller's lock sees to that. */
  readonly key?: string;
  readonly order_id?: string;
  readonly seller_order_id?: string;
  readonly payout_id?: string;
  readonly lines: readonly JournalLine[];
}

/** The seller order that an entry is about, as it stands before what is booked. */
export interface BookedSellerOrder {
  readonly order_id: string;
  readonly id: string;
  readonly seller_id: string;
  readonly commission_bps: number;
  readonly total_centavos: number;
  readonly refunded_centavos: number;
}

/** What the customer keeps paying: the total less what was refunded. */
function netOf({ total_centavos, refunded_centavos }: BookedSellerOrder): number {
  return total_centavos - refunded_centavos;
}

/** The customer owes the total; each seller's share waits for its delivery. */
export function orderPlaced(
  order_id: string,
  sellerOrders: readonly { seller_id: string; total_centavos: number }[],
): JournalEntry {
  const total = sellerOrders.reduce((sum, sellerOrder) => sum + sellerOrder.total_centavos, 0);
  return {
    kind: 'ORDER_PLACED',
    order_id,
    lines: [
      { account: 'CUSTOMER_RECEIVABLE', debit_centavos: total },
      ...sellerOrders.map(({ seller_id, total_centavos }) => ({
        account: 'ORDER_LIABILITY' as const,
        seller_id,
        credit_centavos: total_centavos,
      })),
    ],
  };
}

/** A seller order is cancelled: the customer owes its net total less, or is owed it where it was paid. */
export function sellerOrderCancelled(sellerOrder: BookedSellerOrder): JournalEntry {
  const amount_centavos = netOf(sellerOrder);
  return {
    kind: 'ORDER_CANCELLED',
    order_id: sellerOrder.order_id,
    seller_order_id: sellerOrder.id,
    lines: [
      {
        account: 'ORDER_LIABILITY',
        seller_id: sellerOrder.seller_id,
        debit_centavos: amount_centavos,
      },
      { account: 'CUSTOMER_RECEIVABLE', credit_centavos: amount_centavos },
    ],
  };
}

export function paymentReceived(
  order_id: string,
  into: Holder,
  amount_centavos: number,
): JournalEntry {
  return {
    kind: 'PAYMENT_RECEIVED',
    order_id,
    lines: [
      { ...into, debit_centavos: amount_centavos },
      { account: 'CUSTOMER_RECEIVABLE', credit_centavos: amount_centavos },
    ],
  };
}

/** Cash is paid at the delivery, for one seller order. */
export function cashReceived(
  {
    id,
    order_id,
    due_centavos,
  }: Pick<BookedSellerOrder, 'id' | 'order_id'> & { due_centavos: number },
  into: Holder,
): JournalEntry {
  return { ...paymentReceived(order_id, into, due_centavos), seller_order_id: id };
}

/** Delivered: the seller has earned the net total less our commission on it (half up). */
export function sellerOrderDelivered(sellerOrder: BookedSellerOrder): JournalEntry {
  const amount_centavos = netOf(sellerOrder);
  const commission = commissionOf(amount_centavos, sellerOrder.commission_bps);
  return {
    kind: 'SELLER_ORDER_DELIVERED',
    order_id: sellerOrder.order_id,
    seller_order_id: sellerOrder.id,
    lines: [
      {
        account: 'ORDER_LIABILITY',
        seller_id: sellerOrder.seller_id,
        debit_centavos: amount_centavos,
      },
      {
        account: 'SELLER_PAYABLE',
        seller_id: sellerOrder.seller_id,
        credit_centavos: amount_centavos - commission,
      },
      { account: 'COMMISSION_REVENUE', credit_centavos: commission },
    ],
  };
}

export type RefundStage = 'cancelled' | 'open' | 'delivered';

/**
 * Money goes back. Of a cancelled seller order the customer is owed it already; of an open one it leaves the liability;
 * of a delivered one seller and platform each return their share. The platform's share is what takes the commission
 * from the rate of the net total before to the rate of the net total after, so that at any time the commission booked
 * is the rate of what was kept, in whatever order refunds and delivery came.
 */
export function refunded(
  sellerOrder: BookedSellerOrder,
  refund: { stage: RefundStage; from: Holder; amount_centavos: number },
): JournalEntry {
  const { stage, from, amount_centavos } = refund;
  const credit: JournalLine = { ...from, credit_centavos: amount_centavos };
  const base = {
    kind: 'REFUND' as const,
    order_id: sellerOrder.order_id,
    seller_order_id: sellerOrder.id,
  };
  if (stage === 'cancelled') {
    return {
      ...base,
      lines: [{ account: 'CUSTOMER_RECEIVABLE', debit_centavos: amount_centavos }, credit],
    };
  }
  if (stage === 'open') {
    return {
      ...base,
      lines: [
        {
          account: 'ORDER_LIABILITY',
          seller_id: sellerOrder.seller_id,
          debit_centavos: amount_centavos,
        },
        credit,
      ],
    };
  }
  const net_centavos = netOf(sellerOrder);
  const commission =
    commissionOf(net_centavos, sellerOrder.commission_bps) -
    commissionOf(net_centavos - amount_centavos, sellerOrder.commission_bps);
  return {
    ...base,
    lines: [
      {
        account: 'SELLER_PAYABLE',
        seller_id: sellerOrder.seller_id,
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
