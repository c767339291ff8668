// The interface of tracing: one activity a request or job run, with the statements that it sends. What records is
// loaded only where it is configured (opentelemetry.ts).
import type { TraceContext } from './trace-context.ts';

/** By the names of OpenTelemetry's semantic conventions; never a value of somebody's request or row. */
export type SpanAttributes = Readonly<Record<string, string | number>>;

/** One request or one run of a job, and its place in its trace. */
export interface Activity {
  readonly trace: TraceContext;
  /** Absent while nobody records: tracing is off, or this trace was not chosen. */
  readonly span?: Span | undefined;
}

export interface Span {
  /** Begins a statement of this activity. @returns ends it, with the error where it failed */
  readonly beginStatement: StatementObserver;
  /** Ends the activity. `error_type` marks it as failed: a status, or the name of an error. */
  end(outcome: SpanOutcome): void;
}

export interface SpanOutcome {
  /** Where it is known only now. */
  readonly name?: string;
  readonly attributes?: SpanAttributes;
  readonly error_type?: string | undefined;
}

export type StatementObserver = (statement: ObservedStatement) => (error?: unknown) => void;

export interface ObservedStatement {
  /** Parameters are apart from it. */
  readonly sql: string;
  /** Of a prepared statement. */
  readonly name?: string | undefined;
}

export interface Beginning {
  readonly kind: 'request' | 'job';
  readonly name: string;
  readonly attributes: SpanAttributes;
}

export interface Tracing {
  /** Begins an activity below `parent`, or a trace of its own. Never throws, never waits. */
  begin(beginning: Beginning, parent: TraceContext | undefined): Activity;
  /** Sends what is recorded, for a bounded time; never rejects. */
  close(): Promise<void>;
}
