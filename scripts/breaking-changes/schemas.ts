// Whether everything that one side may send is something that the other side takes: the question behind every change of a
// schema. For a request the client sends by the released document, for an answer the server sends by the new one.
import { isDeepStrictEqual } from 'node:util';

export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly [keyword: string]: unknown;
}

export interface Side {
  readonly schema: Schema;
  /** @throws Error where a reference leads nowhere */
  readonly resolve: (ref: string) => Schema;
}

export interface Exchange {
  readonly sent: Side;
  readonly taken: Side;
  /** A request is sent by the released document and taken by the new one; an answer the other way round. */
  readonly isRequest: boolean;
  /** JSON pointer of the values; `*` is any item or key. */
  readonly pointer?: string;
  /** What is being compared further out: a schema that holds itself is judged where it is met first. */
  readonly outer?: readonly Exchange[];
}

export interface Misfit {
  readonly pointer: string;
  readonly message: string;
}

const ANYTHING: Schema = {};
/** They say nothing about which values fit. */
const ANNOTATIONS = [
  'title',
  'description',
  'example',
  'examples',
  'deprecated',
  'contentMediaType',
];
const LOWER_BOUNDS = ['minimum', 'exclusiveMinimum', 'minLength', 'minItems', 'minProperties'];
const UPPER_BOUNDS = ['maximum', 'exclusiveMaximum', 'maxLength', 'maxItems', 'maxProperties'];
/** Which of two patterns takes more cannot be told: only the same one, or none, is safe. */
const EXACT = ['pattern', 'format', 'uniqueItems', 'multipleOf'];
const STRUCTURE = [
  'type',
  'enum',
  'const',
  'properties',
  'required',
  'additionalProperties',
  'items',
];
const JUDGED = new Set([
  ...ANNOTATIONS,
  ...LOWER_BOUNDS,
  ...UPPER_BOUNDS,
  ...EXACT,
  ...STRUCTURE,
  'default',
]);

/** Every way in which a value that `sent` allows would surprise `taken`. */
export function misfitsOf(exchange: Exchange): readonly Misfit[] {
  const { sent, taken, outer = [] } = exchange;
  const isOpen = outer.some(
    (other) => other.sent.schema === sent.schema && other.taken.schema === taken.schema,
  );
  if (isOpen) return [];
  const takers = alternativesOf(taken);
  return alternativesOf(sent).flatMap((sender) => misfitsOfAlternative(exchange, sender, takers));
}

/** The schema as single types without references: `anyOf` and lists of types taken apart. */
function alternativesOf({ schema, resolve }: Side): readonly Schema[] {
  const { $ref, ...own } = schema;
  const { anyOf, type, ...beside } = own;
  const alternatives = (inner: Schema) => alternativesOf({ schema: inner, resolve });
  if ($ref !== undefined) return alternatives({ ...resolve($ref), ...own });
  if (anyOf !== undefined) return anyOf.flatMap((one) => alternatives({ ...beside, ...one }));
  return [type].flat().map((one) => (one === undefined ? beside : { ...beside, type: one }));
}

/** An alternative fits where one of the taker's takes all of it; else the only one of its type says why not. */
function misfitsOfAlternative(
  exchange: Exchange,
  sender: Schema,
  takers: readonly Schema[],
): readonly Misfit[] {
  const alike = takers.filter((taker) => isTypeTaken(sender, taker));
  const attempts = alike.map((taker) => misfitsOfPair(exchange, sender, taker));
  if (attempts.some((misfits) => misfits.length === 0)) return [];
  const [only, ...others] = attempts;
  if (only !== undefined && others.length === 0) return only;
  const types = (schemas: readonly Schema[]) => schemas.map(({ type }) => type ?? 'anything');
  return [misfit(exchange, 'type', types([sender]).join(), types(takers).join(' or '))];
}

function isTypeTaken(sender: Schema, taker: Schema): boolean {
  if (taker.type === undefined || taker.type === sender.type) return true;
  return taker.type === 'number' && sender.type === 'integer';
}

function misfitsOfPair(exchange: Exchange, sender: Schema, taker: Schema): readonly Misfit[] {
  return [
    ...misfitsOfValues(exchange, sender, taker),
    ...misfitsOfKeywords(exchange, sender, taker),
    ...misfitsOfMembers(exchange, sender, taker),
    ...misfitsOfOtherMembers(exchange, sender, taker),
    ...misfitsOfItems(exchange, sender, taker),
  ];
}

function misfitsOfValues(exchange: Exchange, sender: Schema, taker: Schema): Misfit[] {
  const [sent, taken] = [valuesOf(sender), valuesOf(taker)];
  if (taken === undefined) return [];
  const isTaken = (value: unknown) => taken.some((other) => isDeepStrictEqual(other, value));
  return sent?.every(isTaken) ? [] : [misfit(exchange, 'enum', sent, taken)];
}

function valuesOf({ enum: values, const: value }: Schema): readonly unknown[] | undefined {
  return value === undefined ? values : [value];
}

function misfitsOfKeywords(exchange: Exchange, sender: Schema, taker: Schema): Misfit[] {
  const unknown = Object.keys({ ...sender, ...taker }).filter((name) => !JUDGED.has(name));
  const isNumber = (value: unknown) => typeof value === 'number';
  const differs = (name: string) => !isDeepStrictEqual(sender[name], taker[name]);
  const isTooLow = (sent: unknown, taken: unknown) =>
    isNumber(taken) && !(isNumber(sent) && sent >= taken);
  const isTooHigh = (sent: unknown, taken: unknown) =>
    isNumber(taken) && !(isNumber(sent) && sent <= taken);
  const faulty = [
    ...LOWER_BOUNDS.filter((name) => isTooLow(sender[name], taker[name])),
    ...UPPER_BOUNDS.filter((name) => isTooHigh(sender[name], taker[name])),
    ...EXACT.filter((name) => taker[name] !== undefined && differs(name)),
    // What is left out of a request keeps its meaning.
    ...['default'].filter(
      (name) => exchange.isRequest && sender[name] !== undefined && differs(name),
    ),
    ...unknown.filter(differs),
  ];
  return faulty.map((name) => misfit(exchange, name, sender[name], taker[name]));
}

/** A member that was documented must stay, in both directions; one that is new surprises nobody unless it is demanded. */
function misfitsOfMembers(exchange: Exchange, sender: Schema, taker: Schema): Misfit[] {
  const { properties: sent = {}, required: given = [] } = sender;
  const { properties: taken = {}, required: demanded = [] } = taker;
  const [before, after] = exchange.isRequest ? [sent, taken] : [taken, sent];
  const removed = Object.keys(before).filter((name) => !Object.hasOwn(after, name));
  const missing = demanded.filter((name) => !given.includes(name) && !removed.includes(name));
  const demand = exchange.isRequest ? 'is now required' : 'is no longer always there';
  const at = (name: string) => `${exchange.pointer ?? ''}/${name}`;
  return [
    ...removed.map((name) => ({ pointer: at(name), message: 'was removed' })),
    ...missing.map((name) => ({ pointer: at(name), message: demand })),
    ...Object.entries(sent).flatMap(([name, schema]) => {
      const counterpart = taken[name];
      return counterpart === undefined ? [] : inside(exchange, name, schema, counterpart);
    }),
  ];
}

/** Of objects with keys of any name. An answer may always hold more than it did: clients overlook what they do not know. */
function misfitsOfOtherMembers(exchange: Exchange, sender: Schema, taker: Schema): Misfit[] {
  const { additionalProperties: sent = true } = sender;
  const { additionalProperties: taken = true } = taker;
  if (sent === false || taken === true) return [];
  if (taken === false)
    return exchange.isRequest ? [misfit(exchange, 'additionalProperties', sent, taken)] : [];
  return inside(exchange, '*', sent === true ? ANYTHING : sent, taken);
}

function misfitsOfItems(exchange: Exchange, sender: Schema, taker: Schema): Misfit[] {
  if (taker.items === undefined) return [];
  return inside(exchange, '*', sender.items ?? ANYTHING, taker.items);
}

function inside(exchange: Exchange, name: string, sender: Schema, taker: Schema): Misfit[] {
  const { sent, taken, pointer = '', outer = [] } = exchange;
  return [
    ...misfitsOf({
      ...exchange,
      sent: { ...sent, schema: sender },
      taken: { ...taken, schema: taker },
      pointer: `${pointer}/${name}`,
      outer: [...outer, exchange],
    }),
  ];
}

function misfit(
  { isRequest, pointer = '' }: Exchange,
  keyword: string,
  ...[sent, taken]: readonly [sent: unknown, taken: unknown]
): Misfit {
  const [before, after] = isRequest ? [sent, taken] : [taken, sent];
  return { pointer, message: `\`${keyword}\` was ${said(before)} and is ${said(after)}` };
}

function said(value: unknown): string {
  return value === undefined ? 'not set' : JSON.stringify(value);
}
