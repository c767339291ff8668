// The limiter by itself: how much runs, who waits, who is turned away.
import { describe, expect, it } from 'vitest';
import { createLimiter } from './limiter.ts';

class Full extends Error {}

function gate() {
  let open: () => void = () => {};
  const passed = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, passed };
}

function limiter(maxWaiting: number) {
  return createLimiter({ concurrency: 2, maxWaiting, onFull: () => new Full() });
}

describe('a limiter', () => {
  it('runs no more at once than it was told, and all in the order in which they came', async () => {
    const { run } = limiter(10);
    const begun: number[] = [];
    let running = 0;
    let most = 0;
    const work = (i: number) => async () => {
      begun.push(i);
      running += 1;
      most = Math.max(most, running);
      await Promise.resolve();
      running -= 1;
      return i;
    };
    const results = await Promise.all([0, 1, 2, 3, 4, 5].map((i) => run(work(i))));
    expect(results).toEqual([0, 1, 2, 3, 4, 5]);
    expect(begun).toEqual([0, 1, 2, 3, 4, 5]);
    expect(most).toBe(2);
  });

  it('turns away whom it has no place for, and takes them again later', async () => {
    const { run } = limiter(1);
    const { open, passed } = gate();
    const held = [run(() => passed), run(() => passed), run(() => passed)];
    await expect(run(async () => 'late')).rejects.toThrow(Full);
    open();
    await Promise.all(held);
    expect(await run(async () => 'now')).toBe('now');
  });

  it('gives the slot of what failed to the next', async () => {
    const { run } = limiter(5);
    const failures = [1, 2, 3, 4].map(() => run(() => Promise.reject(new Error('no'))));
    for (const failure of failures) await expect(failure).rejects.toThrow('no');
    expect(await run(async () => 'still here')).toBe('still here');
  });
});
