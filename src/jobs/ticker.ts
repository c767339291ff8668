// Offers a periodic job to its queue once in each period. Every worker offers; the database takes the first.
import type { PgBoss } from 'pg-boss';
import { SECOND_MS } from '../lib/time.ts';

/** Long periods are offered this often, so that one whose beginning no worker saw is not missed. */
const MAX_OFFER_INTERVAL_MS = 30 * SECOND_MS;

export interface Ticker {
  readonly queue: string;
  readonly period_s: number;
  /** Called once this process's offer was taken. */
  readonly wake: () => void;
}

/** Starts offering at once; faults are emitted as pg-boss's own. @returns stops, after an offer in flight */
export function startTicker(boss: PgBoss, { queue, period_s, wake }: Ticker): () => Promise<void> {
  // Twice a period: a timer that is a little late can then not skip one.
  const interval_ms = Math.min((period_s * SECOND_MS) / 2, MAX_OFFER_INTERVAL_MS);
  let timer: NodeJS.Timeout | undefined;
  let isStopped = false;
  const offer = async () => {
    try {
      const id = await boss.send(queue, {}, { singletonSeconds: period_s });
      if (id !== null) wake();
    } catch (error) {
      boss.emit('error', error instanceof Error ? error : new Error(String(error)));
    }
    if (!isStopped)
      timer = setTimeout(() => {
        offering = offer();
      }, interval_ms);
  };
  let offering = offer();
  return () => {
    isStopped = true;
    clearTimeout(timer);
    return offering;
  };
}
