// A job: its name, the shape of its data, how often it may fail, and the function that does the work.
import { type Static, type TObject, Type } from 'typebox';
import { Value } from 'typebox/value';

/** About a quarter of an hour of trying, with the delays below. */
export const DEFAULT_RETRY_LIMIT = 8;
export const RETRY_DELAY_SECONDS = 2;
export const MAX_RETRY_DELAY_SECONDS = 300;
export const DEFAULT_EXPIRE_SECONDS = 300;
export const DEFAULT_CONCURRENCY = 2;

const NAME = /^[a-z]+(?:[.-][a-z]+)*$/;
/** Names go into those of prepared statements, of which PostgreSQL keeps 63 bytes. */
const MAX_NAME_LENGTH = 40;

/**
 * When a job starts by itself. `seconds`, a whole number, counts periods from the epoch in UTC,
 * so that every process agrees where one ends; `cron` is read in Philippine time and fires within half a minute.
 */
export type Every = { readonly seconds: number } | { readonly cron: string };

export interface JobOptions<Schema extends TObject> {
  /** `module.verb-noun`; also the name of the queue, so that it must not change. */
  readonly name: string;
  /** What the job is given; `enqueue` and the worker both refuse anything else. A periodic job is given `{}`. */
  readonly data: Schema;
  /** Runs after the first before the job goes to its dead-letter queue. */
  readonly retryLimit?: number;
  /** Longest that one run may take; then it counts as failed. */
  readonly expireSeconds?: number;
  /** How many of these one process runs at once. Periodic jobs never overlap, anywhere. */
  readonly concurrency?: number;
  readonly every?: Every;
}

/** `C` is the context that the worker makes for each run. */
export interface Job<C, Data> {
  readonly name: string;
  readonly retryLimit: number;
  readonly expireSeconds: number;
  readonly concurrency: number;
  readonly every: { readonly seconds?: number; readonly cron?: string } | undefined;
  /** @throws InvalidJobData */
  readonly parse: (data: unknown) => Data;
  /** Checks `data`, then does the work. @throws InvalidJobData */
  readonly run: (ctx: C, data: unknown) => Promise<void>;
}

/** Data that do not fit the job's schema; trying again cannot help. Names members, never values. */
export class InvalidJobData extends Error {
  override readonly name = 'InvalidJobData';
}

/** Runs happen at least once, so `handle` must have the same effect however often it runs. */
export function defineJob<C, Schema extends TObject>(
  options: JobOptions<Schema>,
  handle: (ctx: C, data: Static<Schema>) => Promise<void>,
): Job<C, Static<Schema>> {
  const { name, data: schema, every } = options;
  if (!NAME.test(name) || name.length > MAX_NAME_LENGTH) {
    throw new RangeError(`"${name}" is not a job name: ${NAME.source}, up to ${MAX_NAME_LENGTH}`);
  }
  const parse = (data: unknown): Static<Schema> => {
    if (Value.Check(schema, data)) return data;
    const faults = Value.Errors(schema, data).map((e) => `${e.instancePath || '/'} ${e.message}`);
    throw new InvalidJobData(`data of job ${name}: ${faults.join('; ')}`);
  };
  if (every !== undefined) {
    if ('seconds' in every && !(Number.isInteger(every.seconds) && every.seconds > 0)) {
      throw new RangeError(`job ${name}: ${every.seconds} is not a period in whole seconds`);
    }
    parse({});
  }
  return {
    name,
    retryLimit: options.retryLimit ?? DEFAULT_RETRY_LIMIT,
    expireSeconds: options.expireSeconds ?? DEFAULT_EXPIRE_SECONDS,
    concurrency: every === undefined ? (options.concurrency ?? DEFAULT_CONCURRENCY) : 1,
    every,
    parse,
    run: async (ctx, data) => handle(ctx, parse(data)),
  };
}

/** The schema of jobs that need no data. */
export const NoData = Type.Object({}, { additionalProperties: false });

export function deadLetterQueue(queue: string): string {
  return `${queue}.dead`;
}
