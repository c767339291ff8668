// What every request leaves behind: one line in the log and one observation in the metrics.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Metrics } from '../telemetry/metrics.ts';

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
    done();
  });
}

/** Never the raw path or query, which may hold personal data. */
function entryOf(request: FastifyRequest, reply: FastifyReply, endpoint: string): object {
  // Absent where a request was refused before anybody asked who sent it.
  const ctx: FastifyRequest['ctx'] | undefined = request.ctx;
  return {
    method: request.method,
    endpoint,
    status: reply.statusCode,
    duration_ms: Math.round(reply.elapsedTime * 10) / 10,
    ...(ctx?.actor.kind === 'user' ? { user_id: ctx.actor.user_id } : {}),
    ...(ctx?.ipPrefix === undefined ? {} : { ip_prefix: ctx.ipPrefix }),
  };
}
