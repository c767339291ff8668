// What people do with an order that was placed: move it on, or cancel it.
import type { Ctx } from '../../../context.ts';
import { decideCancellation, decideMove, type StatusInput } from '../decisions/status.rules.ts';
import { changeOrder } from '../writing/change.service.ts';

/**
 * Moves the caller's own seller order (sellers) or any (admins).
 * @throws Problem NOT_FOUND, VALIDATION_ERROR, INVALID_STATUS_TRANSITION, PAYMENT_REQUIRED, INSUFFICIENT_STOCK where a rotten lot cannot be replaced
 */
export function moveOrder(ctx: Ctx, order_id: string, input: StatusInput): Promise<void> {
  return changeOrder(ctx, order_id, (state, by) => decideMove(state, by, input));
}

/**
 * Cancels every open seller order, as the customer or an admin.
 * @throws Problem NOT_FOUND, INVALID_STATUS_TRANSITION once any open seller order has gone too far
 */
export function cancelOrder(ctx: Ctx, order_id: string, reason?: string): Promise<void> {
  return changeOrder(ctx, order_id, (state, by) => decideCancellation(state, by, reason));
}
