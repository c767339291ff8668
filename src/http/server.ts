// The bare HTTP server: limits, request ids, parsers, validators and refusals, before any route exists.
import Fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyRequest,
  type FastifySchemaCompiler,
  LogController,
} from 'fastify';
import type { TSchema } from 'typebox';
import type { Config } from '../config.ts';
import type { OutsideCtx } from '../context.ts';
import { newId } from '../lib/ids.ts';
import { Problem, VALIDATION_ERROR } from '../lib/problem.ts';
import type { Clock } from '../lib/time.ts';
import type { ErrorReports } from '../telemetry/errors/error-reports.ts';
import type { Log } from '../telemetry/log.ts';
import type { Tracing } from '../telemetry/traces/tracing.ts';
import { answerClientError, registerProblemAnswers } from './answer/problem-answers.ts';
import { registerSecurityHeaders, securityHeaders } from './answer/security-headers.ts';
import { buildSerializer } from './answer/serialization.ts';
import { registerCors } from './intake/cross-origin.ts';
import { MAX_BODY_BYTES, registerJsonBody } from './intake/json-body.ts';
import { refuseStrangeTarget, toOneForm } from './intake/request-target.ts';
import { activityOf, reportFault } from './intake/request-telemetry.ts';
import { createValidation } from './intake/validation.ts';
import { cutSlowClients } from './limits/slow-clients.ts';
import { createModels, type Models } from './models.ts';

declare module 'fastify' {
  interface FastifyRequest {
    ctx: OutsideCtx;
  }
}

export const MAX_HEADER_BYTES = 16 * 1024;
const MAX_PARAM_LENGTH = 200;
/** Below the limit of headers, of which the address is a part: 400 says what is too long, 431 could not. */
export const MAX_URL_LENGTH = 4_096;
/** Twice what the busiest list takes: validation names every parameter that it does not know. */
export const MAX_QUERY_PARAMETERS = 32;
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 30_000;
const KEEP_ALIVE_TIMEOUT_MS = 65_000;
/** For a client that does not read its answer: nothing moved on its connection for this long. */
const SOCKET_TIMEOUT_MS = 60_000;
/** How late the timeouts of requests may strike: Node looks for slow clients this often. */
const TIMEOUT_CHECK_MS = 1_000;
const TIMEOUTS = {
  requestTimeout: REQUEST_TIMEOUT_MS,
  connectionTimeout: SOCKET_TIMEOUT_MS,
  keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
} as const;
const SANE_REQUEST_ID = /^[A-Za-z0-9\-_.]{1,64}$/;

/** A server without routes; `models` collects the named schemas of those that follow. */
export function createServer(deps: {
  config: Config;
  log: Log;
  clock: Clock;
  tracing?: Tracing | undefined;
  errorReports?: ErrorReports | undefined;
}): {
  app: FastifyInstance;
  models: Models;
  validator: FastifySchemaCompiler<TSchema>;
} {
  const { config, log, clock, tracing, errorReports } = deps;
  const headers = securityHeaders(config);
  const answering = { publicUrl: config.publicUrl, now: () => clock.now(), headers };
  const validation = createValidation();
  const app: FastifyInstance = Fastify({
    schemaController: { compilersFactory: { buildSerializer } },
    loggerInstance: log as FastifyBaseLogger,
    logController: new LogController({
      disableRequestLogging: true,
      requestIdLogLabel: 'request_id',
    }),
    bodyLimit: MAX_BODY_BYTES,
    ...TIMEOUTS,
    http: {
      maxHeaderSize: MAX_HEADER_BYTES,
      headersTimeout: HEADERS_TIMEOUT_MS,
      connectionsCheckingInterval: TIMEOUT_CHECK_MS,
      // Node would answer by itself, without a problem; refuseStrangeAddress does it instead.
      requireHostHeader: false,
    },
    trustProxy: config.TRUST_PROXY ?? false,
    rewriteUrl: toOneForm,
    genReqId: (request) => requestId(request.headers['x-request-id']),
    childLoggerFactory: (logger, bindings, options, request) =>
      logger.child({ ...bindings, trace_id: activityOf(request, tracing).trace.traceId }, options),
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: MAX_PARAM_LENGTH },
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    clientErrorHandler: answerClientError(answering),
    frameworkErrors: (error, request, reply) => {
      // No hook has run: the address could not even be read.
      reply.headers({ ...headers, 'x-request-id': request.id });
      return app.errorHandler(error, request, reply);
    },
  });
  app.setValidatorCompiler(validation.compiler);
  app.decorateRequest('ctx');
  registerSecurityHeaders(app, config);
  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id);
    refuseStrangeAddress(request);
  });
  registerCors(app, config);
  // Node would answer 417 by itself; what it cannot meet of an Expect header may also be ignored (RFC 9110).
  app.server.on('checkExpectation', (request, response) => app.routing(request, response));
  cutSlowClients(app);
  registerJsonBody(app);
  const onFault = (fault: unknown, request: FastifyRequest) =>
    reportFault(errorReports, fault, request);
  registerProblemAnswers(app, { ...answering, onFault });
  return { app, models: createModels(validation.addModel), validator: validation.compiler };
}

function requestId(header: string | string[] | undefined): string {
  return typeof header === 'string' && SANE_REQUEST_ID.test(header) ? header : newId();
}

/** What proxies, frameworks and the database each read in their own way: NUL, broken text and repeated query parameters. */
function refuseStrangeAddress(request: FastifyRequest): void {
  refuseStrangeTarget(request.raw);
  if (request.url.length > MAX_URL_LENGTH) {
    throw new Problem(VALIDATION_ERROR, `The address is longer than ${MAX_URL_LENGTH} characters.`);
  }
  if (/%00/i.test(request.url))
    throw new Problem(VALIDATION_ERROR, 'The address holds a NUL character.');
  if (!isReadable(request.url))
    throw new Problem(
      VALIDATION_ERROR,
      'The address must be ASCII, everything else in it percent-encoded as UTF-8.',
    );
  const parameters = Object.entries(request.query as Record<string, unknown>);
  if (parameters.length > MAX_QUERY_PARAMETERS) {
    throw new Problem(
      VALIDATION_ERROR,
      `The query holds more than ${MAX_QUERY_PARAMETERS} parameters.`,
    );
  }
  for (const [name, value] of parameters) {
    if (Array.isArray(value)) {
      throw new Problem(VALIDATION_ERROR, `query/${name} is given more than once.`, {
        errors: [{ pointer: `/${name}`, message: 'must be given once', code: 'repeated' }],
      });
    }
  }
}

/** The query parser leaves a malformed escape as it stands, and Node reads raw bytes as Latin-1. */
function isReadable(url: string): boolean {
  if (/[^\x21-\x7e]/.test(url)) return false;
  try {
    decodeURIComponent(url);
    return true;
  } catch {
    return false;
  }
}
