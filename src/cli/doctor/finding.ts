// One thing that doctor looked at, and how it is.

export interface Finding {
  readonly level: 'ok' | 'warn' | 'fail';
  /** What was looked at. */
  readonly subject: string;
  readonly text: string;
}
