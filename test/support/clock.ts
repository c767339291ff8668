// Time for tests: it runs like any other, from a known moment on, and jumps where a test says so.
import type { Clock } from '../../src/lib/time.ts';

export interface TestClock extends Clock {
  /** Moves every later `now()`. */
  advance(duration_ms: number): void;
}

export const TEST_START = new Date('2026-03-02T02:00:00.000Z');

export function movableClock(): TestClock {
  let offset_ms = TEST_START.getTime() - Date.now();
  return {
    now: () => new Date(Date.now() + offset_ms),
    advance: (duration_ms) => {
      offset_ms += duration_ms;
    },
  };
}
