import { setImmediate as turnOfTheLoop } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { createTurns, type Turns } from './turns.ts';

const LONG_MS = 60_000;

function turnsOf(slots: number, slotsPerKey: number, maxWaiting = 100): Turns {
  return createTurns({ slots, slotsPerKey, maxWaiting, onRefused: () => new Error('refused') });
}

/** Works that end when they are told to, and the names of those that have begun. */
function bench(turns: Turns) {
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  return {
    begun,
    start: (name: string, keys: readonly string[], timeout_ms = LONG_MS) =>
      turns.run({ keys, timeout_ms }, async () => {
        begun.push(name);
        await new Promise<void>((resolve) => ends.set(name, resolve));
      }),
    end: async (name: string) => {
      ends.get(name)?.();
      await turnOfTheLoop();
    },
  };
}

describe('turns', () => {
  it('come in order, as many at once as there are slots', async () => {
    const { begun, start, end } = bench(turnsOf(2, 2));
    const all = ['a', 'b', 'c'].map((name) => start(name, []));
    await turnOfTheLoop();
    expect(begun).toEqual(['a', 'b']);
    await end('a');
    expect(begun).toEqual(['a', 'b', 'c']);
    for (const name of ['b', 'c']) await end(name);
    await Promise.all(all);
  });

  it('let others past a crowd at one key', async () => {
    const { begun, start, end } = bench(turnsOf(4, 2));
    const all = ['h1', 'h2', 'h3', 'h4'].map((name) => start(name, ['hot']));
    all.push(start('c', ['cold']));
    await turnOfTheLoop();
    expect(begun).toEqual(['h1', 'h2', 'c']);
    await end('h1');
    expect(begun).toEqual(['h1', 'h2', 'c', 'h3']);
    for (const name of ['h2', 'c', 'h3', 'h4']) await end(name);
    await Promise.all(all);
  });

  it('are not overtaken by those who want only one of two keys', async () => {
    const { begun, start, end } = bench(turnsOf(4, 1));
    const all = [start('a', ['x']), start('both', ['x', 'y']), start('y', ['y'])];
    await turnOfTheLoop();
    expect(begun).toEqual(['a']);
    await end('a');
    expect(begun).toEqual(['a', 'both']);
    for (const name of ['both', 'y']) await end(name);
    await Promise.all(all);
  });

  it('are refused after the wait that was named, and to those who come when too many wait', async () => {
    const turns = turnsOf(1, 1, 1);
    const { start, end } = bench(turns);
    const first = start('a', []);
    const second = start('b', [], 1);
    await expect(start('c', [])).rejects.toThrow('refused');
    await expect(second).rejects.toThrow('refused');
    expect(turns.waitingCount).toBe(0);
    await end('a');
    await first;
  });

  it('are free again after work that fails', async () => {
    const turns = turnsOf(1, 1);
    const claim = { keys: ['x'], timeout_ms: LONG_MS };
    await expect(turns.run(claim, () => Promise.reject(new Error('failed')))).rejects.toThrow(
      'failed',
    );
    expect(await turns.run(claim, () => Promise.resolve('done'))).toBe('done');
  });

  it('end at once for all who wait when they are told that waiting is in vain', async () => {
    const turns = turnsOf(1, 1);
    const { begun, start, end } = bench(turns);
    const first = start('a', []);
    const waiting = [start('b', []), start('c', ['hot'])];
    const refused = Promise.allSettled(waiting);
    turns.refuseWaiting(new Error('nobody answers'));
    expect((await refused).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(turns.waitingCount).toBe(0);
    await end('a');
    await first;
    const later = start('d', []);
    await turnOfTheLoop();
    expect(begun).toEqual(['a', 'd']);
    await end('d');
    await later;
  });
});
