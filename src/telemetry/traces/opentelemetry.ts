// Traces to an OpenTelemetry collector over OTLP/HTTP. Loaded only where an endpoint is configured.
import {
  type Context,
  type Span as OtelSpan,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  trace as traces,
} from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  type SpanExporter,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import { codeOf } from '../../lib/errors.ts';
import { withDeadline } from '../../lib/flow/deadline.ts';
import { newId } from '../../lib/ids.ts';
import { MINUTE_MS } from '../../lib/time.ts';
import type { Log } from '../log.ts';
import type { TraceContext } from './trace-context.ts';
import type { SpanOutcome, StatementObserver, Tracing } from './tracing.ts';

/** Spans that wait for the collector; more are dropped. */
export const MAX_QUEUED_SPANS = 2_048;
const BATCH_SPANS = 512;
const BATCH_DELAY_MS = 2_000;
const EXPORT_TIMEOUT_MS = 5_000;
/** At the end the whole queue leaves at once, beside the batch that is under way. */
const MAX_CONCURRENT_EXPORTS = MAX_QUEUED_SPANS / BATCH_SPANS + 1;
/** What is still unsent then is lost: a collector that hangs must not keep a process. */
export const FLUSH_TIMEOUT_MS = 3_000;
const FAULT_LOG_INTERVAL_MS = MINUTE_MS;
const SPAN_LIMITS = { attributeCountLimit: 32, attributeValueLengthLimit: 2_000 };

export interface OpenTelemetryOptions {
  /** Base URL of the collector, without `/v1/traces`. */
  readonly endpoint: string;
  readonly serviceName: string;
  readonly version: string;
  readonly environment: string;
  /** Share of requests, and of jobs that nobody set in motion, whose traces are recorded: 0 to 1. */
  readonly ratio: number;
  readonly log: Pick<Log, 'warn'>;
  readonly flushTimeout_ms?: number;
}

const KINDS = { request: SpanKind.SERVER, job: SpanKind.CONSUMER } as const;

/** Connects to nothing yet; spans leave in the background. */
export function createTracing(options: OpenTelemetryOptions): Tracing {
  const { log, ratio, flushTimeout_ms = FLUSH_TIMEOUT_MS } = options;
  const provider = openProvider(options);
  const tracer = provider.getTracer('freshbytes', options.version);
  return {
    begin({ kind, name, attributes }, parent) {
      // A stranger may name the trace of a request, but not have us record it. Not by its id either: they chose that too.
      const isSampled = kind === 'request' ? Math.random() < ratio : parent?.isSampled;
      const context = contextOf(parent && { ...parent, isSampled: isSampled ?? false });
      const span = tracer.startSpan(name, { kind: KINDS[kind], attributes }, context);
      const { traceId, spanId, traceFlags } = span.spanContext();
      const trace = { traceId, spanId, isSampled: (traceFlags & TraceFlags.SAMPLED) !== 0 };
      if (!span.isRecording()) return { trace };
      const beginStatement: StatementObserver = ({ sql, name }) => {
        const child = tracer.startSpan(
          name ?? operationOf(sql),
          { kind: SpanKind.CLIENT, attributes: statementAttributes(sql, name) },
          traces.setSpan(ROOT_CONTEXT, span),
        );
        return (error) => finish(child, failureOf(error));
      };
      return { trace, span: { beginStatement, end: (outcome) => finish(span, outcome) } };
    },
    async close() {
      try {
        await withDeadline(provider.shutdown(), flushTimeout_ms, 'the collector does not answer');
      } catch (err) {
        log.warn({ err }, 'the last traces were not sent');
      }
    },
  };
}

function openProvider(options: OpenTelemetryOptions): TracerProvider {
  const exporter = new OTLPTraceExporter({
    url: `${options.endpoint.replace(/\/+$/, '')}/v1/traces`,
    timeoutMillis: EXPORT_TIMEOUT_MS,
    concurrencyLimit: MAX_CONCURRENT_EXPORTS,
  });
  return new TracerProvider({
    resource: resourceFromAttributes({
      'service.name': options.serviceName,
      'service.version': options.version,
      'service.instance.id': newId(),
      'deployment.environment.name': options.environment,
    }),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(options.ratio) }),
    spanLimits: SPAN_LIMITS,
    spanProcessors: [
      new BatchSpanProcessor({
        exporter: reportingFaults(exporter, options.log),
        maxQueueSize: MAX_QUEUED_SPANS,
        maxExportBatchSize: BATCH_SPANS,
        scheduledDelayMillis: BATCH_DELAY_MS,
        exportTimeoutMillis: EXPORT_TIMEOUT_MS,
      }),
    ],
  });
}

/** The library does not log spans that it could not send. */
function reportingFaults(exporter: SpanExporter, log: Pick<Log, 'warn'>): SpanExporter {
  let quiet_until = 0;
  return {
    export(spans, done) {
      exporter.export(spans, (result) => {
        if (result.error !== undefined && Date.now() >= quiet_until) {
          quiet_until = Date.now() + FAULT_LOG_INTERVAL_MS;
          log.warn({ err: result.error, spans: spans.length }, 'traces were not sent');
        }
        done(result);
      });
    },
    shutdown: () => exporter.shutdown(),
  };
}

function contextOf(parent: TraceContext | undefined): Context {
  if (parent === undefined) return ROOT_CONTEXT;
  const { traceId, spanId, isSampled } = parent;
  const traceFlags = isSampled ? TraceFlags.SAMPLED : TraceFlags.NONE;
  return traces.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags, isRemote: true });
}

function finish(span: OtelSpan, { name, attributes, error_type }: SpanOutcome): void {
  if (name !== undefined) span.updateName(name);
  if (attributes !== undefined) span.setAttributes(attributes);
  if (error_type !== undefined) {
    span.setAttribute('error.type', error_type);
    // No message: those of drivers quote rows.
    span.setStatus({ code: SpanStatusCode.ERROR });
  }
  span.end();
}

/** A prepared statement is known by its name; of others the text, in which parameters never stand. */
function statementAttributes(sql: string, name: string | undefined): Record<string, string> {
  const system = { 'db.system.name': 'postgresql', 'db.operation.name': operationOf(sql) };
  return name === undefined
    ? { ...system, 'db.query.text': withoutLiterals(sql) }
    : { ...system, 'db.query.summary': name };
}

function operationOf(sql: string): string {
  return (/^(?:\s|\/\*.*?\*\/)*([a-z]+)/i.exec(sql)?.[1] ?? 'SQL').toUpperCase();
}

/** What a library wrote into its text instead of a parameter may be anything. */
function withoutLiterals(sql: string): string {
  return sql.replace(/'(?:[^']|'')*'/g, '?');
}

/** SQLSTATE where PostgreSQL returned one. */
function failureOf(error: unknown): SpanOutcome {
  if (error === undefined) return {};
  if (!(error instanceof Error)) return { error_type: typeof error };
  return { error_type: codeOf(error) ?? error.constructor.name };
}
