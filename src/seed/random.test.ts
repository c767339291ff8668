import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isUuid } from '../lib/ids.ts';
import { createRandom } from './random.ts';

const AT = new Date('2026-03-02T02:00:00.000Z');

function take<T>(count: number, next: () => T): T[] {
  return Array.from({ length: count }, next);
}

describe('createRandom', () => {
  it('repeats itself for one seed and differs for another', () => {
    const draw = (seed: number) => take(50, createRandom(seed).fraction);
    expect(draw(1)).toEqual(draw(1));
    expect(draw(2)).not.toEqual(draw(1));
  });

  it('spreads fractions evenly from 0 up to 1', () => {
    const random = createRandom(3);
    const tenths = Array.from({ length: 10 }, () => 0);
    for (const fraction of take(10_000, random.fraction)) {
      expect(fraction).toBeGreaterThanOrEqual(0);
      expect(fraction).toBeLessThan(1);
      const tenth = Math.floor(fraction * 10);
      tenths[tenth] = (tenths[tenth] ?? 0) + 1;
    }
    for (const count of tenths) expect(Math.abs(count - 1_000)).toBeLessThan(150);
  });

  it('reaches both ends of a range of whole numbers, and nothing beyond', () => {
    const random = createRandom(4);
    expect(new Set(take(500, () => random.integer(2, 4)))).toEqual(new Set([2, 3, 4]));
  });

  it('picks by weight, and never what weighs nothing', () => {
    const random = createRandom(5);
    const picked = take(2_000, () =>
      random.weighted([
        ['never', 0],
        ['often', 9],
        ['rarely', 1],
      ]),
    );
    const rarely = picked.filter((pick) => pick === 'rarely').length;
    expect(picked).not.toContain('never');
    expect(rarely).toBeGreaterThan(120);
    expect(rarely).toBeLessThan(280);
  });

  it('refuses to pick from nothing', () => {
    expect(() => createRandom(6).pick([])).toThrow(RangeError);
    expect(() => createRandom(6).weighted([])).toThrow(RangeError);
  });

  it('keeps a moment within its bounds', () => {
    const random = createRandom(7);
    fc.assert(
      fc.property(fc.nat(10_000_000), (span_ms) => {
        const high = new Date(AT.getTime() + span_ms);
        const moment = random.moment(AT, high);
        expect(moment >= AT && moment <= high).toBe(true);
      }),
    );
  });

  it('makes ids that are UUIDv7, unlike each other, and sort by their moments', () => {
    const random = createRandom(8);
    const ids = take(1_000, () => 0).map((_, i) => random.id(new Date(AT.getTime() + i)));
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.toSorted()).toEqual(ids);
    for (const id of ids) {
      expect(isUuid(id)).toBe(true);
      expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab]/);
    }
    expect(new Set(take(1_000, () => random.id(AT))).size).toBe(1_000);
  });
});
