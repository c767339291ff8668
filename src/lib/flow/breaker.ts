// A circuit breaker: after a few failures in a row work is refused at once for a while, then one trial decides.
import type { Clock } from '../time.ts';

/** Thrown instead of running work while the breaker is open. */
export class BreakerOpen extends Error {
  override readonly name = 'BreakerOpen';
}

export interface Breaker {
  /** Whether `run` would refuse: the cooldown lasts, or a trial is under way. */
  readonly isOpen: () => boolean;
  /**
   * Runs `work` and watches how it ends; a refusal is no failure, so `work` must not throw one.
   * @throws BreakerOpen at once while open, else what `work` throws
   */
  run<T>(work: () => Promise<T>): Promise<T>;
}

export interface BreakerOptions {
  /** How many failures in a row open it. */
  readonly failures: number;
  /** How long it stays open before one trial is let through. */
  readonly cooldown_ms: number;
  readonly clock: Clock;
}

export function createBreaker({ failures, cooldown_ms, clock }: BreakerOptions): Breaker {
  let failedInARow = 0;
  let retryAt_ms = 0;
  let isTrying = false;
  const isTripped = () => failedInARow >= failures;
  const isOpen = () => isTripped() && (isTrying || clock.now().getTime() < retryAt_ms);
  return {
    isOpen,
    async run(work) {
      if (isOpen()) throw new BreakerOpen('The breaker is open.');
      const isTrial = isTripped();
      isTrying = isTrial;
      try {
        const result = await work();
        // What began before the breaker opened and ends well afterwards is no sign for now.
        if (isTrial || !isTripped()) failedInARow = 0;
        return result;
      } catch (error) {
        failedInARow += 1;
        retryAt_ms = clock.now().getTime() + cooldown_ms;
        throw error;
      } finally {
        if (isTrial) isTrying = false;
      }
    },
  };
}
