// Which dump serves a moment, which ones have had their time, and how moments are read and written.

import { DAY_MS } from '../lib/time.ts';

export interface Retention {
  /** So many are kept however old they are. */
  readonly keepCount: number;
  readonly keepDays: number;
  readonly now: Date;
}

/** RFC 3339; without an offset the moment is ambiguous. */
const MOMENT = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}(\.\d{1,3})?(Z|[+-]\d{2}:\d{2})$/i;
const DATE_CHARS = 10;

/** @returns undefined where the text is no moment, or one of an unknown offset */
export function parseMoment(text: string): Date | undefined {
  const moment = new Date(text.replace(' ', 'T'));
  const isMoment = MOMENT.test(text) && !Number.isNaN(moment.getTime());
  return isMoment && isInCalendar(text.slice(0, DATE_CHARS)) ? moment : undefined;
}

/** JavaScript takes 30 February for 2 March. */
function isInCalendar(date: string): boolean {
  return new Date(`${date}T00:00:00Z`).toISOString().startsWith(date);
}

/** Those that are older than the days to keep, never one of the newest. */
export function expiredOf<Dump extends { readonly moment: Date }>(
  dumps: readonly Dump[],
  { keepCount, keepDays, now }: Retention,
): Dump[] {
  const oldest_ms = now.getTime() - keepDays * DAY_MS;
  return newestFirst(dumps)
    .slice(keepCount)
    .filter(({ moment }) => moment.getTime() < oldest_ms);
}

/** The newest that shows nothing later than `to`. */
export function dumpFor<Dump extends { readonly moment: Date }>(
  dumps: readonly Dump[],
  to: Date | undefined,
): Dump | undefined {
  return newestFirst(dumps).find(({ moment }) => to === undefined || moment <= to);
}

export function newestFirst<Dump extends { readonly moment: Date }>(
  dumps: readonly Dump[],
): Dump[] {
  return dumps.toSorted((a, b) => b.moment.getTime() - a.moment.getTime());
}

/** As pgBackRest takes it: `2026-03-01 00:00:00.000+00`. */
export function targetOf(moment: Date): string {
  return moment.toISOString().replace('T', ' ').replace('Z', '+00');
}
