import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  businessMonth,
  businessYear,
  DAY_MS,
  HOUR_MS,
  MINUTE_MS,
  monthStart,
  nextMonth,
  plusMs,
  SECOND_MS,
  systemClock,
} from './time.ts';

describe('durations', () => {
  it('count in milliseconds', () => {
    expect([SECOND_MS, MINUTE_MS, HOUR_MS, DAY_MS]).toEqual([1_000, 60_000, 3_600_000, 86_400_000]);
  });
});

describe('plusMs', () => {
  it('moves a moment and leaves the given one as it was', () => {
    const moment = new Date('2026-03-01T00:00:00.000Z');
    expect(plusMs(moment, -1).toISOString()).toBe('2026-02-28T23:59:59.999Z');
    expect(plusMs(moment, DAY_MS).toISOString()).toBe('2026-03-02T00:00:00.000Z');
    expect(moment.toISOString()).toBe('2026-03-01T00:00:00.000Z');
  });
});

describe('businessYear', () => {
  it.each([
    ['2025-12-31T15:59:59.999Z', 2025],
    ['2025-12-31T16:00:00.000Z', 2026],
    ['2026-01-01T00:00:00.000Z', 2026],
    ['2026-07-01T00:00:00.000Z', 2026],
    ['2028-12-31T15:59:59.999Z', 2028],
    ['2028-12-31T16:00:00.000Z', 2029],
  ])('puts %s into %d: the year turns at midnight in Manila', (moment, year) => {
    expect(businessYear(new Date(moment))).toBe(year);
  });

  it('is that of UTC eight hours later', () => {
    const moments = fc.date({
      min: new Date('2000-01-01'),
      max: new Date('2100-01-01'),
      noInvalidDate: true,
    });
    fc.assert(
      fc.property(moments, (moment) => {
        expect(businessYear(moment)).toBe(plusMs(moment, 8 * HOUR_MS).getUTCFullYear());
      }),
    );
  });
});

describe('systemClock', () => {
  it('returns the time of this machine', () => {
    const before = Date.now();
    const now = systemClock.now().getTime();
    expect(now).toBeGreaterThanOrEqual(before);
    expect(now).toBeLessThanOrEqual(Date.now());
  });
});

describe('a month of the business', () => {
  it.each([
    ['2026-11-30T15:59:59.999Z', '2026-11'],
    ['2026-11-30T16:00:00.000Z', '2026-12'],
    ['2026-12-31T16:00:00.000Z', '2027-01'],
  ])('at %s is %s', (moment, month) => expect(businessMonth(new Date(moment))).toBe(month));

  it.each([
    ['2026-01', '2026-02'],
    ['2026-02', '2026-03'],
    ['2026-12', '2027-01'],
  ])('after %s is %s, and begins in it', (month, next) => {
    expect(nextMonth(month)).toBe(next);
    expect(businessMonth(monthStart(next))).toBe(next);
  });
});
