// An error as an event of the Sentry protocol: type, scrubbed message, frames, and where it happened. Nothing of
// whoever called, and nothing of the machine.
import { randomUUID } from 'node:crypto';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { TraceContext } from '../traces/trace-context.ts';
import { describeError, type ErrorDescription } from './describe-error.ts';

/** What is known of where an error happened; ids and patterns, never values of a request. */
export interface Circumstances {
  /** `fatal` ends the process. */
  readonly level?: 'error' | 'fatal';
  /** What ran: `GET /api/v1/products/:id`, or the name of a job. */
  readonly transaction?: string;
  readonly trace?: TraceContext | undefined;
  /** To search by, e.g. `request_id`. */
  readonly tags?: Readonly<Record<string, string>>;
}

export interface Origin {
  readonly release: string;
  readonly environment: string;
}

export interface SentryEvent {
  readonly event_id: string;
  /** ISO 8601. */
  readonly timestamp: string;
  readonly platform: 'node';
  readonly level: 'error' | 'fatal';
  readonly release: string;
  readonly environment: string;
  readonly transaction?: string | undefined;
  readonly tags: Readonly<Record<string, string>>;
  readonly contexts: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Causes first. */
  readonly exception: { readonly values: readonly SentryException[] };
}

interface SentryException {
  readonly type: string;
  readonly value: string;
  readonly mechanism: {
    readonly type: 'generic';
    readonly handled: boolean;
    /** SQLSTATE, table, constraint and the like. */
    readonly data: Readonly<Record<string, unknown>>;
  };
  /** Callers first. */
  readonly stacktrace: { readonly frames: readonly SentryFrame[] };
}

interface SentryFrame {
  readonly function?: string;
  readonly filename: string;
  readonly lineno: number;
  readonly colno: number;
  readonly in_app: boolean;
}

/** As it may leave. Of thrown values that are no errors only the type is sent: they may hold anything. */
export function describeThrown(thrown: unknown): ErrorDescription {
  return describeError(
    thrown instanceof Error ? thrown : new Error(`something else than an error: ${typeof thrown}`),
  );
}

export function sentryEvent(
  description: ErrorDescription,
  where: Circumstances,
  { release, environment, now }: Origin & { readonly now: Date },
): SentryEvent {
  const { level = 'error', transaction, trace, tags = {} } = where;
  return {
    event_id: randomUUID().replaceAll('-', ''),
    timestamp: now.toISOString(),
    platform: 'node',
    level,
    release,
    environment,
    transaction,
    tags,
    contexts: {
      runtime: { name: 'node', version: process.version },
      ...(trace && { trace: { trace_id: trace.traceId, span_id: trace.spanId } }),
    },
    exception: { values: exceptionsOf(description, level !== 'fatal').reverse() },
  };
}

function exceptionsOf(description: ErrorDescription, handled: boolean): SentryException[] {
  const { type, message, stack, cause, errors = [], ...data } = description;
  const nested = cause === undefined ? errors : [cause, ...errors];
  return [
    {
      type,
      value: message,
      mechanism: { type: 'generic', handled, data },
      stacktrace: { frames: stack.split('\n').flatMap(frameOf).reverse() },
    },
    ...nested.flatMap((inner) => exceptionsOf(inner, handled)),
  ];
}

const FRAME = /^\s+at (?:async )?(?:(.+) \()?([^()]+):(\d+):(\d+)\)?$/;

function frameOf(line: string): SentryFrame[] {
  const [, name, place, lineno, colno] = FRAME.exec(line) ?? [];
  if (place === undefined) return [];
  const filename = withoutFolders(place);
  return [
    {
      ...(name !== undefined && { function: name }),
      filename,
      lineno: Number(lineno),
      colno: Number(colno),
      in_app: filename.startsWith('src/'),
    },
  ];
}

const ROOT = join(import.meta.dirname, '../../..');
const ROOTS = [`${pathToFileURL(ROOT).href}/`, `${ROOT}/`];

/** Where a checkout lies may name the person whose home it is. */
function withoutFolders(place: string): string {
  if (place.startsWith('node:')) return place;
  const root = ROOTS.find((candidate) => place.startsWith(candidate));
  return root === undefined ? basename(place) : place.slice(root.length);
}
