// Playing the wallet in development: decide how a payment ends, and deliver its webhook once, twice or never.
import type { Ctx } from '../../context.ts';
import { signedIn } from '../../http/access.ts';
import { notFound } from '../../lib/problem.ts';
import { getPayment, startWallet } from '../payments/payments.service.ts';

export type SimulatedOutcome = 'success' | 'failure' | 'expiry';

export interface SimulatedWebhook {
  readonly provider: string;
  readonly rawBody: string;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Decides a payment of the caller's at the simulator, as the buyer would in the wallet's app.
 * @returns the webhook that the wallet sends about it
 * @throws Problem NOT_FOUND, CONFLICT where the payment is no longer open and was never opened
 */
export async function simulatePayment(
  ctx: Ctx,
  payment_id: string,
  outcome: SimulatedOutcome,
): Promise<SimulatedWebhook> {
  const { simulator } = ctx.gateways;
  const { user_id } = await getPayment(ctx, payment_id);
  // An admin sees every payment, but only the buyer holds the wallet.
  if (simulator === undefined || user_id !== signedIn(ctx).user_id) throw notFound('payment');
  await startWallet(ctx, payment_id);
  return { provider: simulator.name, ...(await simulator.decide(payment_id, outcome)) };
}
