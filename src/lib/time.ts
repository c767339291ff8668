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

/** The calendar year in which this moment falls for the business. */
export function businessYear(moment: Date): number {
  return Number(manilaYear.format(moment));
}
