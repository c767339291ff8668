// Schema words that every module uses, so that validation, types and the OpenAPI document agree.
import { type Static, type TObject, type TSchema, Type } from 'typebox';
import type { TextKind } from './text/text.ts';

/** A value of this schema, as documents show it: written out by hand, in words of the demo market. */
export type Example<T extends TSchema> = Fixed<Static<T>>;
type Fixed<T> = T extends object ? { readonly [Name in keyof T]: Fixed<T[Name]> } : T;

/**
 * A named schema: published once under `components/schemas` and referred to from everywhere else. Parts of one that are
 * objects have a `title` instead, by which the documents name them.
 * `example` is what the documents show of it; that of a body must be accepted by the demo market as it stands.
 */
export function Model<T extends TSchema>(name: string, schema: T, example: Example<T>): T {
  // A spread would lose TypeBox's own, non-enumerable marks.
  return Object.defineProperties(clone(schema), {
    $id: { value: name, enumerable: true },
    examples: { value: [example], enumerable: true },
  });
}

export function clone<T extends object>(schema: T): T {
  return Object.defineProperties({}, Object.getOwnPropertyDescriptors(schema)) as T;
}

/** `null` or the given schema; answers only. */
export function Nullable<T extends TSchema>(schema: T) {
  return Type.Union([schema, Type.Null()]);
}

/** One of some strings, as OpenAPI's `enum`; the same name for the same values. */
export function OneOf<const T extends readonly string[]>(
  title: string,
  values: T,
  options: { description?: string; default?: T[number] } = {},
) {
  return Type.Unsafe<T[number]>({ title, type: 'string', enum: [...values], ...options });
}

/** A closed object: unknown members are refused. */
export function Closed<const T extends Record<string, TSchema>>(
  properties: T,
  options: { title?: string; description?: string } = {},
) {
  return Type.Object(properties, { additionalProperties: false, ...options });
}

/** All members optional, at least one present: the body of a PATCH. */
export function Patch<T extends TObject>(schema: T) {
  return Type.Partial(schema, { additionalProperties: false, minProperties: 1 });
}

// Without a limit the format lets a `urn:uuid:` prefix pass, which PostgreSQL cannot read.
export const Id = Type.String({ format: 'uuid', maxLength: 36, description: 'UUIDv7' });
export const Timestamp = Type.String({
  format: 'date-time',
  description: 'RFC 3339, UTC',
  examples: ['2026-03-01T08:00:00.000Z'],
});

// The pattern leaves out what `Date` cannot read: leap seconds, offsets without minutes.
const MOMENT = {
  pattern: '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:[0-5]\\d(\\.\\d{1,9})?(Z|[+-]\\d{2}:\\d{2})$',
  description: 'RFC 3339 with an offset',
};
const PRICE = {
  pattern: '^(?!0+(\\.0{1,2})?$)\\d{1,6}(\\.\\d{1,2})?$',
  description: '0.01 to 999999.99, up to two places',
};
// Up to MAX_TOTAL_CENTAVOS.
const TOTAL = {
  pattern: '^\\d{1,13}(\\.\\d{1,2})?$',
  description: '0.00 to 9999999999999.99, up to two places',
};
const POSITIVE_TOTAL = {
  pattern: '^(?!0+(\\.0{1,2})?$)\\d{1,13}(\\.\\d{1,2})?$',
  description: '0.01 to 9999999999999.99, up to two places',
};
const POSITIVE_QUANTITY = {
  pattern: '^(?!0+(\\.0{1,3})?$)\\d{1,5}(\\.\\d{1,3})?$',
  description: "0.001 to 99999.999 in the product's unit",
};

/** What these patterns accept, in words, also where a member has a description of its own. */
export const ACCEPTED: ReadonlyMap<string, string> = new Map(
  [MOMENT, PRICE, TOTAL, POSITIVE_TOTAL, POSITIVE_QUANTITY].map(({ pattern, description }) => [
    pattern,
    description,
  ]),
);

/** A moment in a request. */
export const Moment = Type.String({
  ...MOMENT,
  format: 'date-time',
  maxLength: 40,
  examples: ['2026-03-01T06:00:00+08:00'],
});

export const Money = Type.String({
  pattern: '^-?\\d+\\.\\d{2}$',
  description: 'Decimal, two places',
  examples: ['120.00'],
});

/** A price in a request: 0.01 to 999999.99, places may be left out. */
export const Price = Type.String({
  ...PRICE,
  examples: ['120.00'],
});

/** A sum of prices in a request, nothing included; places may be left out. */
export const Total = Type.String({
  ...TOTAL,
  examples: ['240.00'],
});

/** Some of a sum of prices in a request: 0.01 and more. */
export const PositiveTotal = Type.String({
  ...POSITIVE_TOTAL,
  examples: ['240.00'],
});

export const Quantity = Type.String({
  pattern: '^-?\\d+\\.\\d{3}$',
  description: "Decimal in the product's unit, three places",
  examples: ['8.000'],
});

/** A quantity in a request: 0.001 to 99999.999. */
export const PositiveQuantity = Type.String({
  ...POSITIVE_QUANTITY,
  examples: ['2.5'],
});

export const NOT_BLANK = '\\S';

/** Says of a string that people type it: validation normalises it first, then refuses what lib/text.ts refuses. */
export const TEXT_KEYWORD = 'x-text';

interface TextOptions {
  readonly description?: string;
  readonly examples?: string[];
}

/** A name or another single line that people type; never blank. `maxLength` counts characters of the normalised line. */
export function Line(maxLength: number, options: TextOptions = {}) {
  return typed('line', { minLength: 1, maxLength, pattern: NOT_BLANK, ...options });
}

/** What people type with line breaks; never blank. `maxLength` counts characters of the normalised text. */
export function Text(maxLength: number, options: TextOptions = {}) {
  return typed('text', { minLength: 1, maxLength, pattern: NOT_BLANK, ...options });
}

/** A text that may be empty. */
export function Description(maxLength: number, options: TextOptions = {}) {
  return typed('text', { maxLength, ...options });
}

function typed(kind: TextKind, options: object) {
  return Type.String({ ...options, [TEXT_KEYWORD]: kind });
}

export const Empty = Type.Object({}, { additionalProperties: false });

export const IdParams = Type.Object({ id: Id });

export type Infer<T extends TSchema> = Static<T>;
