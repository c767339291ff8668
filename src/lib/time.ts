// The clock as an argument, and the durations that all modules use.

export interface Clock {
  now(): Date;
}

export const systemClock: Clock = { now: () => new Date() };

export const SECOND_MS = 1000;
export const MINUTE_MS = 60 * SECOND_MS;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

export function plusMs(moment: Date, duration_ms: number): Date {
  return new Date(moment.getTime() + duration_ms);
}

const manilaYear = new Intl.DateTimeFormat('en', { timeZone: 'Asia/Manila', year: 'numeric' });

const manilaDay = new Intl.DateTimeFormat('sv', { timeZone: 'Asia/Manila' });

/** The calendar month in which this moment falls for the business: `2026-11`. */
export function businessMonth(moment: Date): string {
  return manilaDay.format(moment).slice(0, 7);
}

/** The moment at which such a month begins. The Philippines keep one time all year. */
export function monthStart(month: string): Date {
  return new Date(`${month}-01T00:00:00+08:00`);
}

export function nextMonth(month: string): string {
  // No month has more than 31 days, and none less than 28.
  return businessMonth(plusMs(monthStart(month), 32 * DAY_MS));
}

/** The calendar year in which this moment falls for the business. */
export function businessYear(moment: Date): number {
  return Number(manilaYear.format(moment));
}
