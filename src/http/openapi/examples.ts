// Examples for the documents: those that models carry, put together where an answer holds several.
import { EXAMPLE_NOW } from '../../lib/demo-market.ts';
import { DAY_MS, plusMs } from '../../lib/time.ts';

/** A JSON schema as the documents hold it. */
export interface JsonSchema {
  readonly $ref?: string;
  readonly title?: string;
  readonly description?: string;
  readonly type?: string | readonly string[];
  readonly format?: string;
  readonly contentMediaType?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly default?: unknown;
  readonly examples?: readonly unknown[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minProperties?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
}

export type Schemas = Readonly<Record<string, JsonSchema>>;

/**
 * The example of this schema, or one made of those of its parts; undefined where a part has none.
 * Members that may be missing are left out where they have none.
 */
export function exampleOf(schema: JsonSchema, schemas: Schemas): unknown {
  if (schema.$ref !== undefined) return exampleOf(resolveSchema(schema, schemas), schemas);
  const [given] = schema.examples ?? [];
  if (given !== undefined) return given;
  if (schema.const !== undefined) return schema.const;
  const [first] = schema.anyOf ?? [];
  if (first !== undefined) return exampleOf(first, schemas);
  if (schema.items !== undefined) {
    const item = exampleOf(schema.items, schemas);
    return item === undefined ? undefined : [item];
  }
  if (schema.properties === undefined) return undefined;
  const members = Object.entries(schema.properties)
    .map(([name, child]) => [name, exampleOf(child, schemas)] as const)
    .filter(([, value]) => value !== undefined);
  const example = Object.fromEntries(members);
  return (schema.required ?? []).every((name) => name in example) ? example : undefined;
}

/** The schema that a reference names, or the schema itself. */
export function resolveSchema(schema: JsonSchema, schemas: Schemas): JsonSchema {
  if (schema.$ref === undefined) return schema;
  const id = schema.$ref.split('/').at(-1) ?? '';
  const found = schemas[id];
  if (found === undefined) throw new Error(`the document has no schema ${id}`);
  return found;
}

const MOMENT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/;

/**
 * The same example with its moments as many whole days later as `now` is after EXAMPLE_NOW: a harvest of this morning
 * stays one, and a promo of next week still lies ahead.
 */
export function onDayOf(example: unknown, now: Date): unknown {
  if (Array.isArray(example)) return example.map((item) => onDayOf(item, now));
  if (typeof example === 'object' && example !== null) {
    const members = Object.entries(example).map(([name, value]) => [name, onDayOf(value, now)]);
    return Object.fromEntries(members);
  }
  return typeof example === 'string' && MOMENT.test(example)
    ? laterBy(daysTo(now), example)
    : example;
}

/** Whole days from the day of the examples; the moments of a document change once in each. */
export function daysTo(now: Date): number {
  return Math.floor((now.getTime() - EXAMPLE_NOW.getTime()) / DAY_MS);
}

/** In UTC and to the millisecond, as answers write moments. */
function laterBy(days: number, moment: string): string {
  return days === 0 ? moment : plusMs(new Date(moment), days * DAY_MS).toISOString();
}
