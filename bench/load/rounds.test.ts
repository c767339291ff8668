import { expect, it } from 'vitest';
import { compare, type Side } from './rounds.ts';

/** Gives one figure after the other, and writes down whose turn it was. */
function side(name: string, turns: string[], figures: readonly number[]): Side {
  let turn = 0;
  return async () => {
    turns.push(name);
    const per_second = figures[turn] ?? Number.NaN;
    turn += 1;
    return { per_second, cpu_us: 1_000 / per_second };
  };
}

it('the first turn of each side is not counted, and ratios are of the same round', async () => {
  const turns: string[] = [];
  const api = side('api', turns, [1, 50, 60, 10]);
  const floor = side('floor', turns, [1, 100, 80, 100]);
  const { ratio, api: mine, floor: other } = await compare(api, floor, 3);
  expect(ratio).toEqual({ min: 0.1, median: 0.5, max: 0.75 });
  expect(mine).toEqual({ per_second: 50, cpu_us: 20 });
  expect(other.per_second).toBe(100);
});

it('who comes first changes with each round', async () => {
  const turns: string[] = [];
  await compare(side('api', turns, [1, 1, 1]), side('floor', turns, [1, 1, 1]), 2);
  expect(turns).toEqual(['api', 'floor', 'api', 'floor', 'floor', 'api']);
});
