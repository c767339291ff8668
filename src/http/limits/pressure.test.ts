import { setImmediate as turnOfTheLoop } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createPressure, type LoopDelay, type Pressure, watchLoopDelay } from './pressure.ts';

/** So many calm samples end a level. */
const CALM_SAMPLES = 5;

function open() {
  const values = { first: 0, second: 0 };
  const changes: [number, Readonly<Record<string, number>>][] = [];
  const pressure = createPressure({
    signals: [
      { name: 'first', threshold: 10, value: () => values.first },
      { name: 'second', threshold: 1_000, value: () => values.second },
    ],
    onChange: (level, values) => changes.push([level, values]),
  });
  return { pressure, values, changes };
}

function relax(pressure: Pressure, times: number): number {
  for (let i = 0; i < times; i += 1) pressure.relax();
  return pressure.level();
}

describe('pressure', () => {
  it.each([
    [0, 0],
    [9.99, 0],
    [10, 1],
    [19.99, 1],
    [20, 2],
    [39.99, 2],
    [40, 3],
    [1_000, 3],
  ])('of a signal at %d is level %d, whose threshold is 10', (value, level) => {
    const { pressure, values } = open();
    values.first = value;
    expect(pressure.level()).toBe(level);
  });

  it('is that of the worst signal', () => {
    const { pressure, values } = open();
    Object.assign(values, { first: 11, second: 2_500 });
    expect(pressure.level()).toBe(2);
  });

  it('rises at once, and falls level by level after calm samples in a row', () => {
    const { pressure, values } = open();
    values.first = 40;
    expect(pressure.level()).toBe(3);
    values.first = 0;
    expect(relax(pressure, CALM_SAMPLES - 1)).toBe(3);
    expect(relax(pressure, 1)).toBe(2);
    expect(relax(pressure, CALM_SAMPLES)).toBe(1);
    expect(relax(pressure, CALM_SAMPLES)).toBe(0);
  });

  it('does not flap around its threshold', () => {
    const { pressure, values, changes } = open();
    for (let i = 0; i < 100; i += 1) {
      values.first = i % 2 === 0 ? 10 : 8;
      pressure.level();
      pressure.relax();
    }
    expect(changes.map(([level]) => level)).toEqual([1]);
  });

  it('begins to count anew where calm is interrupted', () => {
    const { pressure, values } = open();
    values.first = 10;
    pressure.level();
    values.first = 0;
    expect(relax(pressure, CALM_SAMPLES - 1)).toBe(1);
    values.first = 8;
    expect(relax(pressure, 1)).toBe(1);
    values.first = 0;
    expect(relax(pressure, CALM_SAMPLES - 1)).toBe(1);
    expect(relax(pressure, 1)).toBe(0);
  });

  it('reports each change with the values that made it', () => {
    const { pressure, values, changes } = open();
    expect(relax(pressure, CALM_SAMPLES)).toBe(0);
    values.second = 1_200;
    pressure.level();
    values.second = 5;
    relax(pressure, CALM_SAMPLES);
    expect(changes).toEqual([
      [1, { first: 0, second: 1_200 }],
      [0, { first: 0, second: 5 }],
    ]);
  });
});

describe('the delay of the event loop', () => {
  let delay: LoopDelay | undefined;
  let samples = 0;
  const watch = () => {
    samples = 0;
    delay = watchLoopDelay(() => {
      samples += 1;
    });
    return delay;
  };
  afterEach(() => delay?.stop());

  /** What handlers that compute for so long do to everybody else, again and again. */
  async function block(times: number, duration_ms: number): Promise<void> {
    for (let i = 0; i < times; i += 1) {
      const end = performance.now() + duration_ms;
      while (performance.now() < end) Math.sqrt(end);
      // Other work waits in between, and every other time nothing does.
      await turnOfTheLoop();
      await turnOfTheLoop();
    }
  }

  it('is what lasts over several samples, and gone when it is over', async () => {
    const { sustained_ms } = watch();
    await block(4, 150);
    expect(sustained_ms()).toBeGreaterThan(100);
    expect(sustained_ms()).toBeLessThan(5_000);
    await vi.waitFor(() => expect(sustained_ms()).toBeLessThan(20), { timeout: 10_000 });
  });

  it('is not a single pause', async () => {
    const { sustained_ms } = watch();
    await vi.waitFor(() => expect(samples).toBeGreaterThan(1));
    await block(1, 500);
    expect(sustained_ms()).toBeLessThan(100);
  });

  it('is watched no longer than requested', async () => {
    const { stop, sustained_ms } = watch();
    stop();
    await block(4, 120);
    expect([samples, sustained_ms()]).toEqual([0, 0]);
  });
});
