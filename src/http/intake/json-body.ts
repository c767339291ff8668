// The JSON body parser: what a careless parser would let through is refused here, before anything else sees it.
import { isUtf8 } from 'node:buffer';
import type { FastifyInstance } from 'fastify';
import { Problem, VALIDATION_ERROR } from '../../lib/problem.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** The JSON body as it came, for signatures over its bytes. */
    rawBody?: string;
  }
}

export const MAX_BODY_BYTES = 256 * 1024;
const MAX_JSON_DEPTH = 32;
const MAX_NUMBER_DIGITS = 32;
/** Validation names every fault, so that a hundred thousand of them would keep the process busy. */
const MAX_JSON_MEMBERS = 10_000;

const ESCAPED_NUL = /(?<!\\)(?:\\\\)*\\u0000/;
const ESCAPED_SURROGATE = /\\u[dD][89a-fA-F]/;

/** Registers the parser for `application/json` on this instance. */
export function registerJsonBody(app: FastifyInstance): void {
  const parseSafely = app.getDefaultJsonParser('error', 'error');
  app.removeContentTypeParser(['application/json', 'text/plain']);
  app.addContentTypeParser<Buffer>(
    'application/json',
    { parseAs: 'buffer' },
    (request, bytes, done) => {
      // Decoding would replace what is not UTF-8 instead of refusing it.
      if (!isUtf8(bytes)) return done(malformed('The body is not valid UTF-8.'));
      const text = bytes.toString();
      const fault = faultIn(text);
      if (fault !== undefined) return done(malformed(fault));
      // Action POSTs take nothing or {}.
      if (text === '') return done(null, undefined);
      request.rawBody = text;
      void parseSafely(request, text, (error, value) => {
        if (error) return done(malformed('The body is not valid JSON.'));
        if (ESCAPED_SURROGATE.test(text) && hasLoneSurrogate(value))
          return done(malformed('The body holds text that is not valid Unicode.'));
        done(null, value);
      });
    },
  );
}

function malformed(detail: string): Problem {
  return new Problem(VALIDATION_ERROR, detail);
}

function faultIn(text: string): string | undefined {
  if (text.includes('\0') || ESCAPED_NUL.test(text)) return 'The body holds a NUL character.';
  return faultInShape(text);
}

/** Nesting, digits and size in one pass: a regular expression that skips strings can be made to backtrack for minutes. */
function faultInShape(text: string): string | undefined {
  let depth = 0;
  let digits = 0;
  let commas = 0;
  for (let i = 0; i < text.length; i += 1) {
    const char = text.charCodeAt(i);
    digits = isDigit(char) ? digits + 1 : 0;
    if (char === QUOTE) i = endOfString(text, i);
    else if (char === COMMA) commas += 1;
    else if (isOpening(char)) depth += 1;
    else if (isClosing(char)) depth -= 1;
    if (depth > MAX_JSON_DEPTH) return `The body is nested deeper than ${MAX_JSON_DEPTH} levels.`;
    if (commas >= MAX_JSON_MEMBERS) return `The body holds more than ${MAX_JSON_MEMBERS} members.`;
    if (digits > MAX_NUMBER_DIGITS) {
      return `The body holds a number of more than ${MAX_NUMBER_DIGITS} digits.`;
    }
  }
  return undefined;
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;
const isDigit = (char: number) => char >= 0x30 && char <= 0x39;
const isOpening = (char: number) => char === 0x7b || char === 0x5b;
const isClosing = (char: number) => char === 0x7d || char === 0x5d;

/** Index of the quote that ends the string which begins at `start`; the end of the text where none does. */
function endOfString(text: string, start: number): number {
  let i = start + 1;
  while (i < text.length && text.charCodeAt(i) !== QUOTE) {
    i += text.charCodeAt(i) === BACKSLASH ? 2 : 1;
  }
  return i;
}

function hasLoneSurrogate(value: unknown): boolean {
  if (typeof value === 'string') return !value.isWellFormed();
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).some(
    ([name, member]) => !name.isWellFormed() || hasLoneSurrogate(member),
  );
}
