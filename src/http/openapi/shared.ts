// Says once what operations have in common: answers, examples of refusals and parameters that repeat become components.
import { STATUS_CODES } from 'node:http';
import { pathParameterName } from './path-parameters.ts';
import type { OpenApiDocument, Operation, Parameter, ResponseEntry } from './shape.ts';

const PROBLEM = 'application/problem+json';
/** Fewer are easier to read where they stand. */
const OFTEN = 3;
/** Codes that always come with another one, and are not named beside it. */
const IMPLIED = ['TOKEN_EXPIRED', 'TOKEN_REVOKED'];

/** One place of something that may stand in several. */
interface Occurrence {
  /** What it is called as a component; undefined where it has no name that says what it is. */
  readonly name: string | undefined;
  readonly value: object;
  readonly replace: (reference: { readonly $ref: string }) => void;
}

/** Moves what repeats below `components`; the document says the same as before. */
export function shareRepeated(document: OpenApiDocument): void {
  const { paths, components } = document;
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.values(methods).map((operation) => ({ path, operation })),
  );
  const examples = share('examples', operations.flatMap(examplesIn), 1);
  const responses = share('responses', operations.flatMap(responsesIn), 2);
  const parameters = share('parameters', operations.flatMap(parametersIn), OFTEN);
  Object.assign(components, {
    examples,
    responses,
    parameters: { ...(components['parameters'] ?? {}), ...parameters },
  });
}

/**
 * What occurs `least` times or more, by name. One name stands for one thing, the most frequent of that name; what else has it
 * stays where it is.
 */
function share(kind: string, all: readonly Occurrence[], least: number): Record<string, object> {
  const shared = new Map<string, object>();
  for (const alike of byFrequency(all)) {
    const [{ name, value } = {}] = alike;
    if (name === undefined || value === undefined) continue;
    if (alike.length < least || shared.has(name)) continue;
    shared.set(name, value);
    for (const { replace } of alike) replace({ $ref: `#/components/${kind}/${name}` });
  }
  return Object.fromEntries([...shared].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Those of equal value together, the largest group first. */
function byFrequency(all: readonly Occurrence[]): Occurrence[][] {
  const alike = Map.groupBy(all, ({ value }) => JSON.stringify(value));
  return [...alike.values()].sort((a, b) => b.length - a.length);
}

/** Of refusals, by code: everywhere the same, wherever the code occurs. */
function examplesIn({ operation }: { operation: Operation }): Occurrence[] {
  return Object.values(operation.responses).flatMap(({ content }) => {
    const examples = content?.[PROBLEM]?.examples ?? {};
    return Object.entries(examples).map(([code, value]) => ({
      name: code,
      value,
      replace: (reference) => Object.assign(examples, { [code]: reference }),
    }));
  });
}

function responsesIn({ operation }: { operation: Operation }): Occurrence[] {
  const { responses } = operation;
  return Object.entries(responses).map(([status, value]) => ({
    name: responseName(status, value),
    value,
    replace: (reference) => Object.assign(responses, { [status]: reference }),
  }));
}

/** Of a success its schema, `Order`; of refusals their codes, `IdempotencyInProgressOrConflict`; else `NoContent`. */
function responseName(status: string, { content, headers = {} }: ResponseEntry): string {
  const schema = content?.['application/json']?.schema?.$ref?.split('/').at(-1);
  const codes = Object.keys(content?.[PROBLEM]?.examples ?? {});
  const named = codes.filter((code) => !IMPLIED.includes(code)).map(toPascalCase);
  const reason = toPascalCase(STATUS_CODES[status] ?? status);
  // Of a deprecated operation: the same with more headers.
  const suffix = 'Deprecation' in headers ? 'Deprecated' : '';
  return (schema ?? (named.join('Or') || reason)) + suffix;
}

function parametersIn({ path, operation }: { path: string; operation: Operation }): Occurrence[] {
  const { parameters = [] } = operation;
  const replaceAt = (index: number) => (reference: object) =>
    Object.assign(parameters, { [index]: reference });
  const all = parameters.map((value, index) => ({
    name: parameterName(path, value),
    value,
    replace: replaceAt(index),
  }));
  return all.filter(({ value }) => value.$ref === undefined);
}

function parameterName(path: string, { in: place, name = '' }: Parameter): string | undefined {
  return place === 'path' ? pathParameterName(path, name) : toPascalCase(name);
}

/** `TOKEN_EXPIRED`, `page_size` or `Not Modified` → `TokenExpired`, `PageSize`, `NotModified`. */
function toPascalCase(text: string): string {
  const words = text.toLowerCase().split(/[^a-z0-9]+/);
  return words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
}
