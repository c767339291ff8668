// Mounts routes under one API version: schemas, caller, limits, access, idempotency, paging and caching, the same for all.
import type {
  FastifyInstance,
  FastifyReply,
  FastifyRequest,
  FastifySchemaCompiler,
  RouteOptions,
} from 'fastify';
import type { TSchema } from 'typebox';
import { ANONYMOUS, type Ctx, type TxCtx } from '../context.ts';
import type { Prepared } from '../lib/prepared.ts';
import { actorFor, requireAccess, requireStepUp } from './access.ts';
import { cacheHeaders, isSameForAll } from './answer/caching.ts';
import { etagOf, expectedVersions, isNotModified } from './answer/conditional.ts';
import { acceptedEncoding, variantOf } from './answer/content-encoding.ts';
import { readPublic } from './answer/public-reads.ts';
import {
  findKeptAnswer,
  idempotencyKey,
  type KeptAnswer,
  once,
  requestHash,
  unlessUnderWay,
} from './intake/idempotency.ts';
import { withPrepared } from './intake/prepared.ts';
import type { Models } from './models.ts';
import { ProblemDetails } from './openapi/problems.ts';
import type { Paging } from './paging.ts';
import type { AnyRoute, Limited } from './route.ts';
import { bodyOf, mayBeEmpty, refuseBody, schemaOf } from './route-schema.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The route that was mounted here; absent on pages that are not part of an API version. */
    mounted?: AnyRoute;
    /** How such a page is counted; routes say it themselves. */
    limited?: Limited;
    /** Never rate limited: health, metrics, the docs' files. */
    isExempt?: boolean;
  }
}

const JSON_TYPE = 'application/json; charset=utf-8';

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
      const { access, stepUp } = route;
      const { actor, clock } = request.ctx;
      requireAccess(actor, access, mounting.mfaRequiredRoles);
      if (stepUp === true) requireStepUp(actor, clock.now());
      request.ctx = {
        ...request.ctx,
        actor: actorFor(actor, access, mounting.mfaRequiredRoles),
      };
    },
    preValidation: async (request) => {
      // Where a body may be empty it may be absent too.
      request.body ??= mayBeEmpty(bodyOf(route)) ? {} : undefined;
      if (bodyOf(route) === undefined) refuseBody(request.body);
    },
    preHandler: async (request) => {
      const { actor, clock } = request.ctx;
      if (namesSensitive(route, request.body)) requireStepUp(actor, clock.now());
    },
    handler: (request, reply) => answer(route, mounting, request, reply),
  };
  app.route(options);
}

/** Whether the body names a member whose change needs a fresh proof of the person. */
function namesSensitive({ stepUp }: AnyRoute, body: unknown): boolean {
  if (!Array.isArray(stepUp) || typeof body !== 'object' || body === null) return false;
  return stepUp.some((member) => Object.hasOwn(body, member));
}

async function answer(
  route: AnyRoute,
  mounting: Mounting,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { ctx } = request;
  reply.headers(cacheHeaders(route, ctx.actor));
  if (isSameForAll(route, ctx.actor)) return answerShared(route, mounting, request, reply);
  const { answer: made, isReplay } = await answerOnce(route, mounting, request, reply);
  reply.code(made.status).headers(made.headers);
  if (isReplay) reply.header('idempotency-replayed', 'true');
  if (made.status === 204) return reply.send();
  reply.header('content-type', JSON_TYPE);
  const isReading = request.method === 'GET' || request.method === 'HEAD';
  if (isReading && isNotModified(request.headers['if-none-match'], made.headers['etag'] ?? ''))
    return reply.code(304).send();
  return reply.send(made.body);
}

/** From the cache, and made for nobody in particular: whoever asks can only get what everybody may see. */
async function answerShared(
  route: AnyRoute,
  mounting: Mounting,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const ctx: Ctx = { ...request.ctx, actor: ANONYMOUS };
  const answer = await ctx.cache.get({
    key: sharedKey(request),
    tags: route.tags?.(request.params as Record<string, unknown>) ?? [],
    load: async () => {
      const { headers, body, version } = await readPublic(ctx, (ctx) =>
        perform(route, mounting, { ctx, request, reply }),
      );
      return {
        headers: { ...headers, 'content-type': JSON_TYPE },
        body: Buffer.from(body),
        version,
      };
    },
  });
  const variant = await variantOf(answer, acceptedEncoding(request.headers['accept-encoding']));
  reply.headers(variant.headers);
  if (isNotModified(request.headers['if-none-match'], variant.etag)) return reply.code(304).send();
  return reply.send(variant.body);
}

/** One key for one answer, in whichever order its parameters come. Validation has completed them and refused all others. */
function sharedKey(request: FastifyRequest): string {
  const query = (request.query ?? {}) as Record<string, unknown>;
  const parameters = Object.keys(query)
    .sort()
    .map((name) => `${name}=${encodeURIComponent(String(query[name]))}`);
  return `${pathOf(request)}?${parameters.join('&')}`;
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
    return withPrepared(ctx.log, await prepare(route, request, reply), async (prepared) => {
      const made = await perform(route, mounting, { ctx, request, reply, prepared });
      return { outcome: { answer: tagged(made), isReplay: false }, isUsed: true };
    });
  }
  const hash = requestHash({ method: request.method, path: pathOf(request), body: request.body });
  const keyed = { userId: ctx.actor.user_id, key, hash };
  const options = { contendsFor: (await route.contendsFor?.(ctx)) ?? [] };
  const answerKeyed = (prepared?: unknown) => {
    const work = async (ctx: TxCtx) =>
      tagged(await perform(route, mounting, { ctx, request, reply, prepared }));
    return once(ctx, keyed, work, options);
  };
  if (preparesOf(route) === undefined) return answerKeyed();
  return unlessUnderWay(keyed, async () => {
    // Looked up in the transaction too: here it only saves preparing what has been done.
    const kept = await findKeptAnswer(ctx, keyed);
    if (kept !== undefined) return { answer: kept, isReplay: true };
    return withPrepared(ctx.log, await prepare(route, request, reply), async (prepared) => {
      const outcome = await answerKeyed(prepared);
      return { outcome, isUsed: !outcome.isReplay };
    });
  });
}

function preparesOf(route: AnyRoute) {
  return route.kind === 'single' ? route.prepare : undefined;
}

async function prepare(
  route: AnyRoute,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<Prepared<unknown> | undefined> {
  return preparesOf(route)?.(request.ctx, inputOf(request, reply));
}

function inputOf(request: FastifyRequest, reply: FastifyReply) {
  return {
    params: request.params as Record<string, unknown>,
    query: (request.query ?? {}) as Record<string, unknown>,
    body: request.body,
    expected: expectedVersions(request.headers['if-match']),
    request,
    reply,
  };
}

/** Without its trailing slash, which means nothing. */
function pathOf(request: FastifyRequest): string {
  return (request.url.split('?', 1)[0] ?? '').replace(/\/$/, '');
}

/** What a route made: its answer before it gets a tag. */
interface Made {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly version: number;
}

async function perform(
  route: AnyRoute,
  mounting: Mounting,
  call: { ctx: Ctx; request: FastifyRequest; reply: FastifyReply; prepared?: unknown },
): Promise<Made> {
  const { ctx, request, reply, prepared } = call;
  const input = inputOf(request, reply);
  if (route.kind === 'single') {
    const { status } = route;
    const value = await route.handle(ctx, { ...input, prepared });
    if (status === 204) return { status, headers: {}, body: '', version: 0 };
    return {
      status,
      headers: {},
      body: serialize(reply, status, value),
      version: versionOf(value),
    };
  }
  const url = mounting.publicUrl + pathOf(request);
  const page = mounting.paging.parse(input.query, url);
  const rows = await route.list(ctx, { ...input, page });
  const { body, links } = mounting.paging.answer(rows, page, { url, query: input.query });
  const headers: Record<string, string> = links.length === 0 ? {} : { link: links.join(', ') };
  return { status: 200, headers, body: serialize(reply, 200, body), version: 0 };
}

/** With the route's serializer, and without touching the reply: a kept answer is made anew when this one has been sent. */
function serialize(reply: FastifyReply, status: number, value: unknown): string {
  const compiled = reply.getSerializationFunction(String(status));
  return compiled === undefined
    ? JSON.stringify(value)
    : compiled(value as Record<string, unknown>);
}

/** With the tag that its bytes give it, where there are any. */
function tagged({ status, headers, body, version }: Made): KeptAnswer {
  if (status === 204) return { status, headers, body };
  return { status, headers: { ...headers, etag: etagOf(version, body) }, body };
}

function versionOf(body: unknown): number {
  const version =
    typeof body === 'object' && body !== null && 'version' in body ? body.version : undefined;
  return typeof version === 'number' ? version : 0;
}
