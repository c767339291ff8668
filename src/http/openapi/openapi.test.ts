import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { beforeAll, describe, expect, it } from 'vitest';
import { inlined } from '../../../test/support/openapi.ts';
import { makeDocuments } from '../../cli/openapi.ts';
import type { JsonSchema } from './examples.ts';
import type { OpenApiDocument } from './shape.ts';
import { OPENAPI_TAGS } from './tags.ts';

type Operations = [name: string, operation: OpenApiDocument['paths'][string][string]][];

const JSON_TYPE = 'application/json';
/** Bodies of payment providers are theirs: only their size is bound. */
const FOREIGN = ['receivePaymentEvent'];
/** What operations do; a new one is a decision, not an accident. */
const VERBS = [
  ...[
    'add',
    'adjust',
    'apply',
    'approve',
    'archive',
    'cancel',
    'change',
    'check',
    'claim',
    'clear',
  ],
  ...['confirm', 'create', 'delete', 'disable', 'empty', 'end', 'enroll', 'follow', 'get', 'list'],
  ...['receive', 'refresh', 'refund', 'refuse', 'register', 'reinstate', 'remove', 'reply'],
  ...['request', 'reset', 'restore', 'send', 'set', 'sign', 'step', 'suspend', 'undo', 'unfollow'],
  ...['update', 'verify'],
];
/** Larger ones are not read any more. */
const MAX_LINES = 22_000;
const MAX_BYTES = 600_000;

let texts: Map<string, string>;
/** With what they share written where it is referred to. */
let documents: Map<string, OpenApiDocument & { tags: { name: string }[] }>;

beforeAll(async () => {
  texts = await makeDocuments(['v1', 'v2']);
  documents = new Map([...texts].map(([version, text]) => [version, inlined(JSON.parse(text))]));
});

function documentOf(version: string) {
  const document = documents.get(version);
  if (document === undefined) throw new Error(`no document of ${version}`);
  return document;
}

function operationsOf(version: string): Operations {
  return Object.entries(documentOf(version).paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]): Operations[number] => [
      `${method} ${path}`,
      operation,
    ]),
  );
}

describe.each(['v1', 'v2'])('the document of %s', (version) => {
  it('is of a size that can be read', () => {
    const text = texts.get(version) ?? '';
    expect(text.split('\n').length).toBeLessThanOrEqual(MAX_LINES);
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(MAX_BYTES);
  });

  it('names every operation as people would: a verb first, in camelCase, and no name twice', () => {
    const ids = operationsOf(version).map(([, { operationId }]) => operationId);
    expect(ids.filter((id) => !/^[a-z]+([A-Z][a-z]+){0,3}$/.test(id))).toEqual([]);
    const verbOf = (id: string) => /^[a-z]+/.exec(id)?.[0] ?? '';
    expect(ids.filter((id) => !VERBS.includes(verbOf(id)))).toEqual([]);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.length).toBeGreaterThan(90);
  });

  it('gives every operation a summary, a description and one known tag', () => {
    const operations = operationsOf(version).map(([, operation]) => operation);
    const tags: string[] = OPENAPI_TAGS.map(({ name }) => name);
    for (const operation of operations) {
      expect(operation).toMatchObject({
        summary: expect.stringMatching(/\S/),
        description: expect.stringMatching(/\S/),
      });
      expect(tags).toContain((operation as { tags?: string[] }).tags?.join());
    }
  });

  it('lets no tag stand without operations', () => {
    const used = new Set(
      operationsOf(version).map(([, operation]) => (operation as { tags?: string[] }).tags?.join()),
    );
    expect(documentOf(version).tags.filter(({ name }) => !used.has(name))).toEqual([]);
  });

  it('says for every operation how it refuses, with an example for each code', () => {
    for (const [name, { responses }] of operationsOf(version)) {
      expect(Object.keys(responses), name).toEqual(expect.arrayContaining(['400', '500', '503']));
      for (const [status, { content }] of Object.entries(responses).filter(
        ([code]) => Number(code) >= 400,
      )) {
        if (name.endsWith('/health') && status === '503') continue;
        const examples = Object.values(content?.['application/problem+json']?.examples ?? {});
        expect(examples.length, `${name} ${status}`).toBeGreaterThan(0);
        for (const { value } of examples) expect(value).toHaveProperty('status', Number(status));
      }
    }
  });

  it('shows an example of every body, answer, item of a list and path parameter', () => {
    const { schemas } = documentOf(version).components;
    // Parts are shown in the examples of what they are part of.
    const items = Object.values(schemas).flatMap(({ properties = {} }) =>
      [properties['results'], properties['data']].map((list) => list?.items?.$ref ?? ''),
    );
    const bare = Object.entries(schemas).flatMap(([name, { examples }]) =>
      examples === undefined && items.includes(`#/components/schemas/${name}`)
        ? [`model ${name}: give it one in its *.examples.ts`]
        : [],
    );
    for (const [name, { requestBody, responses, parameters }] of operationsOf(version)) {
      for (const [what, entry] of Object.entries({ body: requestBody, ...responses })) {
        const content = entry?.content?.[JSON_TYPE];
        if (content !== undefined && content.example === undefined) bare.push(`${name} ${what}`);
      }
      for (const { in: place, name: parameter, example } of parameters ?? [])
        if (place === 'path' && example === undefined)
          bare.push(`${name} {${parameter}}: give it one in path-parameters.ts`);
    }
    expect(bare).toEqual([]);
  });

  it('shows examples that its own schemas accept, with no member that they do not have', () => {
    const ajv = new Ajv2020({ strict: false });
    addFormats.default(ajv);
    const { components } = documentOf(version);
    ajv.addSchema({ $id: 'document', components: closed(components) });
    const accepts = (schema: JsonSchema) =>
      ajv.compile(JSON.parse(JSON.stringify(closed(schema)).replaceAll('"#/', '"document#/')));
    let checked = 0;
    const check = (name: string, schema: JsonSchema, example: unknown) => {
      const validate = accepts(schema);
      expect(validate(example), `${name}: ${ajv.errorsText(validate.errors)}`).toBe(true);
      checked += 1;
    };
    for (const [name, { requestBody, responses }] of operationsOf(version)) {
      for (const entry of [requestBody, ...Object.values(responses)]) {
        const { schema, example } = entry?.content?.[JSON_TYPE] ?? {};
        if (schema !== undefined) check(name, schema, example);
      }
    }
    for (const [name, schema] of Object.entries(components.schemas))
      for (const example of schema.examples ?? [])
        check(name, { $ref: `#/components/schemas/${name}` }, example);
    expect(checked).toBeGreaterThan(150);
  });

  it('says of every value what it is', () => {
    const { paths, components } = documentOf(version);
    expect(untypedIn({ paths, components })).toEqual([]);
  });

  it('has a name for every body, success, object and choice, so that generated types have one', () => {
    const { components } = documentOf(version);
    const nameless = operationsOf(version).flatMap(([name, { requestBody, responses }]) =>
      Object.entries({ body: requestBody, ...responses }).flatMap(([what, entry]) =>
        Object.entries(entry?.content ?? {})
          .filter(([type, { schema }]) => type !== 'text/csv' && schema?.$ref === undefined)
          .map(() => `${name} ${what}`),
      ),
    );
    const parts = Object.entries(components.schemas).flatMap(([name, schema]) =>
      namelessIn(schema).map((place) => `${name}${place}: give it a title`),
    );
    const parameters = operationsOf(version).flatMap(([name, operation]) =>
      (operation.parameters ?? []).flatMap(({ schema }) =>
        schema?.enum === undefined ? [] : [`${name}: use OneOf`],
      ),
    );
    expect([...nameless, ...parts, ...parameters]).toEqual([]);
  });

  it('bounds everything that is sent: text, lists, numbers and unknown members', () => {
    const { schemas } = documentOf(version).components;
    const unbound: string[] = [];
    for (const [name, operation] of operationsOf(version)) {
      if (FOREIGN.includes(operation.operationId)) continue;
      for (const parameter of operation.parameters ?? []) {
        if (parameter.schema !== undefined)
          unbound.push(...unboundIn(parameter.schema, schemas, name));
      }
      const body = operation.requestBody?.content[JSON_TYPE]?.schema;
      if (body !== undefined) unbound.push(...unboundIn(body, schemas, name));
    }
    expect(unbound).toEqual([]);
  });
});

/** Objects and choices inside a schema that stand there without a name. */
function namelessIn(schema: JsonSchema, at = ''): string[] {
  const inner = [
    ...Object.entries(schema.properties ?? {}),
    ...(schema.anyOf ?? []).map((child, index) => [String(index), child] as const),
    ...(schema.items === undefined ? [] : [['items', schema.items] as const]),
  ];
  return inner.flatMap(([name, child]) => {
    const place = `${at}/${name}`;
    // A constant is a choice of one.
    const isNameless = child.properties !== undefined || (child.enum ?? []).length > 1;
    return [...(isNameless ? [place] : []), ...namelessIn(child, place)];
  });
}

/** The same schemas with every object closed. */
function closed<T>(node: T): T {
  if (typeof node !== 'object' || node === null) return node;
  if (Array.isArray(node)) return node.map(closed) as T;
  const inner = Object.entries(node).map(([name, child]) => [name, closed(child)]);
  const isOpen = 'properties' in node && !('additionalProperties' in node);
  return { ...Object.fromEntries(inner), ...(isOpen ? { additionalProperties: false } : {}) };
}

/** Members that hold schemas: one, a list of them, or some by name. */
const ONE_SCHEMA = ['schema', 'items'];
const LISTS = ['anyOf', 'oneOf', 'allOf'];
const BY_NAME = ['properties', 'schemas'];
/** What makes a schema say something. */
const SAYING = ['type', '$ref', 'const', 'enum', ...LISTS];

/**
 * Places where a schema says nothing of its value, for which generators write `unknown`. What is in an object of
 * anybody's own form, under `additionalProperties`, may be anything.
 */
function untypedIn(node: unknown, at = ''): string[] {
  if (typeof node !== 'object' || node === null) return [];
  return Object.entries(node).flatMap(([name, child]: [string, unknown]) => {
    const place = `${at}/${name}`;
    if (name === 'example' || name === 'examples' || name === 'additionalProperties') return [];
    const schemas = ONE_SCHEMA.includes(name)
      ? [[place, child] as const]
      : LISTS.includes(name) || BY_NAME.includes(name)
        ? Object.entries(child ?? {}).map(([key, value]) => [`${place}/${key}`, value] as const)
        : [];
    const bare = schemas.filter(
      ([, schema]) =>
        typeof schema !== 'object' || schema === null || !SAYING.some((word) => word in schema),
    );
    return [...bare.map(([where]) => where), ...untypedIn(child, place)];
  });
}

/** Places in a request schema where anything of any size would be taken. */
function unboundIn(
  schema: JsonSchema,
  schemas: Readonly<Record<string, JsonSchema>>,
  at: string,
): string[] {
  if (schema.$ref !== undefined) {
    const id = schema.$ref.split('/').at(-1) ?? '';
    return unboundIn(schemas[id] ?? {}, schemas, `${at} ${id}`);
  }
  const inner = [
    ...Object.entries(schema.properties ?? {}).flatMap(([name, child]) =>
      unboundIn(child, schemas, `${at}/${name}`),
    ),
    ...(schema.items === undefined ? [] : unboundIn(schema.items, schemas, `${at}[]`)),
    ...(schema.anyOf ?? []).flatMap((child) => unboundIn(child, schemas, at)),
  ];
  return isBound(schema) ? inner : [`${at}: ${JSON.stringify(schema).slice(0, 100)}`, ...inner];
}

function isBound(
  schema: JsonSchema & { readonly maxItems?: number; readonly additionalProperties?: unknown },
): boolean {
  if (schema.enum !== undefined || schema.const !== undefined) return true;
  if (schema.type === 'string') return schema.maxLength !== undefined || hasFiniteLength(schema);
  if (schema.type === 'integer' || schema.type === 'number') {
    const { minimum = Number.MIN_SAFE_INTEGER, maximum = Number.MAX_SAFE_INTEGER } = schema;
    return minimum > Number.MIN_SAFE_INTEGER && maximum < Number.MAX_SAFE_INTEGER;
  }
  if (schema.type === 'array') return schema.maxItems !== undefined;
  if (schema.type === 'object') return schema.additionalProperties === false;
  return true;
}

/** Whether a pattern is anchored and repeats nothing without end, or a format has a length of its own. */
function hasFiniteLength({ pattern, format }: JsonSchema): boolean {
  if (format === 'uuid') return true;
  // A lookahead refuses and lets nothing more in.
  const taken = pattern?.replace(/\(\?!.*?\$\)/, '') ?? '';
  return /^\^.*\$$/.test(taken) && !/[^\\][*+]|\{\d+,\}/.test(taken);
}
