// The few lines of the Sentry protocol that error reports need: the DSN, one envelope an event, and when to be silent.
import { SENTRY_DSN_PATTERN } from '../../config/settings/outside.ts';
import { MINUTE_MS, SECOND_MS } from '../../lib/time.ts';
import type { SentryEvent } from './sentry-event.ts';

/** Where a server asks for silence without a duration. */
export const DEFAULT_PAUSE_MS = MINUTE_MS;
/** However long a server asks for. */
export const MAX_PAUSE_MS = 60 * MINUTE_MS;

export interface SentryTarget {
  readonly url: string;
  readonly key: string;
}

/** @throws Error, without the DSN in it, where it has not the form of SENTRY_DSN_PATTERN */
export function parseDsn(dsn: string): SentryTarget {
  const [, scheme, key, host, path, project] = new RegExp(SENTRY_DSN_PATTERN).exec(dsn) ?? [];
  if (key === undefined) throw new Error('SENTRY_DSN has the wrong form');
  return { url: `${scheme}://${host}${path}/api/${project}/envelope/`, key };
}

/** One line of headers, one that announces the event, and the event. */
export function envelopeOf(event: SentryEvent, sent_at: Date): string {
  const payload = JSON.stringify(event);
  const header = { event_id: event.event_id, sent_at: sent_at.toISOString() };
  const item = {
    type: 'event',
    content_type: 'application/json',
    length: Buffer.byteLength(payload),
  };
  return `${JSON.stringify(header)}\n${JSON.stringify(item)}\n${payload}\n`;
}

/** How long an answer asks us to send no more errors, in milliseconds; 0 where it does not. */
export function pauseAfter(response: Response, now: Date): number {
  const limits = response.headers.get('x-sentry-rate-limits');
  if (limits !== null) return bounded(Math.max(0, ...limits.split(',').map(pauseForErrors)));
  if (response.status !== 429) return 0;
  return bounded(retryAfter(response.headers.get('retry-after') ?? '', now));
}

/** One limit: `<seconds>:<categories>:<scope>…`, for everything where it names no category. */
function pauseForErrors(limit: string): number {
  const [seconds = '', categories = ''] = limit.trim().split(':');
  const isForErrors = categories === '' || categories.split(';').includes('error');
  return isForErrors ? inMs(Number.parseFloat(seconds)) : 0;
}

/** Seconds or a date (RFC 9110). */
function retryAfter(value: string, now: Date): number {
  if (/^\d+(\.\d+)?$/.test(value)) return inMs(Number(value));
  const at_ms = Date.parse(value);
  return Number.isNaN(at_ms) ? DEFAULT_PAUSE_MS : Math.max(0, at_ms - now.getTime());
}

function inMs(seconds: number): number {
  return Number.isFinite(seconds) ? seconds * SECOND_MS : DEFAULT_PAUSE_MS;
}

function bounded(pause_ms: number): number {
  return Math.min(pause_ms, MAX_PAUSE_MS);
}
