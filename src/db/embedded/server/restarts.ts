// When a server that ended by itself is started again: soon at first, then less often, and never given up.

const FIRST_DELAY_MS = 100;
/** Also how long a disk that has room again goes unnoticed at most. */
const MAX_DELAY_MS = 5_000;
/** A server that ran for so long had no part in the failures before it. */
const HEALTHY_AFTER_MS = 60_000;

export type Restarts = {
  /** How long to wait before the next start, given how long the server ran; 0 where it did not start. */
  next: (ran_ms: number) => number;
};

/** Delays that double from FIRST_DELAY_MS to MAX_DELAY_MS, and begin anew after a healthy while. */
export function createRestarts(): Restarts {
  let delay_ms = 0;
  return {
    next: (ran_ms) => {
      const isHealthy = ran_ms >= HEALTHY_AFTER_MS || delay_ms === 0;
      delay_ms = isHealthy ? FIRST_DELAY_MS : Math.min(delay_ms * 2, MAX_DELAY_MS);
      return delay_ms;
    },
  };
}
