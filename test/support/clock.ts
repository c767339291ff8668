// Clocks for tests: both start at a known moment and jump where a test says so.
import type { Clock } from '../../src/lib/time.ts';

export interface TestClock extends Clock {
  /** Moves every later `now()`. */
  advance(duration_ms: number): void;
}

export const TEST_START = new Date('2026-03-02T02:00:00.000Z');

/** Runs on between jumps, as the clock of a server does. */
export function movableClock(): TestClock {
  let offset_ms = TEST_START.getTime() - Date.now();
  return {
    now: () => new Date(Date.now() + offset_ms),
    advance: (duration_ms) => {
      offset_ms += duration_ms;
    },
  };
}

/** Stands still between jumps: for a test whose answer depends on a single millisecond. */
export function stillClock(): TestClock {
  let now_ms = TEST_START.getTime();
  return {
    now: () => new Date(now_ms),
    advance: (duration_ms) => {
      now_ms += duration_ms;
    },
  };
}
