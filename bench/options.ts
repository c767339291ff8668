// The command line of `npm run bench`.
import { parseArgs } from 'node:util';
import type { Size } from '../src/seed/seed.ts';
import { WORKS } from './measures/works.ts';

export interface Options {
  /** Of the market that everything is measured on. */
  readonly size: Exclude<Size, 'large'>;
  /** Whether the same lists are measured on a million products too. */
  readonly withLarge: boolean;
  readonly rounds: number;
  readonly seconds: number;
  /** Names of works and of parts of the latency table. */
  readonly only: readonly string[];
  /** Name of the one work to profile, in place of everything else. */
  readonly profile?: string;
  /** File for the results. */
  readonly json?: string;
  /** Whether a missed target is a failure. */
  readonly strict: boolean;
  /** Whether only the usage is wanted. */
  readonly help: boolean;
}

export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Parts of the latency table. */
export const LATENCIES = ['latency', 'v2-deep'] as const;
const NAMES = [...WORKS.map(({ name }) => name), ...LATENCIES];
const PRODUCTS = ['200', '10000', '1000000'];
const MAX_ROUNDS = 100;
const MAX_SECONDS = 600;
const DEFAULTS = { rounds: '5', seconds: '2', products: '10000' };

export const USAGE = `npm run bench -- [options]

  --rounds <n>        rounds that are counted, each with both sides (${DEFAULTS.rounds})
  --seconds <n>       length of one side's turn (${DEFAULTS.seconds})
  --only <names>      a comma list of ${NAMES.join(', ')}
  --products <n>      ${PRODUCTS.join(', ')}; the last adds the same lists on a million (${DEFAULTS.products})
  --profile <name>    a CPU profile of the API at one work, and what stands on top of it
  --json <file>       the results for machines
  --strict            fail where a target is missed`;

/** @throws UsageError saying what would be accepted */
export function readOptions(args: readonly string[]): Options {
  const values = parse(args);
  const { profile, json } = values;
  const only = values.only?.split(',') ?? NAMES;
  for (const name of only) requireOneOf('--only', name, NAMES);
  if (profile !== undefined)
    requireOneOf(
      '--profile',
      profile,
      WORKS.map(({ name }) => name),
    );
  requireOneOf('--products', values.products, PRODUCTS);
  return {
    size: values.products === '200' ? 'small' : 'medium',
    withLarge: values.products === '1000000',
    rounds: numberOf('--rounds', values.rounds, { max: MAX_ROUNDS, isWhole: true }),
    seconds: numberOf('--seconds', values.seconds, { max: MAX_SECONDS, isWhole: false }),
    only,
    strict: values.strict,
    help: values.help,
    ...(profile === undefined ? {} : { profile }),
    ...(json === undefined ? {} : { json }),
  };
}

function parse(args: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        rounds: { type: 'string', default: DEFAULTS.rounds },
        seconds: { type: 'string', default: DEFAULTS.seconds },
        products: { type: 'string', default: DEFAULTS.products },
        only: { type: 'string' },
        profile: { type: 'string' },
        json: { type: 'string' },
        strict: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    return values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function requireOneOf(option: string, value: string, accepted: readonly string[]): void {
  if (!accepted.includes(value))
    throw new UsageError(`${option} knows ${accepted.join(', ')}, not "${value}"`);
}

function numberOf(
  option: string,
  text: string,
  { max, isWhole }: { max: number; isWhole: boolean },
): number {
  const value = Number(text);
  if (value > 0 && value <= max && (!isWhole || Number.isInteger(value))) return value;
  throw new UsageError(`${option} must be a ${isWhole ? 'whole ' : ''}number up to ${max}`);
}
