// Errors as they may be logged: named fields only, because drivers hang SQL, parameters and rows onto theirs.

export const MAX_MESSAGE_LENGTH = 1_000;
export const MAX_CAUSES = 3;

/** Members that never hold a value of somebody's row or request; they are copied where they are text or numbers. */
const SAFE_FIELDS = [
  'code',
  'syscall',
  'command',
  'responseCode',
  'statusCode',
  'table',
  'column',
  'constraint',
  'routine',
];

export interface ErrorDescription {
  readonly type: string;
  readonly message: string;
  readonly stack: string;
  readonly cause?: ErrorDescription;
  readonly errors?: readonly ErrorDescription[];
  readonly [field: string]: unknown;
}

/** Type, scrubbed message, frames, safe fields, and causes up to MAX_CAUSES deep. */
export function describeError(error: Error, depth = 0): ErrorDescription {
  const nested = (inner: unknown): ErrorDescription[] =>
    inner instanceof Error && depth < MAX_CAUSES ? [describeError(inner, depth + 1)] : [];
  const [cause] = nested(error.cause);
  const errors =
    error instanceof AggregateError ? error.errors.slice(0, MAX_CAUSES).flatMap(nested) : [];
  return {
    type: error.constructor.name,
    message: safeMessage(error),
    stack: frames(error),
    ...safeFields(error),
    ...(cause === undefined ? {} : { cause }),
    ...(errors.length === 0 ? {} : { errors }),
  };
}

function safeFields(error: Error): Record<string, string | number> {
  const entries = Object.entries(error).flatMap(([name, value]): [string, string | number][] => {
    if (!SAFE_FIELDS.includes(name)) return [];
    if (typeof value === 'string') return [[name, scrub(value)]];
    return typeof value === 'number' ? [[name, value]] : [];
  });
  return Object.fromEntries(entries);
}

/** A stack begins with the unscrubbed message, which may itself hold lines that look like frames. */
function frames(error: Error): string {
  const stack = error.stack ?? '';
  const messageAt = stack.indexOf(error.message);
  return stack
    .slice(messageAt < 0 ? 0 : messageAt + error.message.length)
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .join('\n');
}

function safeMessage(error: Error): string {
  const isFromPostgres = 'severity' in error && 'routine' in error;
  return scrub(
    isFromPostgres
      ? withoutValues(error.message, String('code' in error && error.code))
      : error.message,
  );
}

const DATA_EXCEPTION = /^22/;

/** PostgreSQL quotes the value it refused: after a colon everywhere, and anywhere in data exceptions. */
function withoutValues(message: string, sql_state: string): string {
  return message.replace(DATA_EXCEPTION.test(sql_state) ? /".*"/s : /(?<=: )".*"/s, '"…"');
}

/** Takes out of free text what looks like a credential, an e-mail address or a Philippine phone number, and what could break a line. */
export function scrub(text: string): string {
  return text
    .slice(0, MAX_MESSAGE_LENGTH)
    .replace(/[\p{Cc}\u2028\u2029]+/gu, ' ')
    .replace(/\/\/[^\s/@]{1,256}@/g, '//[redacted]@')
    .replace(/\bBearer\s+\S+/gi, 'Bearer [redacted]')
    .replace(/\beyJ[\w-]+\.[\w.-]+/g, '[token]')
    .replace(/[^\s@<>"'(),;:=]{1,64}@[^\s@<>"'(),;:]{1,255}/g, '[email]')
    .replace(/(?<![\w.-])(?:\+?63|0)?[ -]?9\d{2}[ -]?\d{3}[ -]?\d{4}(?!\w)/g, '[phone]');
}
