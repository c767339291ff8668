// The log: pino, JSON on stdout, one line an event, with secrets and personal data taken out.
import { createRequire } from 'node:module';
import {
  type Bindings,
  type ChildLoggerOptions,
  type DestinationStream,
  type Level,
  type LogFn,
  type Logger,
  pino,
  stdTimeFunctions,
} from 'pino';
import type * as PrettyModule from 'pino-pretty';
import { isCode } from '../lib/errors.ts';
import { describeError, scrub } from './errors/describe-error.ts';
import { redact } from './redact.ts';

/** A pino logger that knows how many lines it and its children wrote. */
export type Log = Logger & { readonly lineCounts: Readonly<Record<Level, number>> };

const SERVICE = 'freshbytes';

export interface LogOptions {
  /** `trace` to `fatal`, or `silent`. */
  readonly level: string;
  /** Coloured lines for people; for development on a terminal only. JSON where pino-pretty is not installed. */
  readonly pretty: boolean;
  readonly version: string;
  /** Where lines go instead of stdout. */
  readonly destination?: DestinationStream | undefined;
}

/** Opens the log. Whatever reaches it, child bindings and errors included, goes through `redact`. */
export function createLog({ level, pretty, version, destination }: LogOptions): Log {
  const lineCounts = { trace: 0, debug: 0, info: 0, warn: 0, error: 0, fatal: 0 };
  const options = {
    level,
    base: { service: SERVICE, version },
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: {
      err: (value: unknown) => (value instanceof Error ? describeError(value) : value),
    },
    hooks: { logMethod: logRedacted(lineCounts) },
  };
  const stream = (pretty ? openPretty(destination) : undefined) ?? destination;
  const log = stream === undefined ? pino(options) : pino(options, stream);
  return Object.assign(redactBindings(log), { lineCounts });
}

// Here and not in pino's own `redact`: its wildcard paths cost 40 µs a line, this walk 2.
function logRedacted(lineCounts: Record<Level, number>) {
  return function logMethod(
    this: Logger,
    args: Parameters<LogFn>,
    method: LogFn,
    level: number,
  ): void {
    lineCounts[this.levels.labels[level] as Level] += 1;
    const [first, ...rest]: unknown[] = args.map((value: unknown) =>
      typeof value === 'string' ? scrub(value) : redact(value),
    );
    const isError = (args[0] as unknown) instanceof Error;
    method.apply(this, [isError ? { err: first } : first, ...rest] as Parameters<LogFn>);
  };
}

/** pino shows bindings to neither hooks nor formatters; children inherit these two. */
function redactBindings(log: Logger): Logger {
  const { child, setBindings } = log;
  return Object.assign(log, {
    child(this: Logger, bindings: Bindings, options?: ChildLoggerOptions): Logger {
      return Reflect.apply(child, this, [redact(bindings), options]);
    },
    setBindings(this: Logger, bindings: Bindings): void {
      Reflect.apply(setBindings, this, [redact(bindings)]);
    },
  });
}

function openPretty(
  destination: DestinationStream = process.stdout,
): DestinationStream | undefined {
  const prettify = findPretty()?.prettyFactory({
    colorize: true,
    singleLine: true,
    translateTime: 'SYS:HH:MM:ss.l',
    ignore: 'service,version',
  });
  return prettify && { write: (line) => destination.write(prettify(line)) };
}

function findPretty(): typeof PrettyModule | undefined {
  try {
    return createRequire(import.meta.url)('pino-pretty') as typeof PrettyModule;
  } catch (error) {
    if (isCode(error, 'MODULE_NOT_FOUND')) return undefined;
    throw error;
  }
}
