// Ajv's errors in words: which member of a request is refused, and what would be accepted in its place.
import type { ErrorObject } from 'ajv';
import type { FieldError } from '../../lib/problem.ts';
import { ACCEPTED, NOT_BLANK } from '../../lib/schema.ts';
import { findSimilarName } from '../../lib/text/similar-name.ts';

/** More than this many faults in one request help nobody. */
const MAX_FIELD_ERRORS = 20;
/** A longer value is not repeated to who sent it. */
const MAX_ECHO_LENGTH = 40;

/** Members whose values are in no answer, whatever they were taken for. */
const SECRET = /(password|code|otp|refresh|token|secret)[^/]*$/i;

interface Fault {
  readonly params: Readonly<Record<string, unknown>>;
  /** The schema that the refused value breaks. */
  readonly schema: RefusedSchema;
  /** What was sent; undefined where it may be secret. */
  readonly sent: unknown;
  /** Ajv's own words. */
  readonly message: string | undefined;
}

interface RefusedSchema {
  readonly description?: string;
  readonly format?: string;
  readonly pattern?: string;
  readonly examples?: readonly unknown[];
  readonly properties?: Readonly<Record<string, unknown>>;
}

/** What validators say of a fault, here and in Fastify; our own names no parameters. */
type Refusal = Pick<ErrorObject, 'keyword' | 'instancePath'> & Partial<ErrorObject>;

/** Field errors whose messages say what would be accepted, to be read after the name of the member. */
export function fieldErrors(errors: readonly Refusal[]): FieldError[] {
  return withoutRepeats(withoutAlternatives(errors))
    .slice(0, MAX_FIELD_ERRORS)
    .map((error) => {
      const { instancePath, params = {}, keyword, message }: Refusal = error;
      const member = params['additionalProperty'] ?? params['missingProperty'];
      const pointer = `${instancePath}${typeof member === 'string' ? `/${escapePointer(member)}` : ''}`;
      const sent = SECRET.test(pointer) ? undefined : error.data;
      const schema = (error.parentSchema ?? {}) as RefusedSchema;
      const words = SENTENCES[keyword]?.({ params, schema, sent, message });
      return { pointer, message: words ?? message ?? 'is not valid', code: keyword };
    });
}

/** A member that may be null breaks both alternatives and their union: the one that is not null says enough. */
function withoutAlternatives(errors: readonly Refusal[]) {
  const specific = errors.filter(
    ({ keyword, params }) =>
      keyword !== 'anyOf' && !(keyword === 'type' && params?.['type'] === 'null'),
  );
  return specific.length === 0 ? errors : specific;
}

/** What is blank is also too short once it is trimmed: one message is enough. */
function withoutRepeats(errors: readonly Refusal[]) {
  const blank = new Set(
    errors
      .filter(({ params }) => params?.['pattern'] === NOT_BLANK)
      .map(({ instancePath }) => instancePath),
  );
  return errors.filter(
    ({ keyword, instancePath }) => !(keyword === 'minLength' && blank.has(instancePath)),
  );
}

const SENTENCES: Readonly<Record<string, (fault: Fault) => string | undefined>> = {
  additionalProperties: unknownMember,
  required: () => 'is required',
  type: wrongType,
  enum: ({ params }) => `must be one of ${listed(params['allowedValues'])}`,
  const: ({ params }) => `must be ${JSON.stringify(params['allowedValue'])}`,
  minimum: ({ params }) => `must be at least ${String(params['limit'])}`,
  maximum: ({ params }) => `must be at most ${String(params['limit'])}`,
  minLength: (fault) => form(fault) ?? `must have at least ${count(fault, 'character')}`,
  maxLength: (fault) => form(fault) ?? `must have at most ${count(fault, 'character')}`,
  minItems: (fault) => `must have at least ${count(fault, 'item')}`,
  maxItems: (fault) => `must have at most ${count(fault, 'item')}`,
  uniqueItems: ({ params }) =>
    `must not name anything twice: items ${String(params['j'])} and ${String(params['i'])} are the same`,
  minProperties: ({ schema }) => `must have at least one of ${listed(membersOf(schema))}`,
  format: form,
  pattern: (fault) => {
    if (fault.params['pattern'] === NOT_BLANK) return 'must not be blank';
    const accepted = ACCEPTED.get(String(fault.params['pattern'])) ?? fault.schema.description;
    return accepted === undefined ? undefined : `must be ${accepted}`;
  },
};

const FORMATS: Readonly<Record<string, string>> = {
  uuid: 'a UUID',
  'date-time': 'RFC 3339 with an offset',
  date: 'a date such as 2026-03-01',
  email: 'an e-mail address',
  uri: 'an absolute address',
};

function form({ schema }: Fault): string | undefined {
  const words = FORMATS[schema.format ?? ''];
  return words === undefined ? undefined : `must be ${words}`;
}

/** Names the one that was probably meant, and all that are known. */
function unknownMember({ params, schema }: Fault): string {
  const known = membersOf(schema);
  if (known.length === 0) return 'is not known here: nothing is taken';
  const meant = findSimilarName(String(params['additionalProperty']), known);
  const names = `${known.length === 1 ? 'is' : 'are'} ${listed(known)}`;
  return meant === undefined
    ? `is not known here; known ${names}`
    : `is not known here: did you mean ${meant}? Known ${names}`;
}

const TYPES: Readonly<Record<string, string>> = {
  string: 'a string',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  null: 'null',
};

/** Says how the sent value would be written rightly, else shows another that would do. */
function wrongType({ params, schema, sent }: Fault): string {
  const wanted = [params['type']].flat().map(String);
  const words = wanted.map((type) => TYPES[type] ?? type).join(' or ');
  const right = wanted.map((type) => writtenAs(type, sent, schema)).find(Boolean);
  if (right !== undefined)
    return `must be ${words}: send ${right} instead of ${JSON.stringify(sent)}`;
  const [example] = schema.examples ?? [];
  const isShort = typeof example !== 'object';
  return example === undefined || !isShort
    ? `must be ${words}`
    : `must be ${words}, such as ${JSON.stringify(example)}`;
}

/** The sent value as JSON of another type; undefined where that is not what was meant. */
function writtenAs(type: string, sent: unknown, { pattern }: RefusedSchema): string | undefined {
  const text = typeof sent === 'string' ? sent.trim() : String(sent);
  if (text.length > MAX_ECHO_LENGTH) return undefined;
  if (type === 'string' && (typeof sent === 'number' || typeof sent === 'boolean')) {
    const fits = pattern === undefined || new RegExp(pattern).test(text);
    return fits ? JSON.stringify(text) : undefined;
  }
  if (typeof sent !== 'string') return undefined;
  const isMeant =
    (type === 'integer' && /^-?\d{1,15}$/.test(text)) ||
    (type === 'number' && /^-?\d{1,15}(\.\d{1,9})?$/.test(text)) ||
    (type === 'boolean' && /^(true|false)$/.test(text));
  return isMeant ? text : undefined;
}

function count({ params }: Fault, noun: string): string {
  const limit = Number(params['limit']);
  return `${limit} ${noun}${limit === 1 ? '' : 's'}`;
}

function listed(values: unknown): string {
  return [values].flat().join(', ');
}

function membersOf({ properties = {} }: RefusedSchema): string[] {
  return Object.keys(properties);
}

function escapePointer(member: string): string {
  return member.replaceAll('~', '~0').replaceAll('/', '~1');
}
