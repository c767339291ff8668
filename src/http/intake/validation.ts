// Two Ajvs: query and path come as text and are coerced, bodies are taken at their word. Both refuse what they do not know.
import { Ajv, type Options, type SchemaValidateFunction, type ValidateFunction } from 'ajv';
import addFormats from 'ajv-formats';
import type { FastifySchemaCompiler } from 'fastify';
import type { FastifyValidationResult } from 'fastify/types/schema.js';
import type { TSchema } from 'typebox';
import { TEXT_KEYWORD } from '../../lib/schema.ts';
import { normalizeText, type TextKind, textFault } from '../../lib/text/text.ts';

const COMMON: Options = {
  allErrors: true,
  removeAdditional: false,
  useDefaults: true,
  strict: true,
  strictRequired: false,
  allowUnionTypes: true,
  verbose: true,
};

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
