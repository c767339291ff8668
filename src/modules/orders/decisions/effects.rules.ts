// What a decision about an order answers with: the effects it has, in the order in which they happen.
import type { Actor } from '../../../context.ts';
import type { PaymentRow } from '../../payments/payments.service.ts';
import { isOpen, type OrderStatus, type StepHours } from '../orders.rules.ts';
import type { OrderRow, SellerOrderRow } from '../writing/orders.queries.ts';

/** An order as it stands behind its lock. */
export interface OrderState {
  readonly order: OrderRow;
  readonly sellerOrders: readonly SellerOrderRow[];
  readonly payment: PaymentRow;
}

/** Who decides, at which time, and how long sellers have for each step. */
export interface Circumstances {
  readonly actor: Actor;
  readonly now: Date;
  readonly hours: StepHours;
}

/** Pure: reads what is locked, and throws a Problem where it refuses. */
export type Decide = (state: OrderState, circumstances: Circumstances) => readonly OrderEffect[];

/**
 * What becomes of the stock that seller orders hold: SOLD, DELIVERED (sold at the latest now, and counted as a sale),
 * RELEASED to its lots, WRITTEN_OFF, or where it has rotted REPLACED from other lots.
 */
export type StockOutcome = 'SOLD' | 'DELIVERED' | 'RELEASED' | 'WRITTEN_OFF' | 'REPLACED';

export type OrderEffect =
  | {
      readonly effect: 'MOVE';
      readonly seller_order_id: string;
      readonly to: OrderStatus;
      readonly reason?: string | undefined;
    }
  | {
      readonly effect: 'STOCK';
      readonly seller_order_ids: readonly string[];
      readonly to: StockOutcome;
    }
  /** The seller order is no longer asked for. */
  | { readonly effect: 'WAIVE'; readonly seller_order_id: string }
  | {
      readonly effect: 'REFUND';
      readonly seller_order_id: string;
      readonly amount_centavos: number;
      readonly reason: string;
    }
  /** The money is in, or will not come. */
  | { readonly effect: 'SETTLE'; readonly outcome: 'completed' | 'failed' };

export type EffectOf<Kind extends OrderEffect['effect']> = Extract<OrderEffect, { effect: Kind }>;

export function move({ id }: SellerOrderRow, to: OrderStatus, reason?: string): EffectOf<'MOVE'> {
  return { effect: 'MOVE', seller_order_id: id, to, reason };
}

/** Nothing where there is no seller order. */
export function stock(
  sellerOrders: readonly SellerOrderRow[],
  to: StockOutcome,
): EffectOf<'STOCK'>[] {
  if (sellerOrders.length === 0) return [];
  return [{ effect: 'STOCK', seller_order_ids: sellerOrders.map(({ id }) => id), to }];
}

/** Nothing where there is no money. */
export function refund(
  { id }: SellerOrderRow,
  amount_centavos: number,
  reason: string,
): EffectOf<'REFUND'>[] {
  if (amount_centavos === 0) return [];
  return [{ effect: 'REFUND', seller_order_id: id, amount_centavos, reason }];
}

/**
 * An unpaid payment ends when these seller orders get a status that leaves none open: it fails where all are
 * cancelled; else cash was collected for some, and it is complete.
 */
export function settlement(
  { sellerOrders, payment }: OrderState,
  moved: readonly SellerOrderRow[],
  to: OrderStatus,
): EffectOf<'SETTLE'>[] {
  const statuses = sellerOrders.map((one) => (moved.includes(one) ? to : one.order_status));
  if (payment.payment_status !== 'PENDING' || statuses.some(isOpen)) return [];
  const isCancelled = statuses.every((status) => status === 'CANCELLED');
  return [{ effect: 'SETTLE', outcome: isCancelled ? 'failed' : 'completed' }];
}
