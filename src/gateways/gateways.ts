// The outside world: who sends mail and SMS, keeps files, and moves money.
import type { MessageGateway } from './messages/messages.ts';
import type { PaymentProvider } from './payments/payment-provider.ts';
import type { Simulator } from './payments/simulator.ts';
import type { FileStorage } from './storage/storage.ts';

/** What of the gateways may be read anywhere: which wallet there is and what it offers, but nothing to call. */
export interface GatewayFacts {
  readonly wallet?: Pick<PaymentProvider, 'name' | 'capabilities'> | undefined;
}

export interface Gateways extends GatewayFacts {
  readonly mail: MessageGateway;
  readonly sms: MessageGateway;
  readonly storage: FileStorage;
  /** The wallet provider for GCash and Maya; absent where none is configured. */
  readonly wallet?: PaymentProvider | undefined;
  /** The same wallet where it is the simulator: development and tests decide its payments. */
  readonly simulator?: Simulator | undefined;
}
