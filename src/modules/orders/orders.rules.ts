// Pure decisions about orders: which status follows which, what an order shows of its seller orders, and what lines cost.
import type { Actor } from '../../context.ts';
import { multiplyPrice } from '../../lib/money.ts';
import { HOUR_MS, plusMs } from '../../lib/time.ts';

export const ORDER_STATUSES = [
  'PENDING',
  'CONFIRMED',
  'SHIPPED',
  'DELIVERED',
  'CANCELLED',
  'REFUNDED',
] as const;
export type OrderStatus = (typeof ORDER_STATUSES)[number];

/** Who moves a seller order: its customer, its seller, an admin, or the system. */
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

/** Whether `mover` may take a seller order from one status to the other; a shipped seller order is cancelled only as DELIVERY_FAILED. */
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

/** An order shows its least advanced seller order that is not cancelled; CANCELLED when all are. */
export function orderStatusOf(sellerOrders: readonly OrderStatus[]): OrderStatus {
  return sellerOrders.reduce<OrderStatus>(
    (least, status) => (PROGRESS[status] < PROGRESS[least] ? status : least),
    'CANCELLED',
  );
}

/** In which capacity somebody acts on a seller order. */
export function roleIn(
  actor: Actor,
  order: { readonly user_id: string },
  sellerOrder: { readonly seller_id: string },
): Mover {
  if (actor.kind !== 'user') return 'system';
  if (actor.role === 'admin') return 'admin';
  const isOwn = actor.seller?.id === sellerOrder.seller_id && actor.user_id !== order.user_id;
  return isOwn ? 'seller' : 'customer';
}

export interface PricedLine {
  readonly list_price_centavos: number;
  readonly unit_price_centavos: number;
  readonly quantity_milli: number;
}

export interface LineTotals {
  readonly subtotal_centavos: number;
  readonly line_total_centavos: number;
}

/** What a line costs before and after promos; rounded half up, once each. */
export function lineTotals(line: PricedLine): LineTotals {
  return {
    subtotal_centavos: multiplyPrice(line.list_price_centavos, line.quantity_milli),
    line_total_centavos: multiplyPrice(line.unit_price_centavos, line.quantity_milli),
  };
}

/** Sums of lines: `subtotal` before promos, `discount` the difference, `total` after. */
export function totalsOf(lines: readonly LineTotals[]) {
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
