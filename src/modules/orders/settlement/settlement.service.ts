// Settlement: what a provider says of a payment, by webhook or when asked, is applied to its order behind the order's lock.
import type { IncomingHttpHeaders } from 'node:http';
import type { Ctx, OutsideCtx } from '../../../context.ts';
import { IN_BATCH } from '../../../db/batches/batches.ts';
import { inTransaction, type TransactionOptions } from '../../../db/transaction.ts';
import type { ProviderEvent } from '../../../gateways/payments/payment-provider.ts';
import { FORBIDDEN, notFound, Problem } from '../../../lib/problem.ts';
import { effectOf, type Outcome } from '../../payments/payments.rules.ts';
import {
  acceptProviderEvent,
  askProvider,
  listUnsettledPayments,
} from '../../payments/payments.service.ts';
import { decideSettlement } from '../decisions/settlement.rules.ts';
import { changeOrder } from '../writing/change.service.ts';

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
  return changeOrder(ctx, order_id, (state) => decideSettlement(state, outcome), options);
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
