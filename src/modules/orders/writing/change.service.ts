// Every change of an order: its rows are locked in the usual order, a pure rule decides, and its effects are written at once.
import type { Ctx, TxCtx } from '../../../context.ts';
import { inTransaction, type TransactionOptions } from '../../../db/transaction.ts';
import { notFound } from '../../../lib/problem.ts';
import { lockPaymentOfOrder } from '../../payments/payments.service.ts';
import type { Decide, OrderState } from '../decisions/effects.rules.ts';
import { changeOf } from './change.rules.ts';
import { findSellerOrders, lockOrder } from './orders.queries.ts';
import { writeChange } from './write-change.service.ts';

/**
 * Locks order and payment, lets `decide` say what is to happen, and writes all of it, or nothing.
 * @throws Problem NOT_FOUND, INSUFFICIENT_STOCK where rotten stock cannot be replaced, and whatever `decide` throws
 */
export function changeOrder(
  ctx: Ctx,
  order_id: string,
  decide: Decide,
  options: TransactionOptions = {},
): Promise<void> {
  const run = async (ctx: TxCtx) => {
    const state = await lockState(ctx, order_id);
    const circumstances = { actor: ctx.actor, now: ctx.clock.now(), hours: ctx.config };
    const effects = decide(state, circumstances);
    await writeChange(ctx, state, changeOf(state, effects, circumstances));
  };
  return inTransaction(ctx, run, options);
}

async function lockState(ctx: TxCtx, order_id: string): Promise<OrderState> {
  const order = await lockOrder(ctx.db, order_id);
  if (order === undefined) throw notFound('order');
  const payment = await lockPaymentOfOrder(ctx.db, order_id);
  return { order, payment, sellerOrders: await findSellerOrders(ctx.db, order_id) };
}
