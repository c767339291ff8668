// Results as tables for people and as JSON for machines.

import type { Spread } from './load/statistics.ts';
import type { LatencyResult } from './measures/latency.ts';
import type { WorkResult } from './measures/throughput.ts';
import type { FunctionShare } from './profile/profile.ts';

export interface Results {
  readonly works: readonly WorkResult[];
  readonly latencies: readonly LatencyResult[];
}

const UNKNOWN = '–';

export function printable({ works, latencies }: Results): string {
  const parts = [
    ...(works.length === 0 ? [] : [table(WORK_HEAD, works.map(workRow))]),
    ...(latencies.length === 0 ? [] : [table(LATENCY_HEAD, latencies.map(latencyRow))]),
  ];
  return parts.join('\n\n');
}

/** What falls short, a line each. */
export function misses({ works, latencies }: Results): string[] {
  return [
    ...works
      .filter((result) => isRatioMet(result) === false)
      .map(
        ({ work, ratio }) =>
          `${work.title}: ${decimal(ratio.median)} of its floor, not ${work.target}`,
      ),
    ...works
      .filter((result) => !areStatementsMet(result))
      .map(
        ({ work, statements }) =>
          `${work.title}: ${statements} statements, not ${work.max_statements}`,
      ),
    ...latencies
      .filter((result) => isLatencyMet(result) === false)
      .map(
        ({ title, ratio, target }) => `${title}: ${decimal(ratio?.median)} times, not ${target}`,
      ),
  ];
}

/** Without the parts of a work that are code. */
export function machineReadable({ works, latencies }: Results): object {
  return {
    works: works.map((result) => {
      const { work, ...measured } = result;
      const { name, target, max_statements } = work;
      return { name, target, max_statements, ...measured, is_met: isRatioMet(result) };
    }),
    latencies: latencies.map((result) => ({ ...result, is_met: isLatencyMet(result) })),
  };
}

const WORK_HEAD = [
  'work',
  'API/s',
  'floor/s',
  'min',
  'ratio',
  'max',
  'target',
  'met',
  'SQL',
  'bytes',
  'CPU µs',
  'floor',
  'against',
];

function workRow(result: WorkResult): string[] {
  const { work, api, floor, ratio, statements, bytes, floor_by } = result;
  return [
    work.title,
    whole(api.per_second),
    whole(floor.per_second),
    ...spread(ratio),
    work.target === undefined ? UNKNOWN : `≥ ${work.target}`,
    answer(isRatioMet(result)),
    String(statements) + (areStatementsMet(result) ? '' : ` > ${work.max_statements}`),
    whole(bytes),
    whole(api.cpu_us),
    whole(floor.cpu_us),
    floor_by,
  ];
}

const LATENCY_HEAD = ['latency in ms', 'p50', 'p95', 'p99', 'min', 'ratio', 'max', 'target', 'met'];

function latencyRow(result: LatencyResult): string[] {
  const { title, latency, ratio, target } = result;
  return [
    title,
    ...[latency.p50, latency.p95, latency.p99].map((value) => decimal(value)),
    ...(ratio === undefined ? [UNKNOWN, UNKNOWN, UNKNOWN] : spread(ratio)),
    target === undefined ? UNKNOWN : `≤ ${target}`,
    answer(isLatencyMet(result)),
  ];
}

function isRatioMet({ work, ratio }: WorkResult): boolean | undefined {
  return work.target === undefined ? undefined : ratio.median >= work.target;
}

function areStatementsMet({ work, statements }: WorkResult): boolean {
  return work.max_statements === undefined || statements <= work.max_statements;
}

function isLatencyMet({ ratio, target }: LatencyResult): boolean | undefined {
  return ratio === undefined || target === undefined ? undefined : ratio.median <= target;
}

function answer(isMet: boolean | undefined): string {
  if (isMet === undefined) return UNKNOWN;
  return isMet ? 'yes' : 'no';
}

function spread({ min, median, max }: Spread): string[] {
  return [min, median, max].map((value) => decimal(value));
}

function decimal(value: number | undefined): string {
  return value === undefined ? UNKNOWN : value.toFixed(2);
}

function whole(value: number | undefined): string {
  return value === undefined ? UNKNOWN : Math.round(value).toLocaleString('en');
}

/** In the form that Markdown takes too. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((name, i) =>
    Math.max(...[head, ...rows].map((row) => row[i]?.length ?? name.length)),
  );
  const isText = (i: number) => i === 0 || head[i] === 'against';
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, i) => (isText(i) ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join(' | ')} |`;
  const rule = `|${widths.map((width, i) => (isText(i) ? `${'-'.repeat(width + 2)}` : `${'-'.repeat(width + 1)}:`)).join('|')}|`;
  return [line(head), rule, ...rows.map(line)].join('\n');
}

/** Where the time of a profile went. */
export function shareTable(shares: readonly FunctionShare[]): string {
  const rows = shares.map(({ name, place, share }) => [
    `${(share * 100).toFixed(1)} %`,
    name,
    place,
  ]);
  return rows.map(([share, name, place]) => `${share?.padStart(7)}  ${name}  ${place}`).join('\n');
}
