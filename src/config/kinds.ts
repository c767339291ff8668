// The kinds of settings, and the marks that say what else is to be known of one: the check, the reference and the
// example of an environment are all derived from them.
import { Type } from 'typebox';

/** Keywords of our own, which no validator acts on. */
export interface Marks {
  /** Never printed, and may be given as a file: `<NAME>_FILE`. */
  readonly secret?: true;
  /** Production does not start without it, and why. */
  readonly production?: string;
  /** What the example of an environment shows. */
  readonly example?: string;
  /** A command that makes one. */
  readonly command?: string;
  /** What the reference calls its type, where the schema does not say. */
  readonly kind?: string;
}
export const MARKS = ['secret', 'production', 'example', 'command', 'kind'] as const;

export const Choice = <const T extends readonly string[]>(
  values: T,
  description: string,
  fallback?: T[number],
  marks: Marks = {},
) =>
  Type.Unsafe<T[number]>({
    type: 'string',
    enum: [...values],
    description,
    ...(fallback === undefined ? {} : { default: fallback }),
    ...marks,
  });

export const Flag = (fallback: 'on' | 'off', description: string) =>
  Choice(['on', 'off'], description, fallback);

export const Text = (
  description: string,
  options: { readonly default?: string; readonly minLength?: number } & Marks = {},
) => Type.String({ ...options, description });

export const OptionalText = (
  description: string,
  options: { readonly minLength?: number; readonly pattern?: string } & Marks = {},
) => Type.Optional(Type.String({ ...options, description }));

/** Comma-separated secrets of at least `minLength` characters: the first is used, all are accepted. */
export const OptionalSecrets = (minLength: number, description: string, marks: Marks = {}) =>
  OptionalText(`${description}; at least ${minLength} characters each`, {
    pattern: `^${secretPattern(minLength)}(,${secretPattern(minLength)})*$`,
    kind: 'list of secrets',
    secret: true,
    ...marks,
  });

/** Without blanks around it: `new, old` would silently be another secret than `new,old`. */
const secretPattern = (minLength: number) => `[^,\\s][^,\\r\\n]{${minLength - 2},}[^,\\s]`;

export const OptionalUrl = (schemes: readonly string[], description: string, marks: Marks = {}) =>
  OptionalText(`${description}; \`${schemes.join('://…` or `')}://…\``, {
    pattern: `^(${schemes.join('|').replaceAll('+', '\\+')})://[^\\s]+$`,
    kind: 'URL',
    ...marks,
  });

export const Rate = (fallback: string, description: string) =>
  Type.String({
    default: fallback,
    pattern: '^[1-9]\\d{0,6}/(second|minute|hour|day)$',
    kind: 'rate',
    description: `${description}; \`<count>/<second, minute, hour or day>\``,
  });

export const Count = (fallback: number, minimum: number, maximum: number, description: string) =>
  Type.Integer({ default: fallback, minimum, maximum, description });

export const OptionalCount = (minimum: number, maximum: number, description: string) =>
  Type.Optional(Type.Integer({ minimum, maximum, description }));

export const Share = (description: string, fallback?: number) =>
  Type.Number({
    minimum: 0,
    maximum: 1,
    description,
    ...(fallback === undefined ? {} : { default: fallback }),
  });
