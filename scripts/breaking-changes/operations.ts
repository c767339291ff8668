// What of an OpenAPI document a client relies on, compared with the document that it was written against. docs/versioning.md
// says in words what counts as breaking.
import { isDeepStrictEqual } from 'node:util';
import { misfitsOf, type Schema } from './schemas.ts';

export interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: {
    readonly schemas?: Readonly<Record<string, Schema>>;
    readonly securitySchemes?: Readonly<Record<string, object>>;
  };
  readonly security?: readonly Requirement[];
}

export interface Operation {
  readonly operationId?: string;
  readonly 'x-sunset'?: string;
  readonly parameters?: readonly (Parameter | Reference)[];
  readonly requestBody?: Body;
  readonly responses: Readonly<Record<string, Answer | Reference>>;
  readonly security?: readonly Requirement[];
}

interface Reference {
  readonly $ref: string;
}

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly schema?: Schema;
}

interface Body {
  readonly required?: boolean;
  readonly content: Content;
}

interface Answer {
  readonly headers?: Readonly<Record<string, object>>;
  readonly content?: Content;
}

type Content = Readonly<Record<string, { readonly schema?: Schema }>>;
type Requirement = Readonly<Record<string, readonly string[]>>;

/** The two documents, and the operation of each that is looked at. */
interface Change {
  readonly released: Document;
  readonly current: Document;
  readonly before: Operation;
  readonly after: Operation;
}

const FIRST_ERROR_STATUS = 400;
/** They come with a deprecation, and go where one is taken back. */
const ANNOUNCING_HEADERS = ['Deprecation', 'Sunset', 'Link'];

/**
 * Every change between two documents of one version that could break a client, as one line: operation, place, what changed.
 * What was announced to end by `now` is no longer looked at.
 */
export function breakingChanges(released: Document, current: Document, now: Date): string[] {
  const operations = Object.entries(released.paths)
    .flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, before]) => ({ path, method, before })),
    )
    .filter(({ before }) => !isRetired(before, now));
  if (operations.length === 0) return [];
  const found = operations.flatMap(({ path, method, before }) => {
    const after = current.paths[path]?.[method];
    const changes =
      after === undefined
        ? ['was removed']
        : changesOfOperation({ released, current, before, after });
    return changes.map((change) => `${method.toUpperCase()} ${path}: ${change}`);
  });
  return [...found, ...changesOfSchemes(released, current)];
}

function isRetired({ 'x-sunset': sunset }: Operation, now: Date): boolean {
  return sunset !== undefined && new Date(sunset) <= now;
}

function changesOfOperation(change: Change): string[] {
  return [
    ...changesOfName(change),
    ...changesOfSunset(change),
    ...changesOfSecurity(change),
    ...changesOfParameters(change),
    ...changesOfBody(change),
    ...changesOfAnswers(change),
  ];
}

/** Generated clients make a function of it. */
function changesOfName({ before, after }: Change): string[] {
  if (before.operationId === after.operationId) return [];
  return [`operationId was ${before.operationId} and is ${after.operationId}`];
}

function changesOfSunset({ before, after }: Change): string[] {
  const [was, is] = [before['x-sunset'], after['x-sunset']];
  if (was === undefined || is === undefined || new Date(is) >= new Date(was)) return [];
  return [`x-sunset was ${was} and is ${is}, which is earlier than promised`];
}

/** Whoever was let in by some proof must still be let in by it. */
function changesOfSecurity({ released, current, before, after }: Change): string[] {
  const accepted = proofsOf(after, current);
  return proofsOf(before, released)
    .filter((held) => !accepted.some((asked) => asked.every((name) => held.includes(name))))
    .map((held) => `security: ${held.join(' and ') || 'nothing'} is no longer enough`);
}

/** Names of schemes, alternatives of all that are asked for together. */
function proofsOf(operation: Operation, document: Document): string[][] {
  const requirements = operation.security ?? document.security ?? [];
  return requirements.length === 0 ? [[]] : requirements.map((one) => Object.keys(one));
}

function changesOfParameters(change: Change): string[] {
  const { released, current } = change;
  const before = parametersOf(change.before, released);
  const after = parametersOf(change.after, current);
  const removed = [...before.keys()].filter((name) => !after.has(name));
  return [
    ...removed.map((name) => `${name} was removed`),
    ...[...after].flatMap(([name, parameter]) => {
      const known = before.get(name);
      const isDemanded = parameter.required === true && known?.required !== true;
      return [
        ...(isDemanded ? [`${name} is now required`] : []),
        ...(known === undefined
          ? []
          : requestMisfits(change, name, [known.schema, parameter.schema])),
      ];
    }),
  ];
}

function parametersOf(operation: Operation, document: Document): Map<string, Parameter> {
  const parameters = (operation.parameters ?? []).map((one) => resolved(one, document));
  return new Map(parameters.map((one) => [`${one.in} parameter ${one.name}`, one]));
}

function changesOfBody(change: Change): string[] {
  const { requestBody: before } = change.before;
  const { requestBody: after } = change.after;
  if (after === undefined) return before === undefined ? [] : ['request body was removed'];
  const isDemanded = after.required === true && before?.required !== true;
  return [
    ...(isDemanded ? ['request body is now required'] : []),
    ...contentPairs(before?.content, after.content).flatMap(([type, pair]) =>
      pair === undefined
        ? [`request body as ${type} was removed`]
        : requestMisfits(change, `request body as ${type}`, pair),
    ),
  ];
}

/** Codes and statuses of refusals may come and go; what a success looks like may not. */
function changesOfAnswers(change: Change): string[] {
  const { released, current } = change;
  return Object.entries(change.before.responses).flatMap(([status, before]) => {
    const after = change.after.responses[status];
    if (after === undefined)
      return Number(status) < FIRST_ERROR_STATUS ? [`answer ${status} was removed`] : [];
    const pair = [resolved<Answer>(before, released), resolved<Answer>(after, current)] as const;
    return changesOfAnswer(change, status, pair);
  });
}

function changesOfAnswer(
  change: Change,
  status: string,
  [before, after]: readonly [Answer, Answer],
): string[] {
  return [
    ...changesOfHeaders(status, [before, after]),
    ...contentPairs(before.content, after.content ?? {}).flatMap(([type, pair]) =>
      pair === undefined
        ? [`answer ${status} as ${type} was removed`]
        : answerMisfits(change, `answer ${status} as ${type}`, pair),
    ),
  ];
}

/** Only whether they are there: their schemas describe text that nobody makes types of. */
function changesOfHeaders(status: string, [before, after]: readonly [Answer, Answer]): string[] {
  const { headers: had = {} } = before;
  const { headers: has = {} } = after;
  const isTakenBack = (name: string) => 'Deprecation' in had && ANNOUNCING_HEADERS.includes(name);
  return Object.keys(had)
    .filter((name) => !(name in has) && !isTakenBack(name))
    .map((name) => `answer ${status} header ${name} was removed`);
}

type Pair = readonly [before: Schema | undefined, after: Schema | undefined];

/** Each media type of before with its schemas then and now; without them where the type is gone. */
function contentPairs(before: Content = {}, after: Content): [string, Pair | undefined][] {
  return Object.entries(before).map(([type, { schema }]) => {
    const counterpart = after[type];
    return [type, counterpart === undefined ? undefined : [schema, counterpart.schema]];
  });
}

function requestMisfits(change: Change, place: string, [before, after]: Pair): string[] {
  const sent = sideOf(before, change.released);
  const taken = sideOf(after, change.current);
  return lines(place, misfitsOf({ sent, taken, isRequest: true }));
}

function answerMisfits(change: Change, place: string, [before, after]: Pair): string[] {
  const sent = sideOf(after, change.current);
  const taken = sideOf(before, change.released);
  return lines(place, misfitsOf({ sent, taken, isRequest: false }));
}

function lines(place: string, misfits: ReturnType<typeof misfitsOf>): string[] {
  return misfits.map(({ pointer, message }) => [place, pointer, message].filter(Boolean).join(' '));
}

function sideOf(schema: Schema = {}, document: Document) {
  return { schema, resolve: (ref: string) => lookUp<Schema>(ref, document) };
}

function resolved<T extends object>(value: T | Reference, document: Document): T {
  return '$ref' in value ? lookUp<T>(value.$ref, document) : value;
}

function lookUp<T>(ref: string, document: Document): T {
  const names = ref.split('/').slice(1);
  const found = names.reduce<unknown>(
    (node, name) => (node as Readonly<Record<string, unknown>> | undefined)?.[name],
    document,
  );
  if (found === undefined) throw new Error(`The document has nothing at ${ref}`);
  return found as T;
}

function changesOfSchemes(released: Document, current: Document): string[] {
  const { securitySchemes: before = {} } = released.components;
  const { securitySchemes: after = {} } = current.components;
  const essence = (scheme: object | undefined) => ({ ...scheme, description: undefined });
  return Object.entries(before)
    .filter(([name, scheme]) => !isDeepStrictEqual(essence(scheme), essence(after[name])))
    .map(([name]) => `security scheme ${name} changed`);
}
