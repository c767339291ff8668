// Payments: reading them, opening wallet sessions, hearing the provider, and carrying out refunds that are booked.
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Config } from '../../config.ts';
import { type Ctx, type OutsideCtx, signedIn, type TxCtx } from '../../context.ts';
import type { Page, PageRequest } from '../../db/paging/paging.ts';
import { inTransaction } from '../../db/transaction.ts';
import {
  type PaymentProvider,
  type ProviderEvent,
  ProviderRefusedError,
} from '../../gateways/payments/payment-provider.ts';
import { appSecret } from '../../lib/keys/app-secret.ts';
import { type KeyRing, keyRing, mapRing } from '../../lib/keys/key-ring.ts';
import { notFound, Problem } from '../../lib/problem.ts';
import { DAY_MS, plusMs } from '../../lib/time.ts';
import { PAYMENT_STATE, walletUnavailable } from './payments.errors.ts';
import {
  findPayment,
  findPaymentByReference,
  findPaymentPage,
  findRefund,
  findUnsettledPayments,
  insertProviderEvent,
  noteAsked,
  noteWalletSession,
  type PaymentRow,
  updateRefund,
} from './payments.queries.ts';
import { isPaid, walletSessionEnd } from './payments.rules.ts';
import { addOrderId } from './return-addresses.rules.ts';

export type { PaymentRow, RefundRow } from './payments.queries.ts';
export { lockPaymentOfOrder, updatePayment } from './payments.queries.ts';

const RECONCILE_BATCH = 100;
/** After this a wallet cannot confirm any more. */
const RECONCILE_WINDOW_MS = 3 * DAY_MS;

/** The customer's own, and all for admins; for everybody else it does not exist. */
export async function getPayment(ctx: Ctx, id: string): Promise<PaymentRow> {
  const actor = signedIn(ctx);
  const payment = await findPayment(ctx.db, id);
  if (payment === undefined || (actor.role !== 'admin' && payment.user_id !== actor.user_id))
    throw notFound('payment');
  return payment;
}

/** The customer's own, all for admins; with `order_id` that of one order, if it is among them. */
export function listPayments(
  ctx: Ctx,
  filter: { readonly order_id?: string | undefined },
  page: PageRequest,
): Promise<Page<PaymentRow>> {
  const actor = signedIn(ctx);
  const user_id = actor.role === 'admin' ? undefined : actor.user_id;
  return findPaymentPage(ctx.db, { ...filter, user_id }, page);
}

/** Where the customer pays: our own address, so that checkout calls nobody and a replay gives the same answer. */
export function checkoutUrl(config: Config, payment_id: string): string {
  return `${config.publicUrl}/pay/${payment_id}/${checkoutSignatures(config, payment_id)[0]}`;
}

/** Whoever holds the address may pay, and nobody can guess it. The first is the one to give out. */
function checkoutSignatures(config: Config, payment_id: string): KeyRing<string> {
  return mapRing(keyRing(appSecret(config)), (secret) =>
    createHmac('sha256', `checkout:${secret}`).update(payment_id).digest('base64url').slice(0, 22),
  );
}

/** What follows `/pay/`. */
export interface CheckoutAddress {
  readonly payment_id: string;
  readonly signature: string;
}

/** Where a visitor of a checkout address goes: to an address, or nowhere further with a payment that is over. */
export type CheckoutVisit = { readonly goTo: string } | { readonly end: 'paid' | 'closed' };

/**
 * Opens the wallet session behind a checkout address, once; later visits find the same one. Once the payment has come
 * to its end, the address leads back to the frontend's page, where checkout named one.
 * @throws Problem NOT_FOUND for a forged address
 */
export async function openCheckout(
  ctx: OutsideCtx,
  address: CheckoutAddress,
): Promise<CheckoutVisit> {
  if (!isCheckoutAddress(ctx.config, address)) throw notFound('payment');
  const payment = await findPayment(ctx.db, address.payment_id);
  if (payment === undefined || payment.payment_method === 'COD') throw notFound('payment');
  if (payment.payment_status === 'PENDING' && !isOverFor(ctx, payment))
    return { goTo: (await startWallet(ctx, payment.id)).url };
  const end = isPaid(payment.payment_status) ? 'paid' : 'closed';
  const back = end === 'paid' ? payment.return_url : payment.cancel_url;
  return back === null ? { end } : { goTo: addOrderId(back, payment.order_id) };
}

/** Whether we gave this address out. Asks nobody. */
export function isCheckoutAddress(config: Config, address: CheckoutAddress): boolean {
  const given = Buffer.from(address.signature);
  return checkoutSignatures(config, address.payment_id).some((signature) => {
    const expected = Buffer.from(signature);
    return given.length === expected.length && timingSafeEqual(given, expected);
  });
}

/** Whether no session can begin any more; one that began goes on until its wallet ends it. */
function isOverFor(ctx: Ctx, payment: PaymentRow): boolean {
  return (
    payment.provider_reference === null &&
    walletSessionEnd(payment.expires_at ?? ctx.clock.now()) <= ctx.clock.now()
  );
}

/** Starts the wallet session of a pending payment. */
export async function startWallet(
  ctx: OutsideCtx,
  payment_id: string,
): Promise<{ reference: string; url: string }> {
  const payment = await findPayment(ctx.db, payment_id);
  if (payment === undefined || payment.payment_method === 'COD') throw notFound('payment');
  if (payment.provider_reference !== null && payment.wallet_url !== null) {
    return { reference: payment.provider_reference, url: payment.wallet_url };
  }
  if (payment.payment_status !== 'PENDING' || isOverFor(ctx, payment)) {
    throw new Problem(PAYMENT_STATE, 'This payment is no longer open: order again.');
  }
  const session = await walletOf(ctx, payment.provider).start(
    {
      payment_id,
      amount_centavos: payment.amount_centavos,
      method: payment.payment_method,
      expires_at: walletSessionEnd(payment.expires_at ?? ctx.clock.now()),
      ...returnAddressesOf(ctx.config, payment),
    },
    ctx.trace,
  );
  await noteWalletSession(ctx.db, payment_id, { ...session, now: ctx.clock.now() });
  return session;
}

/** Where the wallet sends the browser: to the frontend's pages, or where checkout named none, to our own page on how it ended. */
function returnAddressesOf(config: Config, payment: PaymentRow) {
  const { id, order_id, return_url, cancel_url } = payment;
  const back = (url: string | null) =>
    url === null ? checkoutUrl(config, id) : addOrderId(url, order_id);
  return { return_url: back(return_url), cancel_url: back(cancel_url) };
}

/** The configured wallet provider. @throws Problem SERVICE_UNAVAILABLE where it is another or none */
export function walletOf(ctx: OutsideCtx, name?: string): PaymentProvider {
  const { wallet } = ctx.gateways;
  if (wallet === undefined || (name !== undefined && wallet.name !== name)) {
    throw walletUnavailable();
  }
  return wallet;
}

/**
 * Finds the payment that a provider's event is about, the first time the event is seen.
 * @returns undefined for a repeat, and for a payment that is not ours
 */
export async function acceptProviderEvent(
  ctx: TxCtx,
  provider: string,
  event: ProviderEvent,
): Promise<PaymentRow | undefined> {
  const isNew = await insertProviderEvent(ctx.db, {
    provider,
    event_id: event.event_id,
    kind: event.outcome,
    provider_reference: event.reference,
    received_at: ctx.clock.now(),
  });
  return isNew ? findPaymentByReference(ctx.db, provider, event.reference) : undefined;
}

/** Payments whose end we may have missed, those first that the provider was asked about longest ago. */
export function listUnsettledPayments(ctx: Ctx): Promise<PaymentRow[]> {
  const since = plusMs(ctx.clock.now(), -RECONCILE_WINDOW_MS);
  return findUnsettledPayments(ctx.db, since, RECONCILE_BATCH);
}

/** What the provider says about a payment now; undefined while it is open, or where there is nobody to ask. */
export async function askProvider(
  ctx: OutsideCtx,
  payment: PaymentRow,
): Promise<ProviderEvent['outcome'] | undefined> {
  // Before asking: a payment that the provider fails on must not come first again.
  await noteAsked(ctx.db, payment.id, ctx.clock.now());
  const { wallet } = ctx.gateways;
  if (wallet?.name !== payment.provider || payment.provider_reference === null) return undefined;
  const seen = await wallet.fetch(payment.provider_reference, ctx.trace);
  return seen === undefined || seen.status === 'OPEN' ? undefined : seen.status;
}

/**
 * Has the provider give back a refund that is booked already. Safe to repeat: the provider knows the refund by our id.
 */
export async function carryOutRefund(ctx: OutsideCtx, refund_id: string): Promise<void> {
  const refund = await findRefund(ctx.db, refund_id);
  if (refund === undefined || refund.status !== 'PENDING') return;
  const payment = await findPayment(ctx.db, refund.payment_id);
  if (payment?.provider_reference == null) return;
  const { provider_reference } = payment;
  const finish = (changes: { status: 'COMPLETED' | 'FAILED'; provider_reference?: string }) =>
    inTransaction(ctx, (ctx) =>
      updateRefund(ctx.db, refund_id, { ...changes, updated_at: ctx.clock.now() }),
    );
  try {
    const reference = await walletOf(ctx, payment.provider).refund(
      { reference: provider_reference, refund_id, amount_centavos: refund.amount_centavos },
      ctx.trace,
    );
    await finish({ status: 'COMPLETED', provider_reference: reference });
  } catch (error) {
    if (!(error instanceof ProviderRefusedError)) throw error;
    ctx.log.error(
      { err: error, refund_id },
      'the provider refused a refund; refund it by hand or at the provider',
    );
    await finish({ status: 'FAILED' });
  }
}
