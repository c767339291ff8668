import { expect, it } from 'vitest';
import { createRestarts } from './restarts.ts';

it('waits longer after each failure, and never longer than the bound', () => {
  const restarts = createRestarts();
  const delays = Array.from({ length: 50 }, () => restarts.next(0));
  expect(delays.slice(0, 8)).toEqual([100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000]);
  expect(delays.at(-1)).toBe(5_000);
});

it('begins anew after a server that ran for a while', () => {
  const restarts = createRestarts();
  for (let i = 0; i < 20; i += 1) restarts.next(1_000);
  expect(restarts.next(59_000)).toBe(5_000);
  expect(restarts.next(60_000)).toBe(100);
  expect(restarts.next(0)).toBe(200);
});
