// Playing the wallet in development: how a payment ends is decided by its owner, or on the wallet's own page.
import { type OutsideCtx, signedIn } from '../../context.ts';
import type { ProviderPayment } from '../../gateways/payments/payment-provider.ts';
import { notFound } from '../../lib/problem.ts';
import { traceHeaders } from '../../telemetry/traces/trace-context.ts';
import { getPayment, startWallet } from '../payments/payments.service.ts';

export const SIMULATED_OUTCOMES = ['success', 'failure', 'expiry'] as const;
export type SimulatedOutcome = (typeof SIMULATED_OUTCOMES)[number];

export interface SimulatedWebhook {
  readonly provider: string;
  readonly rawBody: string;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Decides a payment of the caller's at the simulator, as the customer would in the wallet's app.
 * @returns the webhook that the wallet sends about it
 * @throws Problem NOT_FOUND, CONFLICT where the payment is no longer open and was never opened
 */
export async function simulatePayment(
  ctx: OutsideCtx,
  payment_id: string,
  outcome: SimulatedOutcome,
): Promise<SimulatedWebhook> {
  const { user_id } = await getPayment(ctx, payment_id);
  // An admin sees every payment, but only the customer holds the wallet.
  if (user_id !== signedIn(ctx).user_id) throw notFound('payment');
  return decidePayment(ctx, payment_id, outcome);
}

/** The same for whoever stands before the wallet: its page knows nobody. */
export async function decidePayment(
  ctx: OutsideCtx,
  payment_id: string,
  outcome: SimulatedOutcome,
): Promise<SimulatedWebhook> {
  const { simulator } = ctx.gateways;
  if (simulator === undefined) throw notFound('payment');
  await startWallet(ctx, payment_id);
  const { rawBody, headers } = await simulator.decide(payment_id, outcome);
  return { provider: simulator.name, rawBody, headers: { ...headers, ...traceHeaders(ctx.trace) } };
}

/** What the wallet's page is made of. */
export interface WalletPage extends ProviderPayment {
  /** Where the browser goes back to after each outcome; undefined for a session that began before there were any. */
  readonly returns: Readonly<Record<SimulatedOutcome, string>> | undefined;
}

/** What the wallet shows of a payment. @throws Problem NOT_FOUND, CONFLICT as simulatePayment */
export async function getWalletPage(ctx: OutsideCtx, payment_id: string): Promise<WalletPage> {
  const { simulator } = ctx.gateways;
  const { reference } = await startWallet(ctx, payment_id);
  const session = await simulator?.fetch(reference);
  if (session === undefined) throw notFound('payment');
  return { ...session, returns: await simulator?.findReturns(payment_id) };
}
