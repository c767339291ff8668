// The outside world as the house sees it: who sends mail and SMS, keeps files, and moves money.
import type { MessageGateway } from './messages.ts';
import type { PaymentProvider } from './payment-provider.ts';
import type { Simulator } from './simulator.ts';
import type { FileStorage } from './storage.ts';

export interface Gateways {
  readonly mail: MessageGateway;
  readonly sms: MessageGateway;
  readonly storage: FileStorage;
  /** The wallet provider for GCash and Maya; absent where none is configured. */
  readonly wallet?: PaymentProvider | undefined;
  /** The same wallet where it is the simulator: development and tests decide its payments. */
  readonly simulator?: Simulator | undefined;
}
