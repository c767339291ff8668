// Bounds how much of something runs at once, and how much may wait for it.

export interface Limiter {
  /**
   * Runs `work` when a slot is free.
   * @throws what `onFull` returns where too many wait already
   */
  run<T>(work: () => Promise<T>): Promise<T>;
  /** The same for work that nobody waits for: it queues however many wait already. */
  runPatiently<T>(work: () => Promise<T>): Promise<T>;
}

export interface LimiterOptions {
  readonly concurrency: number;
  readonly maxWaiting: number;
  readonly onFull: () => Error;
}

export function createLimiter({ concurrency, maxWaiting, onFull }: LimiterOptions): Limiter {
  const waiting: (() => void)[] = [];
  let running = 0;
  const runPatiently = async <T>(work: () => Promise<T>): Promise<T> => {
    if (running < concurrency) running += 1;
    // Whoever leaves hands its slot over, so that nobody overtakes those who wait.
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  };
  return {
    runPatiently,
    run: async (work) => {
      if (running >= concurrency && waiting.length >= maxWaiting) throw onFull();
      return runPatiently(work);
    },
  };
}
