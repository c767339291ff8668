// Two Ajvs: query and path come as text and are coerced, bodies are taken at their word. Both refuse what they do not know.
import {
  Ajv,
  type ErrorObject,
  type Options,
  type SchemaValidateFunction,
  type ValidateFunction,
} from 'ajv';
import addFormats from 'ajv-formats';
import type { FastifySchemaCompiler } from 'fastify';
import type { FastifyValidationResult } from 'fastify/types/schema.js';
import type { TSchema } from 'typebox';
import type { FieldError } from '../lib/problem.ts';
import { normalizeText, type TextKind, textFault } from '../lib/text.ts';
import { ACCEPTED, NOT_BLANK, TEXT_KEYWORD } from './schema.ts';

const COMMON: Options = {
  allErrors: true,
  removeAdditional: false,
  useDefaults: true,
  strict: true,
  strictRequired: false,
  allowUnionTypes: true,
  verbose: true,
};

/** More than this many faults in one request help nobody. */
const MAX_FIELD_ERRORS = 20;

/** Compilers that share the named schemas given to `addModel`. */
export function createValidation(): {
  compiler: FastifySchemaCompiler<TSchema>;
  addModel: (schema: TSchema) => void;
} {
  const strict = withFormats(new Ajv({ ...COMMON, coerceTypes: false }));
  const coercing = withFormats(new Ajv({ ...COMMON, coerceTypes: true }));
  return {
    compiler: ({ schema, httpPart }) =>
      compiledWhenUsed(() => (httpPart === 'body' ? strict : coercing).compile(schema)),
    addModel: (schema) => {
      strict.addSchema(schema);
      coercing.addSchema(schema);
    },
  };
}

/** Compiling every validator takes longer than the rest of a start, so each waits for its first request. */
function compiledWhenUsed(compile: () => ValidateFunction): FastifyValidationResult {
  let validate: ValidateFunction | undefined;
  const check: FastifyValidationResult = (data: unknown) => {
    validate ??= compile();
    const isValid = validate(data);
    check.errors = validate.errors ?? null;
    return isValid;
  };
  return check;
}

function withFormats(ajv: Ajv): Ajv {
  addFormats.default(ajv, ['uuid', 'date-time', 'email', 'uri', 'date']);
  ajv.addVocabulary(['example']);
  ajv.addKeyword({
    keyword: TEXT_KEYWORD,
    type: 'string',
    schemaType: 'string',
    // Length and pattern are those of the text as it will be kept.
    before: 'maxLength',
    modifying: true,
    errors: true,
    validate: checkText,
  });
  return ajv;
}

/** Puts the text in its normal form where it stands, then says what is wrong with it. */
const checkText: SchemaValidateFunction = (kind: TextKind, typed: string, _parent, at) => {
  const text = normalizeText(typed, kind);
  if (at !== undefined) at.parentData[at.parentDataProperty] = text;
  const fault = textFault(text, kind);
  checkText.errors = fault === undefined ? [] : [{ keyword: 'text', message: fault }];
  return fault === undefined;
};

/** Ajv's errors as field errors whose messages say what would be accepted. */
export function fieldErrors(errors: readonly Partial<ErrorObject>[]): FieldError[] {
  return errors.slice(0, MAX_FIELD_ERRORS).map((error) => {
    const params = (error.params ?? {}) as Record<string, unknown>;
    const member = params['additionalProperty'] ?? params['missingProperty'];
    const pointer = `${error.instancePath ?? ''}${typeof member === 'string' ? `/${escapePointer(member)}` : ''}`;
    return { pointer, message: sentence(error, params), code: error.keyword ?? 'invalid' };
  });
}

const FORMATS: Readonly<Record<string, string>> = {
  uuid: 'a UUID',
  'date-time': 'RFC 3339 with an offset',
  date: 'a date such as 2026-03-01',
  email: 'an e-mail address',
  uri: 'an absolute address',
};

function sentence(error: Partial<ErrorObject>, params: Record<string, unknown>): string {
  if (error.keyword === 'additionalProperties') return 'is not known here';
  if (error.keyword === 'required') return 'is required';
  if (error.keyword === 'enum')
    return `must be one of ${(params['allowedValues'] as unknown[]).join(', ')}`;
  const format = FORMATS[String(params['format'])];
  if (format !== undefined) return `must be ${format}`;
  if (params['pattern'] === NOT_BLANK) return 'must not be blank';
  const accepted = error.keyword === 'pattern' ? acceptedBy(error, params) : undefined;
  return accepted === undefined ? (error.message ?? 'is not valid') : `must be ${accepted}`;
}

function acceptedBy(error: Partial<ErrorObject>, { pattern }: Record<string, unknown>) {
  const schema = error.parentSchema as { description?: string } | undefined;
  return ACCEPTED.get(String(pattern)) ?? schema?.description;
}

function escapePointer(member: string): string {
  return member.replaceAll('~', '~0').replaceAll('/', '~1');
}
