// Pure decisions about orders: which status follows which, what an order shows of its parts, and what lines cost.
import { multiplyPrice } from '../../lib/money.ts';
import { HOUR_MS, plusMs } from '../../lib/time.ts';
import { isPaid, type PaymentMethod, type PaymentStatus } from '../payments/payments.rules.ts';

export const ORDER_STATUSES = [
  'PENDING',
  'CONFIRMED',
  'SHIPPED',
  'DELIVERED',
  'CANCELLED',
  'REFUNDED',
] as const;
export type OrderStatus = (typeof ORDER_STATUSES)[number];

/** Who moves a part: its customer, its seller, an admin, or the system. */
export type Mover = 'customer' | 'seller' | 'admin' | 'system';

export const DELIVERY_FAILED = 'DELIVERY_FAILED';

const FORWARD: Partial<Record<OrderStatus, OrderStatus>> = {
  PENDING: 'CONFIRMED',
  CONFIRMED: 'SHIPPED',
  SHIPPED: 'DELIVERED',
};

const CANCELLERS: Partial<Record<OrderStatus, readonly Mover[]>> = {
  PENDING: ['customer', 'seller', 'admin', 'system'],
  CONFIRMED: ['seller', 'admin', 'system'],
  SHIPPED: ['seller', 'admin'],
};

/** Whether `mover` may take a part from one status to the other; a shipped part is cancelled only as DELIVERY_FAILED. */
export function canMove(move: {
  from: OrderStatus;
  to: OrderStatus;
  mover: Mover;
  reason?: string | undefined;
}): boolean {
  const { from, to, mover, reason } = move;
  if (to === 'CANCELLED') {
    return (
      (CANCELLERS[from]?.includes(mover) ?? false) &&
      (from !== 'SHIPPED' || reason === DELIVERY_FAILED)
    );
  }
  return FORWARD[from] === to && (mover === 'seller' || mover === 'admin');
}

/** Hours that a seller has for each step. */
export interface StepHours {
  readonly ORDER_CONFIRM_HOURS: number;
  readonly ORDER_SHIP_HOURS: number;
}

/** Until when a seller order that got this status at `since`, and is the seller's turn, has to move on; null where nothing is due. */
export function dueAfter(status: OrderStatus, since: Date, hours: StepHours): Date | null {
  if (status === 'PENDING') return plusMs(since, hours.ORDER_CONFIRM_HOURS * HOUR_MS);
  if (status === 'CONFIRMED') return plusMs(since, hours.ORDER_SHIP_HOURS * HOUR_MS);
  return null;
}

/** Not at an end yet. */
export function isOpen(status: OrderStatus): boolean {
  return status === 'PENDING' || status === 'CONFIRMED' || status === 'SHIPPED';
}

const PROGRESS: Readonly<Record<OrderStatus, number>> = {
  PENDING: 0,
  CONFIRMED: 1,
  SHIPPED: 2,
  DELIVERED: 3,
  REFUNDED: 4,
  CANCELLED: 5,
};

/** An order shows its least advanced part that is not cancelled; CANCELLED when all are. */
export function orderStatusOf(parts: readonly OrderStatus[]): OrderStatus {
  return parts.reduce<OrderStatus>(
    (least, status) => (PROGRESS[status] < PROGRESS[least] ? status : least),
    'CANCELLED',
  );
}

/**
 * Centavos that may still be given back of a seller order: what was paid for it less what was refunded. Cash is paid
 * at its delivery; a wallet pays what was due for each seller order when its session asked for it.
 */
export function refundableOf(
  sellerOrder: {
    readonly due_centavos: number;
    readonly refunded_centavos: number;
    readonly delivered_at: Date | null;
  },
  payment: { readonly payment_method: PaymentMethod; readonly payment_status: PaymentStatus },
): number {
  const isPaidFor =
    payment.payment_method === 'COD'
      ? sellerOrder.delivered_at !== null
      : isPaid(payment.payment_status);
  return isPaidFor ? sellerOrder.due_centavos - sellerOrder.refunded_centavos : 0;
}

export interface PricedLine {
  readonly list_price_centavos: number;
  readonly unit_price_centavos: number;
  readonly quantity_milli: number;
}

/** What a line costs before and after promos; rounded half up, once each. */
export function lineTotals(line: PricedLine): {
  subtotal_centavos: number;
  line_total_centavos: number;
} {
  return {
    subtotal_centavos: multiplyPrice(line.list_price_centavos, line.quantity_milli),
    line_total_centavos: multiplyPrice(line.unit_price_centavos, line.quantity_milli),
  };
}

/** Sums of lines: `subtotal` before promos, `discount` the difference, `total` after. */
export function totalsOf(
  lines: readonly { subtotal_centavos: number; line_total_centavos: number }[],
) {
  const subtotal_centavos = lines.reduce((sum, line) => sum + line.subtotal_centavos, 0);
  const total_centavos = lines.reduce((sum, line) => sum + line.line_total_centavos, 0);
  return {
    subtotal_centavos,
    discount_centavos: subtotal_centavos - total_centavos,
    total_centavos,
  };
}

/** `OID-<year>-<at least six digits>`. */
export function orderNumber(year: number, sequence: number): string {
  return `OID-${year}-${String(sequence).padStart(6, '0')}`;
}
