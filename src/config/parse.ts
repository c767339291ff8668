// From texts to typed values, by the schema of the settings; what does not fit is put into words.
import { Ajv } from 'ajv';
import { envSchema } from 'env-schema';
import type { Static, TObject } from 'typebox';
import { MARKS } from './kinds.ts';

const ajv = new Ajv({ allErrors: true, useDefaults: true, coerceTypes: true });
ajv.addVocabulary([...MARKS]);

export interface Parsed<Values> {
  /** With their defaults; absent where anything is malformed. */
  readonly values?: Values;
  /** By name, what would be accepted. */
  readonly malformed: ReadonlyMap<string, string>;
}

export function parseSettings<Schema extends TObject>(
  schema: Schema,
  given: Readonly<Record<string, string>>,
): Parsed<Static<Schema>> {
  try {
    const values = envSchema<Static<Schema>>({ schema, data: given, env: false, ajv });
    return { values, malformed: new Map() };
  } catch (error) {
    const { errors } = error as { errors?: SchemaProblem[] };
    if (errors === undefined) throw error;
    return { malformed: new Map(errors.map((problem) => describe(problem, schema))) };
  }
}

interface SchemaProblem {
  readonly instancePath: string;
  readonly keyword: string;
  readonly message: string;
  readonly params: Readonly<Record<string, unknown>>;
}

/** Name and sentence. Says what would be accepted, and never the value: it may be a secret. */
function describe(problem: SchemaProblem, { properties }: TObject): [string, string] {
  const { keyword, message, params } = problem;
  const name = problem.instancePath.slice(1);
  if (keyword === 'enum')
    return [name, `${name} must be one of ${(params['allowedValues'] as string[]).join(', ')}`];
  if (keyword !== 'pattern') return [name, `${name} ${message}`];
  const { description } = properties[name] as { description: string };
  return [name, `${name} has the wrong form. ${description}`];
}
