import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { beforeAll, describe, expect, it } from 'vitest';
import { makeDocuments } from '../cli/openapi.ts';
import type { OpenApiDocument } from './openapi-document.ts';
import type { JsonSchema } from './openapi-examples.ts';
import { OPENAPI_TAGS } from './openapi-tags.ts';

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

  it('shows examples that its own schemas accept', () => {
    const ajv = new Ajv2020({ strict: false });
    addFormats.default(ajv);
    ajv.addSchema({ $id: 'document', components: documentOf(version).components });
    let checked = 0;
    for (const [name, { requestBody, responses }] of operationsOf(version)) {
      for (const entry of [requestBody, ...Object.values(responses)]) {
        const content = entry?.content?.[JSON_TYPE];
        if (content?.schema === undefined) continue;
        const schema = JSON.parse(JSON.stringify(content.schema).replaceAll('"#/', '"document#/'));
        const isValid = ajv.validate(schema, content.example);
        expect(isValid, `${name}: ${ajv.errorsText()} ${JSON.stringify(content.example)}`).toBe(
          true,
        );
        checked += 1;
      }
    }
    expect(checked).toBeGreaterThan(100);
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
