import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mostCommon, quantile, spreadOf } from './statistics.ts';

describe('a quantile', () => {
  it.each([
    [[7], 0.5, 7],
    [[3, 1, 2], 0.5, 2],
    [[4, 1, 2, 3], 0.5, 2.5],
    [[10, 20, 30, 40, 50], 0.95, 48],
    [[2, 1], 0, 1],
    [[2, 1], 1, 2],
  ])('of %j at %f is %f', (values, share, expected) => {
    expect(quantile(values, share)).toBeCloseTo(expected);
  });

  it('of nothing is refused', () => {
    expect(() => quantile([], 0.5)).toThrow(RangeError);
  });

  it('never falls as the share grows, nor leaves the range of the values', () => {
    const values = fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { minLength: 1 });
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(values, share, share, (list, a, b) => {
        const [low, high] = [quantile(list, Math.min(a, b)), quantile(list, Math.max(a, b))];
        expect(low).toBeLessThanOrEqual(high + 1e-6);
        expect(low).toBeGreaterThanOrEqual(Math.min(...list) - 1e-6);
        expect(high).toBeLessThanOrEqual(Math.max(...list) + 1e-6);
      }),
    );
  });
});

it('a spread holds the least, the middle and the greatest', () => {
  expect(spreadOf([0.5, 0.9, 0.4])).toEqual({ min: 0.4, median: 0.5, max: 0.9 });
});

it('the most common of several is the one that is there most often, the earliest of equals', () => {
  expect(mostCommon(['a', 'b', 'b', 'c'])).toBe('b');
  expect(mostCommon(['b', 'a', 'a', 'b'])).toBe('b');
  expect(mostCommon([])).toBeUndefined();
});
