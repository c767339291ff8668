// Fulfilment: parts are confirmed, shipped, delivered or cancelled, and stock and money follow.
import type { Ctx, TxCtx } from '../../context.ts';
import { invalidField, notFound, Problem } from '../../lib/problem.ts';
import { books } from '../ledger/ledger.service.ts';
import { refreshListings } from '../listing/listing.service.ts';
import { PAYMENT_REQUIRED } from '../payments/payments.errors.ts';
import { isPaid } from '../payments/payments.rules.ts';
import { cancelParts } from './cancellation.service.ts';
import {
  changeOrder,
  completePayment,
  movePart,
  type OrderChange,
  roleIn,
} from './change.service.ts';
import { INVALID_STATUS_TRANSITION } from './orders.errors.ts';
import { countSales } from './orders.queries.ts';
import { canMove, isOpen, type OrderStatus } from './orders.rules.ts';
import { holdAllocations, replaceRotten, sell } from './part-stock.service.ts';

type Part = OrderChange['parts'][number];

export interface StatusInput {
  readonly order_status: OrderStatus;
  readonly reason?: string | undefined;
  /** The part that an admin moves; without it all open ones. */
  readonly seller_order_id?: string | undefined;
}

/**
 * Moves the caller's own part (sellers) or any (admins).
 * @throws Problem NOT_FOUND, INVALID_STATUS_TRANSITION, PAYMENT_REQUIRED, INSUFFICIENT_STOCK where a rotten lot cannot be replaced
 */
export function moveOrder(ctx: Ctx, order_id: string, input: StatusInput): Promise<void> {
  return changeOrder(ctx, order_id, async (ctx, draft) => {
    const parts = partsToMove(ctx, draft, input.seller_order_id);
    for (const part of parts) requireMove(ctx, draft, part, input);
    await moveParts(ctx, draft, { parts, to: input.order_status, reason: input.reason });
  });
}

/**
 * Cancels every open part, as its customer or an admin.
 * @throws Problem NOT_FOUND, INVALID_STATUS_TRANSITION once any open part has left PENDING
 */
export function cancelOrder(ctx: Ctx, order_id: string, reason?: string): Promise<void> {
  return changeOrder(ctx, order_id, async (ctx, draft) => {
    const { actor } = ctx;
    const isAdmin = actor.kind === 'user' && actor.role === 'admin';
    if (!isAdmin && (actor.kind !== 'user' || actor.user_id !== draft.order.user_id))
      throw notFound('order');
    const parts = draft.parts.filter((part) => isOpen(part.order_status));
    if (parts.length === 0) throw refusedMove(draft.order.order_status, 'CANCELLED');
    const mover = isAdmin ? 'admin' : 'customer';
    for (const part of parts) {
      if (!canMove({ from: part.order_status, to: 'CANCELLED', mover, reason }))
        throw refusedMove(part.order_status, 'CANCELLED');
    }
    await cancelParts(ctx, draft, parts, reason ?? 'CANCELLED_BY_CUSTOMER');
  });
}

/** Sellers move the part that is theirs, admins the one they name or all that are open. */
function partsToMove(ctx: Ctx, draft: OrderChange, seller_order_id: string | undefined): Part[] {
  const { actor } = ctx;
  const isAdmin = actor.kind === 'user' && actor.role === 'admin';
  const own = actor.kind === 'user' ? actor.seller?.id : undefined;
  const mine = draft.parts.filter((part) => isAdmin || part.seller_id === own);
  if (mine.length === 0) throw notFound('order');
  if (seller_order_id === undefined) {
    const open = mine.filter((part) => isOpen(part.order_status));
    return open.length > 0 ? open : mine;
  }
  const named = mine.filter((part) => part.id === seller_order_id);
  if (named.length === 0)
    throw invalidField('/seller_order_id', 'must be a part of this order that you may move');
  return named;
}

function requireMove(ctx: Ctx, draft: OrderChange, part: Part, input: StatusInput): void {
  const move = {
    from: part.order_status,
    to: input.order_status,
    mover: roleIn(ctx, draft.order, part),
    reason: input.reason,
  };
  if (!canMove(move)) throw refusedMove(part.order_status, input.order_status);
  const { payment } = draft;
  if (
    input.order_status !== 'CANCELLED' &&
    payment.payment_method !== 'COD' &&
    !isPaid(payment.payment_status)
  ) {
    throw new Problem(
      PAYMENT_REQUIRED,
      'The customer has not paid yet; the order can be cancelled, but not moved on.',
    );
  }
}

function refusedMove(from: OrderStatus, to: OrderStatus): Problem {
  const hint =
    from === 'SHIPPED' && to === 'CANCELLED'
      ? ' A shipped part is cancelled with reason DELIVERY_FAILED.'
      : '';
  return new Problem(
    INVALID_STATUS_TRANSITION,
    `A part that is ${from} cannot become ${to}.${hint}`,
  );
}

async function moveParts(
  ctx: TxCtx,
  draft: OrderChange,
  move: { parts: readonly Part[]; to: OrderStatus; reason?: string | undefined },
): Promise<void> {
  const { parts, to, reason } = move;
  if (to === 'CANCELLED') return cancelParts(ctx, draft, parts, reason ?? 'CANCELLED_BY_SELLER');
  if (to === 'SHIPPED') await replaceRotten(ctx, draft, parts);
  for (const part of parts) movePart(ctx, draft, { part, to, reason });
  if (to === 'DELIVERED') await deliver(ctx, draft, parts);
}

/** Delivered goods are sold, the seller has earned them, and cash on delivery is in hand. */
async function deliver(ctx: TxCtx, draft: OrderChange, parts: readonly Part[]): Promise<void> {
  const live = await holdAllocations(ctx, parts);
  const now = ctx.clock.now();
  const sold: string[] = [];
  for (const part of parts) {
    part.delivered_at = now;
    draft.entries.push(books.partDelivered(part));
    if (draft.payment.payment_method === 'COD')
      draft.entries.push(books.paymentReceived(draft.order.id, 'COD_CLEARING', part.due_centavos));
    sold.push(...(await countSales(ctx.db, part.id)));
  }
  // Before the stock changes: a refresh locks sellers and then listings, a change of stock locks listings.
  await refreshListings(ctx, [...new Set(sold)]);
  await sell(
    ctx,
    draft,
    live.filter((allocation) => allocation.state === 'RESERVED'),
  );
  const isSettled = !draft.parts.some((part) => isOpen(part.order_status));
  if (draft.payment.payment_method === 'COD' && isSettled) completePayment(ctx, draft);
}
