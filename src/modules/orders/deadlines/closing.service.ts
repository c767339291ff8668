// What becomes of the open orders of a customer whose account is closed.
import type { TxCtx } from '../../../context.ts';
import { OPEN_ORDERS, Problem } from '../../../lib/problem.ts';
import { holdStock } from '../../inventory/allocation.service.ts';
import { decideAccountClosing } from '../decisions/deadline.rules.ts';
import { changeOrder } from '../writing/change.service.ts';
import { findOpenOrders, findOrderedProducts, lockOrders } from './closing.queries.ts';

/** More numbers than this say no more. */
const MAX_NAMED = 10;

/**
 * Cancels what the customer has not paid and no seller has shipped, so that its stock is free again. Whoever may miss
 * none holds the customer's cart, so that no order is added meanwhile.
 */
export async function cancelUnpaidOrders(ctx: TxCtx, user_id: string): Promise<void> {
  const open = await findOpenOrders(ctx.db, user_id);
  const ids = open.filter((order) => !order.is_binding).map((order) => order.id);
  if (ids.length === 0) return;
  // Everything that the changes below lock, in the usual order over all of them.
  await lockOrders(ctx.db, ids);
  await holdStock(ctx, await findOrderedProducts(ctx.db, ids));
  for (const id of ids) await changeOrder(ctx, id, decideAccountClosing);
}

/** @throws Problem OPEN_ORDERS naming orders that are paid or on their way */
export async function requireNoBindingOrders(ctx: TxCtx, user_id: string): Promise<void> {
  const binding = (await findOpenOrders(ctx.db, user_id)).filter((order) => order.is_binding);
  if (binding.length === 0) return;
  const order_numbers = binding.slice(0, MAX_NAMED).map((order) => order.order_number);
  const others = binding.length > order_numbers.length ? ' and others' : '';
  throw new Problem(
    OPEN_ORDERS,
    `Orders that are paid or on their way have to be delivered or cancelled first: ${order_numbers.join(', ')}${others}.`,
    { members: { order_numbers } },
  );
}
