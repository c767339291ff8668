// Every request example of the documents is sent against the demo market, and does what its operation is there for.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { OpenApiDocument } from '../../src/http/openapi/shape.ts';
import { newId } from '../../src/lib/ids.ts';
import { operationsWithBody } from './examples/documents.ts';
import { type Market, openMarket } from './examples/market.ts';
import { requestCases } from './examples/requests.cases.ts';

const SEEDING_TIMEOUT_MS = 120_000;

const names = (await operationsWithBody()).map(({ name }) => name);
let market: Market;
let document: OpenApiDocument;

beforeAll(async () => {
  market = await openMarket();
  document = await market.readDocument('v1');
}, SEEDING_TIMEOUT_MS);
afterAll(() => market.test.close());

it('every operation that takes JSON has a case here, and no case is left over', () => {
  expect(Object.keys(requestCases).toSorted()).toEqual(names.toSorted());
});

describe('the request example succeeds:', () => {
  it.each(names)('%s', async (name) => {
    const [method = '', path = ''] = name.split(' ');
    const operation = document.paths[`/api/v1${path}`]?.[method.toLowerCase()];
    const content = operation?.requestBody?.content['application/json'];
    expect(content?.example, 'the document shows an example').toBeTypeOf('object');
    const { token, params, secrets, headers, body } = (await requestCases[name]?.(market)) ?? {};
    const example = content?.example as Readonly<Record<string, unknown>>;
    for (const secret of Object.keys(secrets ?? {}))
      expect(example, 'members that the case replaces').toHaveProperty(secret);
    const needsKey = operation?.parameters?.some(
      ({ name, required }) => name === 'Idempotency-Key' && required,
    );
    const answer = await market.test.call({
      method: method as 'POST' | 'PUT' | 'PATCH',
      path: withParameters(path, operation?.parameters ?? [], params),
      token,
      headers: { ...(needsKey ? { 'idempotency-key': newId() } : {}), ...headers },
      body: body ?? { ...example, ...secrets },
    });
    const successes = Object.keys(operation?.responses ?? {}).filter((code) => code < '300');
    expect(successes, answer.body).toContain(String(answer.statusCode));
  });
});

type Parameters = NonNullable<OpenApiDocument['paths'][string][string]['parameters']>;

/** The path as the document fills it in, unless the case says otherwise. */
function withParameters(
  path: string,
  parameters: Parameters,
  given: Readonly<Record<string, string>> = {},
): string {
  return path.replace(/\{(\w+)\}/g, (_match, name: string) => {
    const example = parameters.find((parameter) => parameter.name === name)?.example;
    if (example === undefined) throw new Error(`${path} shows no example of ${name}`);
    return given[name] ?? example;
  });
}
