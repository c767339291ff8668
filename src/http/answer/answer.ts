// How a mounted route answers: from the cache where the answer is the same for all, once for each idempotency key, and
// with what it prepares before the transaction.
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ANONYMOUS, type Ctx } from '../../context.ts';
import type { Prepared } from '../../lib/prepared.ts';
import {
  findKeptAnswer,
  idempotencyKey,
  type KeptAnswer,
  type KeyedRequest,
  once,
  requestHash,
  unlessUnderWay,
} from '../intake/idempotency.ts';
import { withPrepared } from '../intake/prepared.ts';
import { cacheHeaders, isSameForAll } from './caching.ts';
import { etagOf, isNotModified } from './conditional.ts';
import { acceptedEncoding, variantOf } from './content-encoding.ts';
import { type Call, inputOf, type Made, pathOf, perform } from './perform.ts';
import { readPublic } from './public-reads.ts';

const JSON_TYPE = 'application/json; charset=utf-8';

/** Sends the answer of a request that has been let in and validated. */
export async function answer(call: Call): Promise<FastifyReply> {
  const { route, request, reply } = call;
  const { actor } = request.ctx;
  reply.headers(cacheHeaders(route, actor));
  return isSameForAll(route, actor) ? answerShared(call) : answerCaller(call);
}

/** From the cache, and made for nobody in particular: whoever asks can only get what everybody may see. */
async function answerShared(call: Call): Promise<FastifyReply> {
  const { route, request, reply } = call;
  const ctx: Ctx = { ...request.ctx, actor: ANONYMOUS };
  const kept = await ctx.cache.get({
    key: sharedKey(request),
    tags: route.tags?.(request.params as Record<string, unknown>) ?? [],
    load: () => loadShared(call, ctx),
  });
  const variant = await variantOf(kept, acceptedEncoding(request.headers['accept-encoding']));
  reply.headers(variant.headers);
  if (isNotModified(request.headers['if-none-match'], variant.etag)) return reply.code(304).send();
  return reply.send(variant.body);
}

async function loadShared(call: Call, ctx: Ctx) {
  const { headers, body, version } = await readPublic(ctx, (ctx) => perform(call, ctx));
  return { headers: { ...headers, 'content-type': JSON_TYPE }, body: Buffer.from(body), version };
}

/** One key for one answer, in whichever order its parameters come. Validation has completed them and refused all others. */
function sharedKey(request: FastifyRequest): string {
  const query = request.query as Record<string, unknown>;
  const parameters = Object.keys(query)
    .sort()
    .map((name) => `${name}=${encodeURIComponent(String(query[name]))}`);
  return `${pathOf(request)}?${parameters.join('&')}`;
}

/** Made for this caller. */
async function answerCaller(call: Call): Promise<FastifyReply> {
  const { request, reply } = call;
  const keyed = keyedRequest(call);
  const { answer, isReplay } = await (keyed === undefined ? runOnce(call) : runKeyed(call, keyed));
  reply.code(answer.status).headers(answer.headers);
  if (isReplay) reply.header('idempotency-replayed', 'true');
  if (answer.status === 204) return reply.send();
  if (answer.headers['content-type'] === undefined) reply.header('content-type', JSON_TYPE);
  const isReading = request.method === 'GET' || request.method === 'HEAD';
  if (isReading && isNotModified(request.headers['if-none-match'], answer.headers['etag'] ?? ''))
    return reply.code(304).send();
  return reply.send(answer.body);
}

/** The request as it is remembered; undefined where it carries no key, or its route knows none. */
function keyedRequest({ route, request }: Call): KeyedRequest | undefined {
  const { actor } = request.ctx;
  if (route.method !== 'POST' || route.idempotency === 'none' || actor.kind !== 'user')
    return undefined;
  const isRequired = route.idempotency === 'required';
  const key = idempotencyKey(request.headers['idempotency-key'], isRequired);
  if (key === undefined) return undefined;
  const hash = requestHash({ method: request.method, path: pathOf(request), body: request.body });
  return { userId: actor.user_id, key, hash };
}

interface Outcome {
  readonly answer: KeptAnswer;
  readonly isReplay: boolean;
}

async function runOnce(call: Call): Promise<Outcome> {
  const { ctx } = call.request;
  return withPrepared(ctx.log, await prepare(call), async (prepared) => {
    const answer = tagged(await perform(call, ctx, prepared));
    return { outcome: { answer, isReplay: false }, isUsed: true };
  });
}

/** The answer that is kept under the key, or that the route makes and that is kept with what it wrote. */
async function runKeyed(call: Call, keyed: KeyedRequest): Promise<Outcome> {
  const { route, request } = call;
  const { ctx } = request;
  const options = { contendsFor: (await route.contendsFor?.(ctx)) ?? [] };
  const run = (prepared?: unknown) =>
    once(ctx, keyed, async (ctx) => tagged(await perform(call, ctx, prepared)), options);
  if (preparesOf(call) === undefined) return run();
  return unlessUnderWay(keyed, async () => {
    // Looked up in the transaction too: here it only saves preparing what has been done.
    const kept = await findKeptAnswer(ctx, keyed);
    if (kept !== undefined) return { answer: kept, isReplay: true };
    return withPrepared(ctx.log, await prepare(call), async (prepared) => {
      const outcome = await run(prepared);
      return { outcome, isUsed: !outcome.isReplay };
    });
  });
}

function preparesOf({ route }: Call) {
  return route.kind === 'single' ? route.prepare : undefined;
}

/** Does what takes long, before any transaction, where the route has such work. */
async function prepare(call: Call): Promise<Prepared<unknown> | undefined> {
  return preparesOf(call)?.(call.request.ctx, inputOf(call));
}

/** With the tag that its bytes give it, where there are any. */
function tagged({ status, headers, body, version }: Made): KeptAnswer {
  if (status === 204) return { status, headers, body };
  return { status, headers: { ...headers, etag: etagOf(version, body) }, body };
}
