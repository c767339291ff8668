// The port to a wallet provider: start a session, believe or refuse its webhooks, ask it, give money back. Calls that
// go out carry on the `trace` they are given.
import type { TraceContext } from '../../telemetry/traces/trace-context.ts';

export type WalletMethod = 'GCASH' | 'MAYA';

export interface WalletSession {
  /** The provider's own id of this payment. */
  readonly reference: string;
  /** Where the customer pays. */
  readonly url: string;
}

/** An event of the provider; events may come twice, late and in any order. */
export interface ProviderEvent {
  readonly event_id: string;
  readonly reference: string;
  readonly outcome: 'PAID' | 'FAILED' | 'EXPIRED';
}

export interface ProviderPayment {
  readonly status: 'OPEN' | 'PAID' | 'FAILED' | 'EXPIRED';
  readonly amount_centavos: number;
  readonly refunded_centavos: number;
}

/** What arrived at our address; names of headers are in lower case. */
export interface Webhook {
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly rawBody: string;
  readonly now: Date;
}

/** The provider refused: trying again cannot help. Any other error of a provider may pass. */
export class ProviderRefusedError extends Error {
  override readonly name = 'ProviderRefusedError';
}

export interface PaymentProvider {
  readonly name: string;
  readonly capabilities: {
    readonly methods: readonly WalletMethod[];
    readonly partialRefunds: boolean;
  };
  /**
   * Opens a session; calling again with the same `payment_id` gives the same one.
   * @throws ProviderRefusedError where the provider will not take this payment
   */
  start(
    payment: {
      readonly payment_id: string;
      readonly amount_centavos: number;
      readonly method: WalletMethod;
      readonly expires_at: Date;
      /** Where the wallet sends the browser once it has paid. That it comes back proves nothing. */
      readonly return_url: string;
      /** Where the wallet sends the browser that gives up, is refused, or comes too late. */
      readonly cancel_url: string;
    },
    trace?: TraceContext,
  ): Promise<WalletSession>;
  /** The event in a webhook, or undefined where signature, time or form are wrong. */
  verifyWebhook(webhook: Webhook): ProviderEvent | undefined;
  /** The provider's own view; undefined where it knows no such payment. */
  fetch(reference: string, trace?: TraceContext): Promise<ProviderPayment | undefined>;
  /**
   * Gives money back; the same `refund_id` again is the same refund. Returns the provider's id of it.
   * @throws ProviderRefusedError where there is no such payment or not that much left of it
   */
  refund(
    refund: {
      readonly reference: string;
      readonly refund_id: string;
      readonly amount_centavos: number;
    },
    trace?: TraceContext,
  ): Promise<string>;
}
