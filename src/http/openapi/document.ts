// Makes a generated document complete: who may call, what else is sent and answered, refusals, and examples.
import { INTERNAL_ERROR, type ProblemKind, VALIDATION_ERROR } from '../../lib/problem.ts';
import type { AnyRoute } from '../route.ts';
import { type Deprecation, findRetirement } from '../versions/deprecations.ts';
import { DEPRECATION_HEADERS, markDeprecated } from './deprecations.ts';
import { exampleOf, type JsonSchema, onDayOf, resolveSchema, type Schemas } from './examples.ts';
import { nameSchemas } from './named-schemas.ts';
import { pathExample } from './path-parameters.ts';
import { documented, documentedProblems } from './problems.ts';
import type { OpenApiDocument, Operation, Parameter } from './shape.ts';
import { shareRepeated } from './shared.ts';

const STALE = 412;

/** Additions to the generated document. */
export interface DocumentFacts {
  /** By operation id; operations that are no route, such as health, keep what they say themselves. */
  readonly routes: ReadonlyMap<string, AnyRoute>;
  readonly deprecations: readonly Deprecation[];
  /** The moments of examples are written for this day. */
  readonly now: Date;
}

export function completeDocument(
  document: OpenApiDocument,
  { routes, deprecations, now }: DocumentFacts,
): OpenApiDocument {
  const { schemas } = document.components;
  const headers: Record<string, object> = { ...HEADERS };
  for (const [path, operations] of Object.entries(document.paths)) {
    for (const [method, operation] of Object.entries(operations)) {
      const route = routes.get(operation.operationId);
      if (route !== undefined) completeOperation(operation, route);
      else completePlainOperation(operation);
      loosenInputs(operation, schemas);
      addExamples(operation, schemas);
      typeFiles(operation);
      addPathExamples(operation, path);
      const retirement = findRetirement(deprecations, mountedName(method, path));
      if (retirement === undefined) continue;
      markDeprecated(operation, retirement);
      // Not in every document: a component that nothing uses is a fault.
      Object.assign(headers, DEPRECATION_HEADERS);
    }
  }
  Object.assign(document.components, { headers, parameters: PARAMETERS });
  nameSchemas(document);
  shareRepeated(document);
  bindIntegers(document);
  redate(document, now);
  return document;
}

/** `get`, `/api/v1/products/{id}` → `GET /api/v1/products/:id`. */
function mountedName(method: string, path: string): string {
  return `${method.toUpperCase()} ${path.replace(/\{(\w+)\}/g, ':$1')}`;
}

function completeOperation(operation: Operation, route: AnyRoute): void {
  operation.description = [route.description, audienceOf(route)].filter(Boolean).join('\n\n');
  operation.security = securityOf(route);
  operation.parameters = [...(operation.parameters ?? []), ...headersOf(route)];
  Object.assign(operation.responses, documentedProblems(route));
  if (route.method === 'GET') {
    operation.responses['304'] = {
      description: 'Not modified: the ETag of `If-None-Match` still holds',
    };
  }
  if (route.produces !== undefined && route.kind === 'single')
    Object.assign(operation.responses[route.status]?.content ?? {}, {
      [route.produces]: { schema: { type: 'string' } },
    });
  for (const [status, response] of Object.entries(operation.responses)) {
    response.headers = headerRefs(Number(status), route);
  }
}

/** What is no route of a module, such as health: open to everybody, and exempt from limits. */
function completePlainOperation(operation: Operation): void {
  operation.security = [];
  operation.responses['400'] ??= documented([VALIDATION_ERROR]);
  operation.responses['500'] ??= documented([INTERNAL_ERROR]);
}

function audienceOf({ access }: AnyRoute): string {
  if (access.roles === undefined) return 'For everybody.';
  const proof = access.verified ? ' with a confirmed e-mail address or phone number' : '';
  return `For: ${access.roles.join(', ')}${proof}.`;
}

function securityOf({ access }: AnyRoute): object[] {
  if (access.ignoresToken) return [];
  return access.roles === undefined ? [{}, { bearer: [] }] : [{ bearer: [] }];
}

function headersOf(route: AnyRoute): Parameter[] {
  const takesKey =
    route.method === 'POST' && route.idempotency !== 'none' && route.access.roles !== undefined;
  const key = route.idempotency === 'required' ? 'RequiredIdempotencyKey' : 'IdempotencyKey';
  const isVersioned = route.problems?.some(({ status }: ProblemKind) => status === STALE) ?? false;
  const isRead = route.method === 'GET';
  return [
    ...(takesKey ? [parameterRef(key)] : []),
    ...(isVersioned ? [parameterRef('IfMatch')] : []),
    ...(isRead ? [parameterRef('IfNoneMatch')] : []),
  ];
}

function headerRefs(status: number, route: AnyRoute): Record<string, object> {
  const names = [
    'X-Request-Id',
    'RateLimit',
    'RateLimit-Policy',
    ...(status === 429 || status === 503 ? ['Retry-After'] : []),
    ...(status === 401 ? ['WWW-Authenticate'] : []),
    ...((status < 300 && status !== 204) || status === 304 ? ['ETag'] : []),
    ...(status < 300 && route.kind === 'list' ? ['Link'] : []),
  ];
  return Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));
}

function parameterRef(name: keyof typeof PARAMETERS): Parameter {
  return { $ref: `#/components/parameters/${name}` };
}

/** What has a default need not be sent, and an action takes no body. */
function loosenInputs(operation: Operation, schemas: Schemas): void {
  for (const parameter of operation.parameters ?? []) {
    if (parameter.schema?.default !== undefined) parameter.required = false;
  }
  const schema = operation.requestBody?.content['application/json']?.schema;
  if (operation.requestBody === undefined || schema === undefined) return;
  const { properties, required, minProperties } = resolveSchema(schema, schemas);
  if (properties !== undefined && Object.keys(properties).length === 0)
    delete operation.requestBody;
  else if (required === undefined && minProperties === undefined)
    operation.requestBody.required = false;
}

function addExamples(operation: Operation, schemas: Schemas): void {
  const contents = [operation.requestBody, ...Object.values(operation.responses)].flatMap(
    (entry) =>
      entry?.content?.['application/json'] === undefined ? [] : [entry.content['application/json']],
  );
  for (const content of contents) {
    if (content.schema !== undefined && content.examples === undefined) {
      content.example ??= exampleOf(content.schema, schemas);
    }
  }
}

/** Files reach the validator as Buffers, which have no type of JSON; on the wire they are parts of any bytes. */
function typeFiles({ requestBody }: Operation): void {
  const { properties = {} } = requestBody?.content['multipart/form-data']?.schema ?? {};
  for (const property of Object.values(properties)) {
    if (property.contentMediaType !== undefined)
      Object.assign(property, { type: 'string', format: 'binary' });
  }
}

function addPathExamples(operation: Operation, path: string): void {
  for (const parameter of operation.parameters ?? []) {
    const example = parameter.in === 'path' ? pathExample(path, parameter.name ?? '') : undefined;
    if (example !== undefined) parameter.example = example;
  }
}

/** Writes the moments of all examples for the day of `now`. */
function redate(node: unknown, now: Date): void {
  if (typeof node !== 'object' || node === null) return;
  for (const [name, child] of Object.entries(node)) {
    if (name === 'example' || name === 'examples')
      Object.assign(node, { [name]: onDayOf(child, now) });
    else redate(child, now);
  }
}

/** Every integer on the wire is one that JSON numbers hold exactly. */
function bindIntegers(node: unknown): void {
  if (typeof node !== 'object' || node === null) return;
  if ('type' in node && node.type === 'integer') {
    const { minimum = Number.MIN_SAFE_INTEGER, maximum = Number.MAX_SAFE_INTEGER } =
      node as JsonSchema;
    Object.assign(node, { format: 'int64', minimum, maximum });
  }
  for (const [name, child] of Object.entries(node)) {
    if (name !== 'example' && name !== 'examples') bindIntegers(child);
  }
}

const text = (pattern: string, maxLength: number) => ({ type: 'string', pattern, maxLength });

const PARAMETERS = {
  IdempotencyKey: {
    name: 'Idempotency-Key',
    in: 'header',
    required: false,
    description:
      'A repeat with the same key gets the first answer again and has no further effect; kept for 24 hours.',
    schema: text('^[\\x21-\\x7e]+$', 255),
    example: '8e03978e-40d5-43e8-bc93-6894a57f9324',
  },
  RequiredIdempotencyKey: {
    name: 'Idempotency-Key',
    in: 'header',
    required: true,
    description:
      'A fresh random value, and the same one when you retry: a repeat gets the first answer again.',
    schema: text('^[\\x21-\\x7e]+$', 255),
    example: '8e03978e-40d5-43e8-bc93-6894a57f9324',
  },
  IfMatch: {
    name: 'If-Match',
    in: 'header',
    required: false,
    description:
      'The version that you read, as `"3"` or the whole ETag; 412 where somebody changed it since.',
    schema: text('^[\\x20-\\x7e]+$', 1_000),
    example: '"3"',
  },
  IfNoneMatch: {
    name: 'If-None-Match',
    in: 'header',
    required: false,
    description: 'The ETag that you have; 304 where it still holds.',
    schema: text('^[\\x20-\\x7e]+$', 1_000),
    example: '"3-mZ0sUYh1gYwZ5mB0"',
  },
} as const;

const header = (description: string, example: string, maxLength: number) => ({
  description,
  schema: text('^[\\x20-\\x7e]*$', maxLength),
  example,
});

const HEADERS = {
  'X-Request-Id': header(
    'Id of this request, as sent or made; quote it to support',
    '0190a6c0-7d53-7cc1-b2a1-5b3f1f0c9a11',
    64,
  ),
  RateLimit: header(
    'What is left of each limit that counted this request, and seconds until it is whole; where one refuses, only what is spent',
    '"user";r=4999;t=3600, "burst";r=299;t=60',
    300,
  ),
  'RateLimit-Policy': header(
    'Those limits: requests and seconds',
    '"user";q=5000;w=3600, "burst";q=300;w=60',
    300,
  ),
  'Retry-After': header('Seconds to wait', '2', 10),
  'WWW-Authenticate': header('How to sign in', 'Bearer', 200),
  ETag: header('`"<version>-<digest>"` of this answer', '"3-mZ0sUYh1gYwZ5mB0"', 100),
  Link: header(
    'Addresses of the next and the previous page',
    '<https://api.freshbytes.test/api/v1/products?page=2>; rel="next"',
    4_000,
  ),
};
