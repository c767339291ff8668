// Mounts routes under one API version: schemas, caller, limits, access, idempotency, paging and caching, the same for all.
import type {
  FastifyInstance,
  FastifyReply,
  FastifyRequest,
  FastifySchema,
  FastifySchemaCompiler,
  RouteOptions,
} from 'fastify';
import { type TObject, type TSchema, Type } from 'typebox';
import type { Ctx } from '../context.ts';
import { Problem, VALIDATION_ERROR } from '../lib/problem.ts';
import { requireAccess } from './access.ts';
import { cacheHeaders } from './caching.ts';
import { etagOf, expectedVersions, isNotModified } from './conditional.ts';
import { idempotencyKey, type KeptAnswer, once, requestHash } from './idempotency.ts';
import type { Models } from './models.ts';
import { operationId } from './openapi.ts';
import { ProblemDetails } from './openapi-problems.ts';
import type { Paging } from './paging.ts';
import type { AnyRoute, Input } from './route.ts';
import { Empty } from './schema.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The route that was mounted here; absent on pages that are not part of an API version. */
    mounted?: AnyRoute;
    /** Never rate limited: health, metrics, the docs' files. */
    isExempt?: boolean;
  }
}

export interface Mounting {
  readonly paging: Paging;
  readonly models: Models;
  /** Given to each route: one set on the instance does not reach plugins that add schemas of their own. */
  readonly validator: FastifySchemaCompiler<TSchema>;
  readonly publicUrl: string;
  readonly mfaRequiredRoles: readonly string[];
}

/** Adds `route` to `app`, whose prefix is the version's. */
export function mount(app: FastifyInstance, route: AnyRoute, mounting: Mounting): void {
  const schema = schemaOf(route, mounting);
  mounting.models.ref(ProblemDetails);
  for (const model of mounting.models.fresh(app)) app.addSchema(model);
  const options: RouteOptions = {
    method: route.method,
    url: route.path,
    schema,
    validatorCompiler: mounting.validator,
    config: { mounted: route },
    preParsing: async (request) => {
      requireAccess(request.ctx.actor, route.access, mounting.mfaRequiredRoles);
    },
    preValidation: async (request) => {
      // Where a body may be empty it may be absent too.
      request.body ??= mayBeEmpty(bodyOf(route)) ? {} : undefined;
      if (bodyOf(route) === undefined) refuseBody(request.body);
    },
    handler: (request, reply) => answer(route, mounting, request, reply),
  };
  app.route(options);
}

function schemaOf(route: AnyRoute, { paging, models }: Mounting): FastifySchema {
  const query =
    route.kind === 'list'
      ? Type.Object({ ...paging.query.properties, ...route.query?.properties })
      : route.query;
  const success = route.kind === 'list' ? paging.view(route.item) : route.returns;
  const status = route.kind === 'list' ? 200 : route.status;
  const body = bodyOf(route);
  return {
    operationId: operationId(route),
    tags: [route.tag],
    summary: route.summary,
    ...(route.params === undefined ? {} : { params: models.ref(route.params) }),
    querystring: closed(models.ref(query ?? Type.Object({}))),
    ...(body === undefined ? {} : { body: models.ref(body) }),
    ...(route.consumes === undefined ? {} : { consumes: [route.consumes] }),
    response: {
      [status]:
        success === undefined
          ? { type: 'null', description: 'Done' }
          : { description: 'Success', ...models.ref(success) },
    },
  } as FastifySchema;
}

/** Action POSTs take nothing or `{}`. */
function bodyOf(route: AnyRoute): TSchema | undefined {
  return (
    route.body ?? (route.method === 'POST' && route.consumes === undefined ? Empty : undefined)
  );
}

function mayBeEmpty(body: TSchema | undefined): boolean {
  return (
    body !== undefined &&
    'properties' in body &&
    (!('required' in body) || !Array.isArray(body.required) || body.required.length === 0)
  );
}

/** A `PUT` or `DELETE` of a whole takes nothing or `{}`: what is sent is never silently ignored. */
function refuseBody(body: unknown): void {
  if (body === undefined || body === null || JSON.stringify(body) === '{}') return;
  throw new Problem(VALIDATION_ERROR, 'This operation takes no body.');
}

function closed(schema: object): object {
  return { ...schema, additionalProperties: false };
}

async function answer(
  route: AnyRoute,
  mounting: Mounting,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { ctx } = request;
  const { answer: made, isReplay } = await answerOnce(route, mounting, request, reply);
  reply.code(made.status).headers({ ...made.headers, ...cacheHeaders(route, ctx.actor) });
  if (isReplay) reply.header('idempotency-replayed', 'true');
  if (made.status === 204) return reply.send();
  reply.header('content-type', 'application/json; charset=utf-8');
  if (request.method === 'GET' || request.method === 'HEAD') {
    if (isNotModified(request.headers['if-none-match'], made.headers['etag'] ?? ''))
      return reply.code(304).send();
  }
  return reply.send(made.body);
}

/** Runs the route, remembered under its idempotency key where the request carries one. */
async function answerOnce(
  route: AnyRoute,
  mounting: Mounting,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<{ answer: KeptAnswer; isReplay: boolean }> {
  const { ctx } = request;
  const accepts =
    route.method === 'POST' && route.idempotency !== 'none' && ctx.actor.kind === 'user';
  const key = accepts
    ? idempotencyKey(request.headers['idempotency-key'], route.idempotency === 'required')
    : undefined;
  if (key === undefined || ctx.actor.kind !== 'user') {
    return { answer: await perform(route, mounting, { ctx, request, reply }), isReplay: false };
  }
  const hash = requestHash({
    method: request.method,
    path: pathOf(request),
    body: request.body,
  });
  return once(ctx, { userId: ctx.actor.user_id, key, hash }, (ctx) =>
    perform(route, mounting, { ctx, request, reply }),
  );
}

/** Without its trailing slash, which means nothing. */
function pathOf(request: FastifyRequest): string {
  return (request.url.split('?', 1)[0] ?? '').replace(/\/$/, '');
}

async function perform(
  route: AnyRoute,
  mounting: Mounting,
  call: { ctx: Ctx; request: FastifyRequest; reply: FastifyReply },
): Promise<KeptAnswer> {
  const { ctx, request, reply } = call;
  const input: Input<TObject, TObject, TSchema> & { query: Record<string, unknown> } = {
    params: request.params as Record<string, unknown>,
    query: (request.query ?? {}) as Record<string, unknown>,
    body: request.body,
    expected: expectedVersions(request.headers['if-match']),
    request,
    reply,
  };
  if (route.kind === 'single') {
    const body = await route.handle(ctx, input);
    if (route.status === 204) return { status: 204, headers: {}, body: '' };
    return keep(route.status, reply.code(route.status).serialize(body), versionOf(body));
  }
  const url = mounting.publicUrl + pathOf(request);
  const page = mounting.paging.parse(input.query, url);
  const rows = await route.list(ctx, { ...input, page });
  const { body, links } = mounting.paging.answer(rows, page, { url, query: input.query });
  const made = keep(200, reply.code(200).serialize(body), 0);
  return links.length === 0
    ? made
    : { ...made, headers: { ...made.headers, link: links.join(', ') } };
}

function keep(
  status: number,
  serialized: string | ArrayBuffer | Buffer,
  version: number,
): KeptAnswer {
  const body = String(serialized);
  return { status, body, headers: { etag: etagOf(version, body) } };
}

function versionOf(body: unknown): number {
  const version =
    typeof body === 'object' && body !== null && 'version' in body ? body.version : undefined;
  return typeof version === 'number' ? version : 0;
}
