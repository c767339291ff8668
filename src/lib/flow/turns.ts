// Turns: bounds how much runs at once, in all and for each key, and lets the rest wait in memory in a fair order.

export interface Claim {
  /** What this work and others may want at the same time, such as products. */
  readonly keys: readonly string[];
  /** Longest wait for one's turn. */
  readonly timeout_ms: number;
}

export interface Turns {
  /**
   * Runs `work` once there is room, in all and for each of its keys. Of those that share a key nobody overtakes.
   * @throws what `onRefused` returns where too many wait already, or the wait took too long
   */
  run<T>(claim: Claim, work: () => Promise<T>): Promise<T>;
  /** Rejects all that wait at this moment with `refusal`. */
  refuseWaiting(refusal: Error): void;
  /** How many wait. */
  readonly waitingCount: number;
}

export interface TurnsOptions {
  readonly slots: number;
  readonly slotsPerKey: number;
  readonly maxWaiting: number;
  readonly onRefused: () => Error;
}

interface Waiter {
  readonly keys: readonly string[];
  readonly admit: () => void;
  readonly refuse: (refusal: Error) => void;
}

export function createTurns({ slots, slotsPerKey, maxWaiting, onRefused }: TurnsOptions): Turns {
  const waiting = new Set<Waiter>();
  const runningByKey = new Map<string, number>();
  let running = 0;
  const count = (keys: readonly string[], by: 1 | -1) => {
    running += by;
    for (const key of keys) {
      const number = (runningByKey.get(key) ?? 0) + by;
      if (number === 0) runningByKey.delete(key);
      else runningByKey.set(key, number);
    }
  };
  const admit = () => {
    // A key that somebody further ahead waits for is theirs first.
    const claimed = new Set<string>();
    for (const waiter of waiting) {
      if (running >= slots) return;
      const isFree = waiter.keys.every(
        (key) => !claimed.has(key) && (runningByKey.get(key) ?? 0) < slotsPerKey,
      );
      if (isFree) {
        waiting.delete(waiter);
        count(waiter.keys, 1);
        waiter.admit();
      } else for (const key of waiter.keys) claimed.add(key);
    }
  };
  const enter = (keys: readonly string[], timeout_ms: number) =>
    new Promise<void>((resolve, reject) => {
      let timer: NodeJS.Timeout | undefined;
      const waiter: Waiter = {
        keys,
        admit: () => {
          clearTimeout(timer);
          resolve();
        },
        refuse: (refusal) => {
          clearTimeout(timer);
          waiting.delete(waiter);
          reject(refusal);
        },
      };
      waiting.add(waiter);
      admit();
      if (!waiting.has(waiter)) return;
      const refuse = () => {
        waiter.refuse(onRefused());
        // Those behind no longer wait for its keys.
        admit();
      };
      if (waiting.size > maxWaiting) refuse();
      else timer = setTimeout(refuse, timeout_ms);
    });
  return {
    async run(claim, work) {
      const keys = [...new Set(claim.keys)];
      await enter(keys, claim.timeout_ms);
      try {
        return await work();
      } finally {
        count(keys, -1);
        admit();
      }
    },
    refuseWaiting(refusal) {
      for (const waiter of [...waiting]) waiter.refuse(refusal);
    },
    get waitingCount() {
      return waiting.size;
    },
  };
}
