import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { beforeAll, describe, expect, it } from 'vitest';
import { makeDocuments } from '../../cli/openapi.ts';
import type { OpenApiDocument } from './document.ts';
import type { JsonSchema } from './examples.ts';
import { OPENAPI_TAGS } from './tags.ts';

type Operations = [name: string, operation: OpenApiDocument['paths'][string][string]][];

const JSON_TYPE = 'application/json';
/** Bodies of payment providers are theirs: only their size is bound. */
const FOREIGN = ['postWebhooksPaymentsProvider'];

let documents: Map<string, OpenApiDocument & { tags: { name: string }[] }>;

beforeAll(async () => {
  const texts = await makeDocuments(['v1', 'v2']);
  documents = new Map([...texts].map(([version, text]) => [version, JSON.parse(text)]));
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
  it('gives every operation a summary, a description, one known tag and an id of its own', () => {
    const operations = operationsOf(version).map(([, operation]) => operation);
    const tags: string[] = OPENAPI_TAGS.map(({ name }) => name);
    for (const operation of operations) {
      expect(operation).toMatchObject({
        summary: expect.stringMatching(/\S/),
        description: expect.stringMatching(/\S/),
      });
      expect(tags).toContain((operation as { tags?: string[] }).tags?.join());
    }
    const ids = operations.map(({ operationId }) => operationId);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.length).toBeGreaterThan(90);
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
        for (const { value } of examples) expect(value.status).toBe(Number(status));
      }
    }
  });

  it('shows an example of every body, answer, model and path parameter', () => {
    const { schemas } = documentOf(version).components;
    const bare = Object.entries(schemas).flatMap(([name, { examples }]) =>
      examples === undefined ? [`model ${name}: give it one in its *.examples.ts`] : [],
    );
    for (const [name, { requestBody, responses, parameters }] of operationsOf(version)) {
      for (const [what, entry] of Object.entries({ body: requestBody, ...responses })) {
        const content = entry?.content?.[JSON_TYPE];
        if (content !== undefined && content.example === undefined) bare.push(`${name} ${what}`);
      }
      for (const { in: place, name: parameter, example } of parameters ?? [])
        if (place === 'path' && example === undefined)
          bare.push(`${name} {${parameter}}: give it one in path-examples.ts`);
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
