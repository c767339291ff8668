// The port through which mail and SMS leave.
import type { TraceContext } from '../../telemetry/traces/trace-context.ts';

export interface Message {
  /** E-mail address or E.164 phone number. */
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  /** The one-time code inside the text, so that the development mailbox can show it apart. */
  readonly code?: string | undefined;
}

export interface MessageGateway {
  readonly channel: 'email' | 'sms';
  /** Hands the message over, with `trace` where it goes by HTTP; throws where that failed and another try may help. */
  send(message: Message, trace?: TraceContext): Promise<void>;
}
