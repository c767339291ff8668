// Settlement: what a provider's news, a missed deadline or a silent provider does to an order. Every race ends here, under the order's lock.
import type { IncomingHttpHeaders } from 'node:http';
import type { Ctx, OutsideCtx, TxCtx } from '../../context.ts';
import { IN_BATCH } from '../../db/batches/batches.ts';
import { inTransaction, type TransactionOptions } from '../../db/transaction.ts';
import type { ProviderEvent } from '../../gateways/payments/payment-provider.ts';
import { FORBIDDEN, notFound, Problem } from '../../lib/problem.ts';
import { books } from '../ledger/ledger.service.ts';
import { effectOf, type Outcome } from '../payments/payments.rules.ts';
import {
  acceptProviderEvent,
  askProvider,
  listUnsettledPayments,
} from '../payments/payments.service.ts';
import { cancelParts } from './cancellation.service.ts';
import { changeOrder, completePayment, type OrderChange } from './change.service.ts';
import { findExpiredOrders } from './due-orders.queries.ts';
import { workThroughOrders } from './due-orders.service.ts';
import { dueAfter, isOpen, refundableOf } from './orders.rules.ts';
import { holdAllocations, sell } from './part-stock.service.ts';
import { refundPart } from './refunds.service.ts';

/** Under which orders are set aside: the name of the job. */
const EXPIRE_JOB = 'orders.expire-reservations';

/** Applies a provider's event once, whatever came before it and however often it comes. */
export function settleEvent(ctx: Ctx, provider: string, event: ProviderEvent): Promise<void> {
  return inTransaction(ctx, async (ctx) => {
    const payment = await acceptProviderEvent(ctx, provider, event);
    if (payment !== undefined) await settleOrder(ctx, payment.order_id, event.outcome);
  });
}

/** Records an outcome of an order's wallet payment. */
export function settleOrder(
  ctx: Ctx,
  order_id: string,
  outcome: Outcome,
  options: TransactionOptions = {},
): Promise<void> {
  const settle = async (ctx: TxCtx, draft: OrderChange) => {
    const effect = effectOf(outcome, draft.payment.payment_status);
    if (effect === 'fail')
      await failPayment(ctx, draft, outcome === 'EXPIRED' ? 'PAYMENT_EXPIRED' : 'PAYMENT_FAILED');
    if (effect === 'complete' || effect === 'complete_late') await receivePayment(ctx, draft);
  };
  return changeOrder(ctx, order_id, settle, options);
}

/** The wallet has paid: what is open is sold, and what was cancelled after the session began is given back. */
async function receivePayment(ctx: TxCtx, draft: OrderChange): Promise<void> {
  const { payment, order } = draft;
  completePayment(ctx, draft);
  // What the wallet took is what it was asked for when its session began.
  draft.entries.push(books.paymentReceived(order.id, 'WALLET_CLEARING', payment.amount_centavos));
  const open = draft.parts.filter((part) => isOpen(part.order_status));
  // From now on it is the sellers' turn.
  for (const part of open) part.due_at = dueAfter(part.order_status, ctx.clock.now(), ctx.config);
  if (open.length > 0)
    await sell(
      ctx,
      draft,
      (await holdAllocations(ctx, open)).filter((a) => a.state === 'RESERVED'),
    );
  for (const part of draft.parts.filter((candidate) => candidate.order_status === 'CANCELLED')) {
    const amount_centavos = refundableOf(part, payment);
    await refundPart(ctx, draft, { part, amount_centavos, reason: 'CANCELLED_BEFORE_PAYMENT' });
  }
}

/** The wallet will not pay. An unpaid wallet order has delivered nothing: with all it has open, its payment fails. */
async function failPayment(ctx: TxCtx, draft: OrderChange, reason: string): Promise<void> {
  const open = draft.parts.filter((part) => isOpen(part.order_status));
  await cancelParts(ctx, draft, open, reason);
}

/** Gives up orders whose reservation has run out; a payment that was faster keeps its order. */
export async function expireReservations(ctx: Ctx): Promise<void> {
  await workThroughOrders(ctx, { job: EXPIRE_JOB, find: findExpiredOrders, change: expire });
}

async function expire(ctx: TxCtx, draft: OrderChange): Promise<void> {
  const { payment_status, expires_at } = draft.payment;
  if (payment_status === 'PENDING' && expires_at !== null && expires_at <= ctx.clock.now())
    await failPayment(ctx, draft, 'PAYMENT_EXPIRED');
}

/**
 * Asks the provider about payments whose webhook may never have come, each once a run and those first that it was asked
 * about longest ago. A provider that does not answer for one payment is asked about the others all the same.
 */
export async function reconcilePayments(ctx: OutsideCtx): Promise<void> {
  for (const payment of await listUnsettledPayments(ctx)) {
    try {
      const outcome = await askProvider(ctx, payment);
      if (outcome !== undefined && effectOf(outcome, payment.payment_status) !== 'none')
        await settleOrder(ctx, payment.order_id, outcome, IN_BATCH);
    } catch (err) {
      ctx.log.warn({ err, payment_id: payment.id }, 'payment not reconciled, trying again later');
    }
  }
}

/**
 * Believes a provider's webhook only by its signature, then applies it.
 * @throws Problem NOT_FOUND for another provider, FORBIDDEN for a forged, stale or malformed event
 */
export async function receiveWebhook(
  ctx: OutsideCtx,
  provider: string,
  webhook: { headers: IncomingHttpHeaders; rawBody: string },
): Promise<void> {
  const { wallet } = ctx.gateways;
  if (wallet?.name !== provider) throw notFound('provider');
  const headers = Object.fromEntries(
    Object.entries(webhook.headers).map(([name, value]) => [name, String(value)]),
  );
  const event = wallet.verifyWebhook({ headers, rawBody: webhook.rawBody, now: ctx.clock.now() });
  if (event === undefined)
    throw new Problem(FORBIDDEN, 'The signature does not fit this body, or is too old.');
  await settleEvent(ctx, provider, event);
}
