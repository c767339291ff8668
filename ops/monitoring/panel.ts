// What a dashboard is, before it becomes Grafana's JSON.

/** Grafana's names. */
export type Unit =
  | 'short'
  | 'reqps'
  | 'ops'
  | 's'
  | 'bytes'
  | 'percentunit'
  | 'currencyPHP'
  | 'none';

export interface Query {
  readonly expr: string;
  /** With `{{label}}` for what tells the lines apart. */
  readonly legend: string;
  /** Why a young installation of processes and PostgreSQL alone has no data for it. */
  readonly absentBecause?: string;
}

export interface Panel {
  readonly kind: 'timeseries' | 'stat' | 'table';
  readonly title: string;
  /** What it shows and when to worry. */
  readonly description: string;
  readonly unit: Unit;
  readonly queries: readonly Query[];
  /** A third of the row where it is not said. */
  readonly width?: 6 | 8 | 12 | 24;
}

export interface Dashboard {
  /** Also the name of its file and the end of its address. */
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  readonly panels: readonly Panel[];
}

/** Grafana puts in what fits its scrapes and the zoom. */
export const RATE_WINDOW = '$__rate_interval';

export function rate(series: string): string {
  return `rate(${series}[${RATE_WINDOW}])`;
}
