// Runs a route's own function and makes its value an answer: status, headers and serialised body.
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Ctx } from '../../context.ts';
import { Csv } from '../../lib/csv.ts';
import type { Paging } from '../paging.ts';
import type { AnyRoute } from '../route.ts';
import { expectedVersions } from './conditional.ts';

const CSV = { 'content-type': 'text/csv; charset=utf-8' };

/** One request of one route. */
export interface Call {
  readonly route: AnyRoute;
  readonly paging: Paging;
  readonly publicUrl: string;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

/** What a route made: its answer before it gets a tag. */
export interface Made {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Of the object that is shown; 0 where it has none. */
  readonly version: number;
}

/** `ctx` is the request's own, or one that sees less or stands in a transaction. */
export function perform(call: Call, ctx: Ctx, prepared?: unknown): Promise<Made> {
  const { route } = call;
  return route.kind === 'single'
    ? performSingle(call, route, { ctx, prepared })
    : performList(call, route, ctx);
}

type RouteOf<Kind extends AnyRoute['kind']> = Extract<AnyRoute, { kind: Kind }>;

async function performSingle(
  call: Call,
  { status, handle }: RouteOf<'single'>,
  { ctx, prepared }: { ctx: Ctx; prepared: unknown },
): Promise<Made> {
  const value = await handle(ctx, { ...inputOf(call), prepared });
  if (status === 204) return { status, headers: {}, body: '', version: 0 };
  if (value instanceof Csv) return { status, headers: CSV, body: value.text, version: 0 };
  const body = serialize(call.reply, status, value);
  return { status, headers: {}, body, version: versionOf(value) };
}

async function performList(call: Call, { list }: RouteOf<'list'>, ctx: Ctx): Promise<Made> {
  const { paging, publicUrl, request, reply } = call;
  const input = inputOf(call);
  const url = publicUrl + pathOf(request);
  const page = paging.parse(input.query, url);
  const rows = await list(ctx, { ...input, page });
  const { body, links } = paging.answer(rows, page, { url, query: input.query });
  const headers: Record<string, string> = links.length === 0 ? {} : { link: links.join(', ') };
  return { status: 200, headers, body: serialize(reply, 200, body), version: 0 };
}

/** What a route's functions get of a request. */
export function inputOf({ request, reply }: Call) {
  return {
    params: request.params as Record<string, unknown>,
    query: request.query as Record<string, unknown>,
    body: request.body,
    expected: expectedVersions(request.headers['if-match']),
    request,
    reply,
  };
}

/** Without its trailing slash, which means nothing. */
export function pathOf(request: FastifyRequest): string {
  return request.url.replace(/\?.*/s, '').replace(/\/$/, '');
}

/** With the route's serializer, and without touching the reply: a kept answer is made anew when this one has been sent. */
function serialize(reply: FastifyReply, status: number, value: unknown): string {
  const compiled = reply.getSerializationFunction(String(status));
  return compiled === undefined
    ? JSON.stringify(value)
    : compiled(value as Record<string, unknown>);
}

function versionOf(body: unknown): number {
  const version =
    typeof body === 'object' && body !== null && 'version' in body ? body.version : undefined;
  return typeof version === 'number' ? version : 0;
}
