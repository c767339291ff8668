import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DAY_MS, HOUR_MS, plusMs } from '../../lib/time.ts';
import { daysLeft, freshnessOf } from './freshness.rules.ts';

const HARVEST = new Date('2026-03-01T00:00:00.000Z');
const lot = { harvested_at: HARVEST, expires_at: plusMs(HARVEST, 10 * DAY_MS) };

describe('freshness', () => {
  it.each([
    ['at harvest', 0, 'FRESH'],
    ['just before half of its life is over', 5 * DAY_MS - 1, 'FRESH'],
    ['with exactly half of its life left', 5 * DAY_MS, 'SLIGHTLY_WITHERED'],
    ['a millisecond before its end', 10 * DAY_MS - 1, 'SLIGHTLY_WITHERED'],
    ['at its end', 10 * DAY_MS, 'ROTTEN'],
    ['long after', 1000 * DAY_MS, 'ROTTEN'],
    ['before harvest, by a clock that is ahead', -HOUR_MS, 'FRESH'],
  ])('a lot %s is judged by the share of life left', (_when, age_ms, expected) => {
    expect(freshnessOf(lot, plusMs(HARVEST, age_ms))).toBe(expected);
  });

  it('never improves as time passes', () => {
    const rank = { FRESH: 0, SLIGHTLY_WITHERED: 1, ROTTEN: 2 };
    const moment_ms = fc.integer({ min: -DAY_MS, max: 20 * DAY_MS });
    fc.assert(
      fc.property(moment_ms, moment_ms, (a, b) => {
        const [early, late] = [Math.min(a, b), Math.max(a, b)].map((ms) =>
          freshnessOf(lot, plusMs(HARVEST, ms)),
        );
        return early !== undefined && late !== undefined && rank[early] <= rank[late];
      }),
    );
  });

  it('depends on the share of life alone, not on its length', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 400 * DAY_MS }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (life_ms, share) => {
          const now = plusMs(HARVEST, life_ms * share);
          const left_ms = HARVEST.getTime() + life_ms - now.getTime();
          const expected = left_ms > life_ms / 2 ? 'FRESH' : 'SLIGHTLY_WITHERED';
          return (
            freshnessOf({ harvested_at: HARVEST, expires_at: plusMs(HARVEST, life_ms) }, now) ===
            expected
          );
        },
      ),
    );
  });
});

describe('days left', () => {
  it.each([
    [DAY_MS, 1],
    [DAY_MS - 1, 0],
    [3 * DAY_MS + 23 * HOUR_MS, 3],
    [0, 0],
    [-5 * DAY_MS, 0],
  ])('%d ms before the end are %d whole days', (left_ms, days) => {
    expect(daysLeft(plusMs(HARVEST, left_ms), HARVEST)).toBe(days);
  });
});
