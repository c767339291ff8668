// What every request leaves behind: one line in the log, one observation in the metrics, its place in a trace, and a
// report of what nobody foresaw.
import type { IncomingMessage } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ErrorReports } from '../../telemetry/errors/error-reports.ts';
import type { Metrics } from '../../telemetry/metrics.ts';
import { newTrace, parseTraceparent } from '../../telemetry/traces/trace-context.ts';
import type { Activity, Tracing } from '../../telemetry/traces/tracing.ts';

declare module 'node:http' {
  interface IncomingMessage {
    /** Begun with the first line of log, before there is a FastifyRequest to hold it. */
    activity?: Activity;
    /** Of the problem that this request was answered with. */
    problemCode?: string;
  }
}

/** One label for all addresses that lead nowhere: raw paths would make a series each. */
const UNMATCHED = 'unmatched';
const MS_PER_SECOND = 1_000;

/** Observes answers as they end; probes and files of the docs are logged at `debug`. */
export function registerRequestTelemetry(app: FastifyInstance, metrics: Metrics): void {
  app.addHook('onResponse', (request, reply, done) => {
    const endpoint = request.routeOptions.url ?? UNMATCHED;
    const { elapsedTime: duration_ms } = reply;
    metrics.observeRequest(request.method, endpoint, reply.statusCode, duration_ms / MS_PER_SECOND);
    const level = request.routeOptions.config.isExempt ? 'debug' : 'info';
    request.log[level](entryOf(request, reply, endpoint), 'request');
    endActivity(request, reply);
    done();
  });
}

/** Where this request stands in which trace: below its `traceparent`, or at the beginning of a new one. */
export function activityOf(request: IncomingMessage, tracing: Tracing | undefined): Activity {
  request.activity ??= beginActivity(request, tracing);
  return request.activity;
}

function beginActivity(
  { headers, method = '' }: IncomingMessage,
  tracing: Tracing | undefined,
): Activity {
  const parent = parseTraceparent(headers['traceparent']);
  if (tracing === undefined) return { trace: parent ?? newTrace() };
  const attributes = { 'http.request.method': method };
  return tracing.begin({ kind: 'request', name: method, attributes }, parent);
}

/** Neither address nor query nor user: the log has what may be known of those, by the same trace id. */
function endActivity(request: FastifyRequest, reply: FastifyReply): void {
  const span = request.raw.activity?.span;
  if (span === undefined) return;
  const { statusCode } = reply;
  const { url: route } = request.routeOptions;
  span.end({
    ...(route !== undefined && { name: `${request.method} ${route}` }),
    attributes: {
      'http.response.status_code': statusCode,
      'freshbytes.request_id': request.id,
      ...(route !== undefined && { 'http.route': route }),
    },
    error_type: statusCode >= 500 ? String(statusCode) : undefined,
  });
}

/** Reports unexpected errors, where reports are enabled. */
export function reportFault(
  errorReports: ErrorReports | undefined,
  fault: unknown,
  request: FastifyRequest,
): void {
  errorReports?.report(fault, {
    transaction: `${request.method} ${request.routeOptions.url ?? UNMATCHED}`,
    trace: request.raw.activity?.trace,
    tags: { request_id: request.id },
  });
}

/** Never the raw path or query, which may hold personal data. */
function entryOf(request: FastifyRequest, reply: FastifyReply, endpoint: string): object {
  // Absent where a request was refused before its caller was looked up.
  const ctx: FastifyRequest['ctx'] | undefined = request.ctx;
  return {
    method: request.method,
    endpoint,
    status: reply.statusCode,
    duration_ms: Math.round(reply.elapsedTime * 10) / 10,
    ...(request.raw.problemCode === undefined ? {} : { problem_code: request.raw.problemCode }),
    ...(ctx?.actor.kind === 'user' ? { user_id: ctx.actor.user_id } : {}),
    ...(ctx?.ipPrefix === undefined ? {} : { ip_prefix: ctx.ipPrefix }),
  };
}
