// The courses that series take in the drills of alerts, in promtool's notation: one sample a minute through a good time, a
// bad time, and a good time again.

export interface Minutes {
  readonly good: number;
  readonly bad: number;
  readonly again: number;
}

export type Course = (minutes: Minutes) => string;

const SECONDS_PER_MINUTE = 60;

/** `samples` values from `start` on, each `step` more than the one before. */
function stretch(start: number, step: number, samples: number): string {
  return `${start}${step < 0 ? '-' : '+'}${Math.abs(step)}x${samples - 1}`;
}

function missing(samples: number): string {
  return `_x${samples}`;
}

/** One value in good times and another in bad ones; undefined where the series is not there. */
export function gauge(goodValue: number | undefined, badValue: number | undefined): Course {
  const during = (value: number | undefined, samples: number) =>
    value === undefined ? missing(samples) : stretch(value, 0, samples);
  return ({ good, bad, again }) =>
    [during(goodValue, good), during(badValue, bad), during(goodValue, again)].join(' ');
}

/** Grows by so much a minute. */
export function counter(goodStep: number, badStep: number): Course {
  return ({ good, bad, again }) => {
    const bad_start = goodStep * good;
    const again_start = bad_start + badStep * bad;
    return [
      stretch(0, goodStep, good),
      stretch(bad_start, badStep, bad),
      stretch(again_start, goodStep, again),
    ].join(' ');
  };
}

/** A moment that stays so many seconds ago; ahead where negative. Drills begin at the epoch. */
export function ago(good_seconds: number, bad_seconds: number): Course {
  const from = (minute: number, age_seconds: number, samples: number) =>
    stretch(minute * SECONDS_PER_MINUTE - age_seconds, SECONDS_PER_MINUTE, samples);
  return ({ good, bad, again }) =>
    [
      from(0, good_seconds, good),
      from(good, bad_seconds, bad),
      from(good + bad, good_seconds, again),
    ].join(' ');
}

/** Stays, then falls by so much a minute, then is back where it was. */
export function falling(start: number, lossPerMinute: number): Course {
  return ({ good, bad, again }) =>
    [stretch(start, 0, good), stretch(start, -lossPerMinute, bad), stretch(start, 0, again)].join(
      ' ',
    );
}
