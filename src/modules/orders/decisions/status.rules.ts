// Decides how people move an order: its sellers and admins forward, its customer and admins to its end.
import type { Actor } from '../../../context.ts';
import { invalidField, notFound } from '../../../lib/problem.ts';
import { isPaid } from '../../payments/payments.rules.ts';
import { canMove, isOpen, type OrderStatus, roleIn } from '../orders.rules.ts';
import { moveRefused, notPaidYet } from '../refusals/status.errors.ts';
import type { SellerOrderRow } from '../writing/orders.queries.ts';
import { cancelSellerOrders } from './cancellation.rules.ts';
import {
  type Circumstances,
  move,
  type OrderEffect,
  type OrderState,
  settlement,
  stock,
} from './effects.rules.ts';

export interface StatusInput {
  readonly order_status: OrderStatus;
  readonly reason?: string | undefined;
  /** The seller order that an admin moves; without it all open ones. */
  readonly seller_order_id?: string | undefined;
}

/**
 * A seller moves their own seller order, an admin any.
 * @throws Problem NOT_FOUND, VALIDATION_ERROR, INVALID_STATUS_TRANSITION, PAYMENT_REQUIRED
 */
export function decideMove(
  state: OrderState,
  { actor }: Circumstances,
  input: StatusInput,
): readonly OrderEffect[] {
  const { order_status: to, reason } = input;
  const sellerOrders = sellerOrdersToMove(state, actor, input.seller_order_id);
  requireMoves(state, actor, { sellerOrders, to, reason });
  if (to === 'CANCELLED')
    return cancelSellerOrders(state, sellerOrders, () => reason ?? 'CANCELLED_BY_SELLER');
  const moves = sellerOrders.map((sellerOrder) => move(sellerOrder, to, reason));
  if (to === 'SHIPPED') return [...stock(sellerOrders, 'REPLACED'), ...moves];
  if (to !== 'DELIVERED') return moves;
  return [...moves, ...stock(sellerOrders, to), ...settlement(state, sellerOrders, to)];
}

/**
 * The customer or an admin cancels every open seller order.
 * @throws Problem NOT_FOUND for everybody else, INVALID_STATUS_TRANSITION once any open one has gone too far
 */
export function decideCancellation(
  state: OrderState,
  { actor }: Circumstances,
  reason: string | undefined,
): readonly OrderEffect[] {
  const { order, sellerOrders } = state;
  if (!isAdmin(actor) && !(actor.kind === 'user' && actor.user_id === order.user_id))
    throw notFound('order');
  const open = sellerOrders.filter(({ order_status }) => isOpen(order_status));
  if (open.length === 0) throw moveRefused(order.order_status, 'CANCELLED');
  requireMoves(state, actor, { sellerOrders: open, to: 'CANCELLED', reason });
  return cancelSellerOrders(state, open, () => reason ?? 'CANCELLED_BY_CUSTOMER');
}

/** Sellers move the seller order that is theirs, admins the one they name or all that are open. */
function sellerOrdersToMove(
  { sellerOrders }: OrderState,
  actor: Actor,
  seller_order_id: string | undefined,
): readonly SellerOrderRow[] {
  const own = actor.kind === 'user' ? actor.seller?.id : undefined;
  const movable = sellerOrders.filter(({ seller_id }) => isAdmin(actor) || seller_id === own);
  if (movable.length === 0) throw notFound('order');
  if (seller_order_id === undefined) {
    const open = movable.filter(({ order_status }) => isOpen(order_status));
    return open.length > 0 ? open : movable;
  }
  const named = movable.filter(({ id }) => id === seller_order_id);
  if (named.length === 0)
    throw invalidField(
      '/seller_order_id',
      'must be a seller order of this order that you may move',
    );
  return named;
}

interface Moves {
  readonly sellerOrders: readonly SellerOrderRow[];
  readonly to: OrderStatus;
  readonly reason: string | undefined;
}

function requireMoves(
  { order, payment }: OrderState,
  actor: Actor,
  { sellerOrders, to, reason }: Moves,
): void {
  const isPayable = payment.payment_method === 'COD' || isPaid(payment.payment_status);
  for (const sellerOrder of sellerOrders) {
    const from = sellerOrder.order_status;
    const mover = roleIn(actor, order, sellerOrder);
    if (!canMove({ from, to, mover, reason })) throw moveRefused(from, to);
    if (to !== 'CANCELLED' && !isPayable) throw notPaidYet();
  }
}

function isAdmin(actor: Actor): boolean {
  return actor.kind === 'user' && actor.role === 'admin';
}
