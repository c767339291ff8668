// A drill as those who run it see it: what it is told, and what it answers.
import { join } from 'node:path';
import type { OrderComparison } from './comparison.ts';
import { runEnclosed } from './enclosure.ts';
import { faultOf } from './faults.ts';
import { requirePrograms } from './machines/programs.ts';
import type { TrialResult } from './trial.ts';

const SCRIPT = join(import.meta.dirname, 'run-inside.ts');

export interface DrillOptions {
  /** By their names, in this order. */
  readonly faults: readonly string[];
  readonly customers: number;
  /** That must be acknowledged before each fault, and again after it. */
  readonly orders: number;
}

export type Trial = Omit<TrialResult, 'acknowledged'> & { readonly acknowledged: number };

export interface DrillResult {
  readonly trials: readonly Trial[];
  /** Of all orders of all trials, at the end. */
  readonly comparisons: Readonly<Record<string, OrderComparison>>;
  readonly violations: string;
}

export interface Runner {
  readonly printProgress: (line: string) => void;
  /** Whether the folder with all logs stays. */
  readonly keeps?: boolean;
}

/** @throws Error where programs are missing or too old, or the service does not come back */
export async function drill(
  options: DrillOptions,
  { printProgress, keeps = false }: Runner,
): Promise<DrillResult> {
  requirePrograms();
  for (const name of options.faults) faultOf(name);
  return runEnclosed({ script: SCRIPT, args: [JSON.stringify(options)], keeps, printProgress });
}
