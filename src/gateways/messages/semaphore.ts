// SMS through Semaphore (https://api.semaphore.co/docs), the Philippine gateway.
import { Type } from 'typebox';
import { Check } from 'typebox/value';
import { traceHeaders } from '../../telemetry/traces/trace-context.ts';
import type { MessageGateway } from './messages.ts';

export const SEMAPHORE_URL = 'https://api.semaphore.co';
export const SEMAPHORE_TIMEOUT_MS = 10_000;

interface SemaphoreOptions {
  readonly apiKey: string;
  /** A registered sender name; Semaphore's own where absent. */
  readonly senderName?: string | undefined;
  readonly baseUrl?: string;
  readonly timeout_ms?: number;
}

const Accepted = Type.Array(
  Type.Object({
    message_id: Type.Union([Type.Integer(), Type.String()]),
    status: Type.Union([Type.Literal('Queued'), Type.Literal('Pending'), Type.Literal('Sent')]),
  }),
  { minItems: 1 },
);

/** Sends `text` alone, because an SMS has no subject; `send` throws unless Semaphore took the message over. */
export function createSemaphoreGateway(options: SemaphoreOptions): MessageGateway {
  const {
    apiKey,
    senderName,
    baseUrl = SEMAPHORE_URL,
    timeout_ms = SEMAPHORE_TIMEOUT_MS,
  } = options;
  return {
    channel: 'sms',
    async send({ to, text }, trace) {
      const form = new URLSearchParams({
        apikey: apiKey,
        number: to.replace(/^\+/, ''),
        message: text,
      });
      if (senderName !== undefined) form.set('sendername', senderName);
      const response = await fetch(`${baseUrl}/api/v4/messages`, {
        method: 'POST',
        headers: traceHeaders(trace),
        body: form,
        redirect: 'error',
        signal: AbortSignal.timeout(timeout_ms),
      });
      // Never quoted in an error: Semaphore's answers repeat the number and the text.
      const answer = await response.text();
      if (!response.ok) throw new Error(`Semaphore answered ${response.status}`);
      if (!isAccepted(answer)) throw new Error('Semaphore did not accept the message');
    },
  };
}

function isAccepted(answer: string): boolean {
  try {
    return Check(Accepted, JSON.parse(answer));
  } catch {
    return false;
  }
}
