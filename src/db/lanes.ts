// The lane of transactions: what waits for locks never holds the connections that everybody else needs.

import { createTurns, type Turns } from '../lib/flow/turns.ts';
import { Problem, SERVICE_UNAVAILABLE } from '../lib/problem.ts';

/**
 * Longest wait for one's turn and for what others hold, together: whoever waits in memory is in nobody's way. Beyond it the
 * answer is 503.
 */
export const TURN_TIMEOUT_MS = 15_000;
/** More than a crowd at one product; whoever comes then could not be served in time. */
const MAX_WAITING = 1_000;
/**
 * A statement of a transaction waits this long for a lock before the transaction gives its connection back and waits in
 * memory. Far above what transactions of a crowd hold locks for, far below what others would notice.
 */
export const LOCK_TIMEOUT_MS = 250;

/** The turns of those that a lock has held up before: they keep half of the lane at most. */
const HELD_UP = 'held up';

export interface LaneClaim {
  /** Ids of what many may want at once: of one of these half of the lane is busy at most. */
  readonly contendsFor: readonly string[];
  readonly wasHeldUp: boolean;
  readonly timeout_ms: number;
}

export interface Lane {
  /** @throws Problem SERVICE_UNAVAILABLE where its turn does not come in time */
  run<T>(claim: LaneClaim, work: () => Promise<T>): Promise<T>;
  readonly waitingCount: number;
}

/** Half of a pool's connections for transactions; the other half is for what only reads, which never waits for a lock. */
export function createLane(poolSize: number): Lane {
  const slots = Math.max(1, Math.floor(poolSize / 2));
  const turns: Turns = createTurns({
    slots,
    slotsPerKey: Math.max(1, Math.floor(slots / 2)),
    maxWaiting: MAX_WAITING,
    onRefused: turnNeverCame,
  });
  return {
    run: ({ contendsFor, wasHeldUp, timeout_ms }, work) => {
      const keys = wasHeldUp ? [...contendsFor, HELD_UP] : contendsFor;
      return turns.run({ keys, timeout_ms }, async () => {
        try {
          return await work();
        } catch (error) {
          // Whoever waits would only find out the same, one timeout after the other.
          if (isUnanswered(error)) turns.refuseWaiting(databaseDoesNotAnswer(error));
          throw error;
        }
      });
    },
    get waitingCount() {
      return turns.waitingCount;
    },
  };
}

/** The server took no connection or gave no answer in time; a single connection that broke is no sign for the others. */
const UNANSWERED = /timeout expired|Query read timeout|ECONNREFUSED|EHOSTUNREACH|ETIMEDOUT/;

function isUnanswered(error: unknown): boolean {
  return error instanceof Error && UNANSWERED.test(error.message);
}

function databaseDoesNotAnswer(cause: unknown): Problem {
  return new Problem(
    SERVICE_UNAVAILABLE,
    'The database does not answer at the moment. Try again shortly.',
    { cause },
  );
}

export function turnNeverCame(): Problem {
  return new Problem(
    SERVICE_UNAVAILABLE,
    'Too many others want the same at the moment. Try again shortly.',
  );
}
