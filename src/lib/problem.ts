// The one error taxonomy: what can be refused, with which status and in which words (RFC 9457).

/** One way in which a request can be refused. `code` is what clients switch on; `title` never changes per request. */
export interface ProblemKind {
  readonly code: string;
  readonly status: number;
  readonly title: string;
}

/** One refused member of a request; `pointer` is a JSON pointer into the part of the request that `in` names. */
export interface FieldError {
  readonly pointer: string;
  readonly message: string;
  readonly code: string;
}

export interface ProblemExtras {
  /** Members beside the standard ones, e.g. `products` of INSUFFICIENT_STOCK. */
  readonly members?: Readonly<Record<string, unknown>>;
  readonly errors?: readonly FieldError[];
  readonly headers?: Readonly<Record<string, string>>;
  readonly cause?: unknown;
}

/** What services throw to refuse; the HTTP layer turns it into `application/problem+json`. */
export class Problem extends Error {
  readonly kind: ProblemKind;
  readonly extras: ProblemExtras;

  constructor(kind: ProblemKind, detail: string, extras: ProblemExtras = {}) {
    super(detail, extras.cause === undefined ? undefined : { cause: extras.cause });
    this.name = 'Problem';
    this.kind = kind;
    this.extras = extras;
  }
}

export function isProblem(error: unknown, kind?: ProblemKind): error is Problem {
  return error instanceof Problem && (kind === undefined || error.kind === kind);
}

export const VALIDATION_ERROR = kind('VALIDATION_ERROR', 400, 'The request is not valid');
export const UNAUTHENTICATED = kind('UNAUTHENTICATED', 401, 'Sign in first');
export const TOKEN_EXPIRED = kind('TOKEN_EXPIRED', 401, 'The token has expired');
export const TOKEN_REVOKED = kind('TOKEN_REVOKED', 401, 'The token has been revoked');
export const FORBIDDEN = kind('FORBIDDEN', 403, 'You may not do this');
export const VERIFICATION_REQUIRED = kind(
  'VERIFICATION_REQUIRED',
  403,
  'Confirm an e-mail address or a phone number first',
);
export const MFA_REQUIRED = kind('MFA_REQUIRED', 401, 'A second factor is required');
export const MFA_ENROLLMENT_REQUIRED = kind('MFA_REQUIRED', 403, 'A second factor is required');
export const STEP_UP_REQUIRED = kind('STEP_UP_REQUIRED', 403, 'Prove again who you are');
export const NOT_FOUND = kind('NOT_FOUND', 404, 'Not found');
export const UNKNOWN_API_VERSION = kind('UNKNOWN_API_VERSION', 404, 'Unknown API version');
export const METHOD_NOT_ALLOWED = kind('METHOD_NOT_ALLOWED', 405, 'Method not allowed');
export const REQUEST_TIMEOUT = kind('REQUEST_TIMEOUT', 408, 'The request took too long to arrive');
export const CONFLICT = kind('CONFLICT', 409, 'Conflict with what exists');
export const OPEN_ORDERS = kind('OPEN_ORDERS', 409, 'Open orders have to be finished first');
export const LIMIT_REACHED = kind('LIMIT_REACHED', 409, 'A limit of the account is reached');
export const VERSION_RETIRED = kind('VERSION_RETIRED', 410, 'The operation has been retired');
export const STALE_VERSION = kind('STALE_VERSION', 412, 'The object has changed meanwhile');
export const PAYLOAD_TOO_LARGE = kind('PAYLOAD_TOO_LARGE', 413, 'The request body is too large');
export const UNSUPPORTED_MEDIA_TYPE = kind('UNSUPPORTED_MEDIA_TYPE', 415, 'Unsupported media type');
export const RATE_LIMITED = kind('RATE_LIMITED', 429, 'Too many requests');
export const HEADERS_TOO_LARGE = kind(
  'HEADERS_TOO_LARGE',
  431,
  'The request headers are too large',
);
export const INTERNAL_ERROR = kind('INTERNAL_ERROR', 500, 'Something went wrong on our side');
export const SERVICE_UNAVAILABLE = kind('SERVICE_UNAVAILABLE', 503, 'The service is unavailable');
export const IDEMPOTENCY_KEY_REQUIRED = kind(
  'IDEMPOTENCY_KEY_REQUIRED',
  400,
  'Send an Idempotency-Key',
);
export const IDEMPOTENCY_KEY_REUSED = kind(
  'IDEMPOTENCY_KEY_REUSED',
  422,
  'The Idempotency-Key belongs to another request',
);
export const IDEMPOTENCY_IN_PROGRESS = kind(
  'IDEMPOTENCY_IN_PROGRESS',
  409,
  'The first request with this Idempotency-Key is still running',
);

/** Names a way to refuse; modules keep theirs in `noun.errors.ts`. */
export function kind(code: string, status: number, title: string): ProblemKind {
  return { code, status, title };
}

/** The same answer for what does not exist and for what is somebody else's. */
export function notFound(noun: string): Problem {
  return new Problem(NOT_FOUND, `There is no such ${noun}.`);
}

/** Refuses one member of the request; `message` goes on from its name: `must lie in the future`. */
export function invalidField(pointer: string, message: string, code = 'invalid'): Problem {
  const errors = [{ pointer, message, code }];
  return new Problem(VALIDATION_ERROR, `${pointer.slice(1)} ${message}.`, { errors });
}

/** 409 with the pointer of the member whose value is taken. */
export function conflict(pointer: string, message: string): Problem {
  return new Problem(CONFLICT, message, { errors: [{ pointer, message, code: 'taken' }] });
}

/** 409 of an account that may have no more of something; names the limit, its number and what to do. */
export function limitReached(limit: string, maximum: number, advice: string): Problem {
  return new Problem(LIMIT_REACHED, advice, { members: { limit, maximum } });
}
