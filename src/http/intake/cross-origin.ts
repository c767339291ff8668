// CORS: which browser apps on other origins may call. Those of CORS_ORIGINS; in development, where none are listed, those of
// this machine. Tokens travel in a header, so credentials are never allowed.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Config } from '../../config.ts';
import { isLoopbackName } from '../../lib/network/loopback.ts';

const PREFLIGHT_SECONDS = 600;
/** What a browser's code may read beside the safelisted headers. */
const EXPOSED = [
  'Allow',
  'Deprecation',
  'ETag',
  'Idempotency-Replayed',
  'Link',
  'Location',
  'RateLimit',
  'RateLimit-Policy',
  'Retry-After',
  'Sunset',
  'WWW-Authenticate',
  'X-Request-Id',
].join(', ');

/** The same for every address: what an address does not allow, the request itself is refused with a reason. */
const PREFLIGHT_ANSWER = {
  'access-control-allow-methods': 'GET, HEAD, POST, PUT, PATCH, DELETE',
  'access-control-allow-headers': [
    'Authorization',
    'Content-Type',
    'Idempotency-Key',
    'If-Match',
    'If-None-Match',
    'Traceparent',
    'X-Request-Id',
  ].join(', '),
  'access-control-max-age': String(PREFLIGHT_SECONDS),
};

/** Registered before whatever counts or refuses: a preflight costs no quota. */
export function registerCors(app: FastifyInstance, config: Config): void {
  const isAllowed = originsOf(config);
  if (isAllowed === undefined) return;
  app.addHook('onRequest', (request, reply, done) => {
    const { origin } = request.headers;
    if (origin === undefined || !isAllowed(origin)) return done();
    reply.headers({
      'access-control-allow-origin': origin,
      'access-control-expose-headers': EXPOSED,
    });
    if (!isPreflight(request)) return done();
    reply.code(204).headers(PREFLIGHT_ANSWER).send();
  });
  // What a shared cache keeps for one origin is not what another may read.
  app.addHook('onSend', (_request, reply, payload, done) => {
    varyByOrigin(reply);
    done(null, payload);
  });
}

/** Which origins may call; undefined where none may. The configuration's check has seen to the form of those listed. */
function originsOf({ CORS_ORIGINS, isDevelopment }: Config) {
  if (CORS_ORIGINS !== undefined) {
    const listed = new Set(CORS_ORIGINS.split(',').map((origin) => origin.trim()));
    return (origin: string) => listed.has(origin);
  }
  return isDevelopment ? isLoopbackOrigin : undefined;
}

function isLoopbackOrigin(origin: string): boolean {
  const host = /^https?:\/\/(?<host>[^/]+)$/.exec(origin)?.groups?.['host'];
  return host !== undefined && isLoopbackName(host);
}

/** A browser's question; any other OPTIONS is a request like all others. */
function isPreflight({ method, headers }: FastifyRequest): boolean {
  return method === 'OPTIONS' && headers['access-control-request-method'] !== undefined;
}

function varyByOrigin(reply: FastifyReply): void {
  const vary = reply.getHeader('vary');
  if (vary === undefined) reply.header('vary', 'Origin');
  else if (!/\borigin\b/i.test(String(vary))) reply.header('vary', `${vary}, Origin`);
}
