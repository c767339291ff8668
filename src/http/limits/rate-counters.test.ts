import { describe, expect, it } from 'vitest';
import { stillClock } from '../../../test/support/clock.ts';
import { MAX_COUNTED_IN_MEMORY, memoryCounters } from './rate-counters.ts';

const MINUTE_MS = 60_000;
const LIMIT = 100_000;

function open() {
  const clock = stillClock();
  const counters = memoryCounters(clock);
  const window = (key: string, limit = LIMIT) => ({ key, length_ms: MINUTE_MS, limit });
  return { clock, counters, window, count: (key: string) => counters.count([window(key)]) };
}

describe('counting in memory', () => {
  it('counts each key in a window that begins with its first request', async () => {
    const { clock, count } = open();
    const [first = 0, left_ms = 0] = await count('maria');
    expect(first).toBe(1);
    expect(left_ms).toBe(MINUTE_MS);
    clock.advance(20_000);
    const [second, rest_ms = 0] = await count('maria');
    expect(second).toBe(2);
    expect(rest_ms).toBeLessThanOrEqual(MINUTE_MS - 20_000);
    expect((await count('jose'))[0]).toBe(1);
  });

  it('begins anew when a window is over', async () => {
    const { clock, count } = open();
    await count('maria');
    clock.advance(MINUTE_MS);
    expect((await count('maria'))[0]).toBe(1);
  });

  it('takes a request that one window refuses from no other', async () => {
    const { counters, window, count } = open();
    const both = [window('wide'), window('narrow', 1)];
    expect((await counters.count(both)).filter((_, i) => i % 2 === 0)).toEqual([1, 1]);
    expect((await counters.count(both)).filter((_, i) => i % 2 === 0)).toEqual([2, 2]);
    expect((await counters.count(both)).filter((_, i) => i % 2 === 0)).toEqual([2, 3]);
    expect((await count('wide'))[0]).toBe(2);
  });

  it('keeps nothing of windows that refused requests began', async () => {
    const { counters, window, count } = open();
    await count('quiet');
    await counters.count([window('narrow', 1)]);
    for (let i = 0; i < MAX_COUNTED_IN_MEMORY; i += 1)
      await counters.count([window(`invented ${i}`), window('narrow', 1)]);
    expect((await count('quiet'))[0]).toBe(2);
  });

  it('forgets who has been quiet longest when too many come, so that memory is bounded', async () => {
    const { count } = open();
    await count('quiet');
    await count('busy');
    for (let i = 0; i < MAX_COUNTED_IN_MEMORY - 2; i += 1) await count(`stranger ${i}`);
    expect((await count('busy'))[0]).toBe(2);
    await count('one more');
    expect((await count('quiet'))[0]).toBe(1);
    expect((await count('busy'))[0]).toBe(3);
  });
});
