// Webhooks of the payment simulator, signed as PayMongo signs its own: HMAC-SHA256 over `t.rawBody`.
import { createHmac, timingSafeEqual } from 'node:crypto';
import { Type } from 'typebox';
import { Check } from 'typebox/value';
import type { KeyRing } from '../../lib/keys/key-ring.ts';
import { MINUTE_MS, SECOND_MS } from '../../lib/time.ts';
import type { ProviderEvent, Webhook } from './payment-provider.ts';

export const SIGNATURE_HEADER = 'simulator-signature';
export const SIGNATURE_TOLERANCE_MS = 5 * MINUTE_MS;

/** A webhook as the wallet sends it; delivering it is the caller's part. */
export interface SimulatedWebhook {
  readonly rawBody: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Signs with the first secret. */
export function signWebhook(
  [secret]: KeyRing<string>,
  event: ProviderEvent,
  now: Date,
): SimulatedWebhook {
  const rawBody = JSON.stringify(event);
  const t = Math.floor(now.getTime() / SECOND_MS);
  const v1 = digest(secret, `${t}.${rawBody}`).toString('hex');
  return {
    rawBody,
    headers: { 'content-type': 'application/json', [SIGNATURE_HEADER]: `t=${t},v1=${v1}` },
  };
}

/** The event in a webhook, or undefined where signature, time or form are wrong. Never throws. */
export function openWebhook(
  secrets: KeyRing<string>,
  { headers, rawBody, now }: Webhook,
): ProviderEvent | undefined {
  const [, t, v1] = /^t=(\d{1,12}),v1=([0-9a-f]{64})$/.exec(headers[SIGNATURE_HEADER] ?? '') ?? [];
  if (t === undefined || v1 === undefined) return undefined;
  const age_ms = now.getTime() - Number(t) * SECOND_MS;
  if (Math.abs(age_ms) > SIGNATURE_TOLERANCE_MS) return undefined;
  const given = Buffer.from(v1, 'hex');
  const isSigned = secrets.some((secret) =>
    timingSafeEqual(given, digest(secret, `${t}.${rawBody}`)),
  );
  return isSigned ? parseEvent(rawBody) : undefined;
}

function digest(secret: string, text: string): Buffer {
  return createHmac('sha256', secret).update(text).digest();
}

const WebhookBody = Type.Object({
  event_id: Type.String({ pattern: '^sim_event_[0-9a-f-]{36}$' }),
  reference: Type.String({ pattern: '^sim_[0-9a-f-]{36}$' }),
  outcome: Type.Union([Type.Literal('PAID'), Type.Literal('FAILED'), Type.Literal('EXPIRED')]),
});

function parseEvent(rawBody: string): ProviderEvent | undefined {
  try {
    const event: unknown = JSON.parse(rawBody);
    return Check(WebhookBody, event) ? event : undefined;
  } catch {
    return undefined;
  }
}
