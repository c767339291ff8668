// Every refusal as application/problem+json (RFC 9457): thrown problems, validation, unknown routes, malformed HTTP, faults.
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { sqlState } from '../../db/transaction.ts';
import { codeOf } from '../../lib/errors.ts';
import { newId } from '../../lib/ids.ts';
import * as problems from '../../lib/problem.ts';
import { Problem, type ProblemKind } from '../../lib/problem.ts';
import { fieldErrors } from './field-errors.ts';

export const PROBLEM_TYPE = 'application/problem+json; charset=utf-8';
const RETRY_AFTER_SECONDS = '2';
/** How long a refused connection has to read its answer. */
const LINGER_MS = 1_000;

/** The body of a refusal. `instance` is the path without its query, which may hold personal data. */
export function problemBody(
  problem: Problem,
  request: { id: string; path: string; publicUrl: string; now: Date },
) {
  const { kind, extras } = problem;
  return {
    type: `${request.publicUrl}/docs/errors/${kind.code}`,
    title: kind.title,
    status: kind.status,
    detail: problem.message,
    instance: request.path,
    code: kind.code,
    request_id: request.id,
    timestamp: request.now.toISOString(),
    ...(extras.errors === undefined ? {} : { errors: extras.errors }),
    ...extras.members,
  };
}

/** Installs the error and not-found handlers. */
export function registerProblemAnswers(
  app: FastifyInstance,
  options: {
    publicUrl: string;
    now: () => Date;
    /** Called with unexpected errors. */
    onFault?: (fault: unknown, request: FastifyRequest) => void;
  },
): void {
  app.setErrorHandler<FastifyError>((error, request, reply) => {
    const problem = hasHungUp(request, error) ? incomplete() : toProblem(error);
    if (problem.kind.status >= 500) request.log.error({ err: error }, 'request failed');
    if (problem.kind === problems.INTERNAL_ERROR) options.onFault?.(error, request);
    return sendProblem(reply, request, problem);
  });
  app.setNotFoundHandler((request, reply) => sendProblem(reply, request, unroutable(app, request)));

  function sendProblem(reply: FastifyReply, request: FastifyRequest, problem: Problem) {
    request.raw.problemCode = problem.kind.code;
    const path = request.url.replace(/\?.*/s, '');
    const retry = problem.kind.status === 503 ? { 'retry-after': RETRY_AFTER_SECONDS } : {};
    // RFC 9110 asks it of every 401, also of those that no token would fix.
    const challenge = problem.kind.status === 401 ? { 'www-authenticate': 'Bearer' } : {};
    reply
      .code(problem.kind.status)
      .headers({
        'content-type': PROBLEM_TYPE,
        'cache-control': 'no-store',
        ...retry,
        ...challenge,
        ...problem.extras.headers,
      })
      // The route's own serializer would drop members that its success schema does not know.
      .serializer(JSON.stringify);
    return reply.send(
      problemBody(problem, {
        id: request.id,
        path,
        publicUrl: options.publicUrl,
        now: options.now(),
      }),
    );
  }
}

/** Whether the request ended before it was complete: the client's doing, and nobody is left to get the answer. */
function hasHungUp({ raw }: FastifyRequest, error: unknown): boolean {
  return raw.errored !== null && raw.errored === error;
}

function incomplete(): Problem {
  return new Problem(problems.VALIDATION_ERROR, 'The request ended before it was complete.');
}

/** What an error means to the caller. Anything unforeseen is a 500 without details. */
export function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  const fastifyError = error as Partial<FastifyError>;
  if (fastifyError.validation) return validationProblem(fastifyError);
  const known = FASTIFY_PROBLEMS[fastifyError.code ?? ''];
  if (known) return new Problem(known.kind, known.detail);
  if (isDatabaseDown(error)) {
    return new Problem(
      problems.SERVICE_UNAVAILABLE,
      'The database does not answer at the moment. Try again shortly.',
      { cause: error },
    );
  }
  const unstorable = UNSTORABLE[sqlState(error) ?? ''];
  if (unstorable) return new Problem(problems.VALIDATION_ERROR, unstorable);
  if (
    fastifyError.statusCode !== undefined &&
    fastifyError.statusCode >= 400 &&
    fastifyError.statusCode < 500
  ) {
    return new Problem(problems.VALIDATION_ERROR, 'The request could not be read.', {
      cause: error,
    });
  }
  return new Problem(problems.INTERNAL_ERROR, 'Quote the request id if you report this.', {
    cause: error,
  });
}

const FASTIFY_PROBLEMS: Readonly<Record<string, { kind: ProblemKind; detail: string }>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: { kind: problems.PAYLOAD_TOO_LARGE, detail: 'Send a smaller body.' },
  FST_REQ_FILE_TOO_LARGE: { kind: problems.PAYLOAD_TOO_LARGE, detail: 'Send a smaller file.' },
  FST_ERR_CTP_INVALID_MEDIA_TYPE: {
    kind: problems.UNSUPPORTED_MEDIA_TYPE,
    detail: 'Send application/json.',
  },
  FST_INVALID_MULTIPART_CONTENT_TYPE: {
    kind: problems.UNSUPPORTED_MEDIA_TYPE,
    detail: 'Send multipart/form-data.',
  },
  FST_ERR_CTP_EMPTY_JSON_BODY: { kind: problems.VALIDATION_ERROR, detail: 'The body is empty.' },
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: {
    kind: problems.VALIDATION_ERROR,
    detail: 'Content-Length does not match the body.',
  },
  FST_ERR_MAX_PARAM_LENGTH: {
    kind: problems.NOT_FOUND,
    detail: 'Nothing can be at this address: a part of its path is longer than any id.',
  },
  FST_ERR_BAD_URL: {
    kind: problems.VALIDATION_ERROR,
    detail: 'The path holds a malformed percent escape.',
  },
};

/** Text and numbers that passed the schema but that PostgreSQL cannot hold. */
const UNSTORABLE: Readonly<Record<string, string>> = {
  '22021': 'The request holds text that cannot be stored.',
  '22003': 'A number in the request is out of range.',
  '22008': 'A time in the request is out of range.',
};

function validationProblem(error: Partial<FastifyError>): Problem {
  if (error.validationContext === 'params') return malformedName(error);
  const where =
    error.validationContext === 'querystring' ? 'query' : (error.validationContext ?? 'body');
  const errors = fieldErrors(error.validation ?? []);
  const first = errors[0];
  const detail =
    first === undefined
      ? `The ${where} is not valid.`
      : `${where}${first.pointer} ${first.message}.`;
  return new Problem(problems.VALIDATION_ERROR, detail, { errors });
}

/** An id of the wrong form names nothing, and whoever sent it should not look for another route. */
function malformedName({ validation = [] }: Partial<FastifyError>): Problem {
  const [first] = fieldErrors(validation);
  const name = first?.pointer.slice(1);
  return new Problem(
    problems.NOT_FOUND,
    `Nothing can be at this address: \`${name}\` in its path ${first?.message ?? 'is not valid'}.`,
  );
}

const CONNECTION_FAULTS = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOENT',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
]);

/** Lost connections (class 08), a server that became a replica (25006), conflicts that outlasted the retries (40), too little of something (53), shutdowns and timeouts (57). */
const UNAVAILABLE_STATES = /^(08|25006|40|53|57P0|57014)/;
/** Messages of the driver and its pool that have no code. */
const UNAVAILABLE_WORDS =
  /timeout exceeded when trying to connect|timeout expired|Connection terminated|Query read timeout|is not queryable/;

/** Whether trying again later may help. */
export function isDatabaseDown(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const isSystemFault = CONNECTION_FAULTS.has(codeOf(error) ?? '');
  // A missing file has the same code as a missing socket.
  if (isSystemFault) return !('path' in error);
  return UNAVAILABLE_STATES.test(sqlState(error) ?? '') || UNAVAILABLE_WORDS.test(error.message);
}

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;

function unroutable(app: FastifyInstance, request: FastifyRequest): Problem {
  const path = request.url.replace(/\?.*/s, '');
  const allowed = METHODS.filter((method) => app.findRoute({ method, url: path }) !== null);
  if (allowed.length > 0) {
    return new Problem(problems.METHOD_NOT_ALLOWED, `This address answers ${allowed.join(', ')}.`, {
      headers: { allow: allowed.join(', ') },
    });
  }
  const version = /^\/api\/([^/]+)/.exec(path)?.[1];
  if (version !== undefined && !KNOWN_VERSIONS.includes(version)) {
    return new Problem(
      problems.UNKNOWN_API_VERSION,
      `Known versions are ${KNOWN_VERSIONS.join(' and ')}.`,
      {
        members: { known_versions: KNOWN_VERSIONS },
      },
    );
  }
  return new Problem(problems.NOT_FOUND, 'There is nothing at this address.');
}

export const KNOWN_VERSIONS = ['v1', 'v2'];

/** Answers what never became a request: malformed HTTP, headers too large, a client too slow to send them. */
export function answerClientError(options: {
  readonly publicUrl: string;
  readonly now: () => Date;
  readonly headers: Readonly<Record<string, string>>;
}) {
  return (error: NodeJS.ErrnoException, socket: Socket): void => {
    if (error.code === 'ECONNRESET' || !socket.writable) {
      socket.destroy();
      return;
    }
    const problem = clientProblem(error.code);
    const { status } = problem.kind;
    const id = newId();
    const body = JSON.stringify(
      problemBody(problem, { id, path: '/', publicUrl: options.publicUrl, now: options.now() }),
    );
    const headers = {
      ...options.headers,
      'content-type': PROBLEM_TYPE,
      'content-length': Buffer.byteLength(body),
      'cache-control': 'no-store',
      'x-request-id': id,
      connection: 'close',
    };
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${body}`);
    // Destroyed at once, the socket could take the answer with it; left alone, the client could keep it for ever.
    setTimeout(() => socket.destroy(), LINGER_MS).unref();
  };
}

function clientProblem(code: string | undefined): Problem {
  if (code === 'HPE_HEADER_OVERFLOW')
    return new Problem(problems.HEADERS_TOO_LARGE, 'Send smaller headers.');
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT')
    return new Problem(problems.REQUEST_TIMEOUT, 'The request did not arrive in time.');
  return new Problem(problems.VALIDATION_ERROR, 'This is not valid HTTP.');
}
