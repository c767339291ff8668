// Error reports to a server that speaks Sentry's protocol: bounded in number, time and memory, and nothing personal.
import { withDeadline } from '../../lib/flow/deadline.ts';
import { type Clock, MINUTE_MS } from '../../lib/time.ts';
import type { Log } from '../log.ts';
import {
  type Circumstances,
  describeThrown,
  type SentryEvent,
  sentryEvent,
} from './sentry-event.ts';
import { envelopeOf, parseDsn, pauseAfter } from './sentry-protocol.ts';

export const MAX_QUEUED = 50;
export const MAX_CONCURRENT = 2;
/** Of one kind: the same type of error from the same place. */
export const MAX_ALIKE_PER_MINUTE = 5;
export const MAX_PER_MINUTE = 60;
const SEND_TIMEOUT_MS = 5_000;
/** What is still unsent then is lost: a server that hangs must not keep a process. */
export const FLUSH_TIMEOUT_MS = 2_000;

export interface ErrorReportsOptions {
  readonly dsn: string;
  readonly version: string;
  readonly environment: string;
  /** Share of errors to report, 0 to 1. */
  readonly sampleRate: number;
  readonly clock: Clock;
  readonly log: Pick<Log, 'warn'>;
  readonly sendTimeout_ms?: number;
  readonly flushTimeout_ms?: number;
}

export interface ErrorReports {
  /** Queues a report of what was thrown. Never throws, never waits. */
  report(thrown: unknown, where?: Circumstances): void;
  /** Sends what waits, for a bounded time; never rejects. */
  close(): Promise<void>;
}

type Loss = 'alike' | 'too_many' | 'queue_full' | 'asked_to_pause' | 'refused' | 'unreachable';

/** @throws Error where the DSN is malformed */
export function createErrorReports(options: ErrorReportsOptions): ErrorReports {
  const { clock, log, environment, version, sampleRate } = options;
  const origin = { release: `freshbytes@${version}`, environment };
  const send = createSender(options);
  const lose = createLossLog(options);
  const isWithinLimits = createLimits(clock, lose);
  const queue: SentryEvent[] = [];
  const senders = new Set<Promise<void>>();
  let isClosed = false;

  async function drain(): Promise<void> {
    for (let event = queue.shift(); event !== undefined; event = queue.shift()) {
      const loss = await send(event);
      if (loss !== undefined) lose(loss);
    }
  }

  function enqueue(event: SentryEvent): void {
    if (queue.length >= MAX_QUEUED) {
      lose('queue_full');
      return;
    }
    queue.push(event);
    if (senders.size >= MAX_CONCURRENT) return;
    const sender = drain().finally(() => senders.delete(sender));
    senders.add(sender);
  }

  return {
    report(thrown, where = {}) {
      try {
        if (isClosed || Math.random() >= sampleRate) return;
        const description = describeThrown(thrown);
        if (!isWithinLimits(`${description.type}\n${description.stack}`)) return;
        enqueue(sentryEvent(description, where, { ...origin, now: clock.now() }));
      } catch (err) {
        log.warn({ err }, 'an error could not be reported');
      }
    },
    async close() {
      isClosed = true;
      try {
        const flush_ms = options.flushTimeout_ms ?? FLUSH_TIMEOUT_MS;
        await withDeadline(Promise.all(senders), flush_ms, 'the server does not answer');
      } catch (err) {
        log.warn({ err, unsent: queue.length + senders.size }, 'the last error reports were lost');
        queue.length = 0;
      }
    },
  };
}

/** Sends one event, once: what failed is not tried again. Never rejects. */
function createSender(
  options: ErrorReportsOptions,
): (event: SentryEvent) => Promise<Loss | undefined> {
  const { clock, version, sendTimeout_ms = SEND_TIMEOUT_MS } = options;
  const { url, key } = parseDsn(options.dsn);
  const client = `freshbytes/${version}`;
  const headers = {
    'content-type': 'application/x-sentry-envelope',
    'user-agent': client,
    'x-sentry-auth': `Sentry sentry_version=7, sentry_client=${client}, sentry_key=${key}`,
  };
  let paused_until_ms = 0;
  return async (event) => {
    const now = clock.now();
    if (now.getTime() < paused_until_ms) return 'asked_to_pause';
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers,
        body: envelopeOf(event, now),
        redirect: 'error',
        signal: AbortSignal.timeout(sendTimeout_ms),
      });
      const pause_ms = pauseAfter(response, clock.now());
      paused_until_ms = Math.max(paused_until_ms, clock.now().getTime() + pause_ms);
      await response.body?.cancel();
      return response.ok ? undefined : 'refused';
    } catch {
      // Logged as a number: every further report would fail alike.
      return 'unreachable';
    }
  };
}

/** Counts reports by kind and altogether, anew each minute. */
function createLimits(clock: Clock, lose: (loss: Loss) => void): (kind: string) => boolean {
  const alike = new Map<string, number>();
  let minute = 0;
  let total = 0;
  return (kind) => {
    const current = Math.floor(clock.now().getTime() / MINUTE_MS);
    if (current !== minute) {
      alike.clear();
      minute = current;
      total = 0;
    }
    const count = alike.get(kind) ?? 0;
    const loss =
      count >= MAX_ALIKE_PER_MINUTE ? 'alike' : total >= MAX_PER_MINUTE ? 'too_many' : undefined;
    if (loss !== undefined) {
      lose(loss);
      return false;
    }
    alike.set(kind, count + 1);
    total += 1;
    return true;
  };
}

/** Logs once a minute how many reports were lost, and why. */
function createLossLog({ clock, log }: ErrorReportsOptions): (loss: Loss) => void {
  let lost: Partial<Record<Loss, number>> = {};
  let quiet_until_ms = 0;
  return (loss) => {
    lost[loss] = (lost[loss] ?? 0) + 1;
    const now_ms = clock.now().getTime();
    if (now_ms < quiet_until_ms) return;
    log.warn({ lost }, 'error reports were not sent');
    lost = {};
    quiet_until_ms = now_ms + MINUTE_MS;
  };
}
