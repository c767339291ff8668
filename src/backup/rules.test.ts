import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DAY_MS, plusMs } from '../lib/time.ts';
import { dumpFor, expiredOf, parseMoment, targetOf } from './rules.ts';

const now = new Date('2026-03-01T00:00:00Z');
const dumpsOf = (ages_days: readonly number[]) =>
  ages_days.map((age) => ({ moment: plusMs(now, -age * DAY_MS) }));

describe('a moment to restore to', () => {
  it.each([
    ['2026-03-01T08:00:00+08:00', '2026-03-01T00:00:00.000Z'],
    ['2026-03-01T00:00:00Z', '2026-03-01T00:00:00.000Z'],
    ['2026-03-01 08:00:00.250+08:00', '2026-03-01T00:00:00.250Z'],
    ['2026-03-01T08:00:00', undefined],
    ['2026-03-01', undefined],
    ['2026-02-30T08:00:00Z', undefined],
    ['2026-13-01T08:00:00Z', undefined],
    ['2026-03-01T08:00:00+25:00', undefined],
    ['yesterday', undefined],
    ['', undefined],
  ])('written %j is read as %j', (text, expected) => {
    expect(parseMoment(text)?.toISOString()).toBe(expected);
  });

  it('reaches pgBackRest in universal time', () => {
    expect(targetOf(new Date('2026-03-01T08:00:00.250+08:00'))).toBe('2026-03-01 00:00:00.250+00');
  });
});

describe('the dump for a moment', () => {
  const dumps = dumpsOf([3, 1, 2]);

  it.each([
    ['the newest where none is asked for', undefined, 1],
    ['the last before it', plusMs(now, -1.5 * DAY_MS), 2],
    ['the one taken right then', plusMs(now, -2 * DAY_MS), 2],
  ])('is %s', (_name, to, age_days) => {
    expect(dumpFor(dumps, to)?.moment).toEqual(plusMs(now, -age_days * DAY_MS));
  });

  it('does not exist before the first', () => {
    expect(dumpFor(dumps, plusMs(now, -4 * DAY_MS))).toBeUndefined();
  });
});

describe('retention', () => {
  const ages = fc.array(fc.nat(100), { maxLength: 20 });
  const limits = {
    keepCount: fc.integer({ min: 1, max: 10 }),
    keepDays: fc.integer({ min: 1, max: 60 }),
  };

  it('removes only what is too old, and never the newest of the number to keep', () => {
    fc.assert(
      fc.property(ages, limits.keepCount, limits.keepDays, (ages_days, keepCount, keepDays) => {
        const dumps = dumpsOf(ages_days);
        const expired = expiredOf(dumps, { keepCount, keepDays, now });
        const left = dumps.filter((dump) => !expired.includes(dump));
        expect(left.length).toBeGreaterThanOrEqual(Math.min(keepCount, dumps.length));
        for (const { moment } of expired) {
          expect(now.getTime() - moment.getTime()).toBeGreaterThan(keepDays * DAY_MS);
          expect(left.filter((other) => other.moment >= moment).length).toBeGreaterThanOrEqual(
            keepCount,
          );
        }
      }),
    );
  });

  it('removes everything else', () => {
    const expired = expiredOf(dumpsOf([1, 40, 2, 50, 31]), { keepCount: 2, keepDays: 30, now });
    expect(expired).toEqual(dumpsOf([31, 40, 50]));
  });
});
