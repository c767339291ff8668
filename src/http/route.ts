// What a route is: shape, access and handler in one value. app.ts mounts the same values under every version.

import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Static, TObject, TSchema } from 'typebox';
import type { Ctx, OutsideCtx } from '../context.ts';
import type { Page, PageRequest } from '../db/paging/paging.ts';
import type { Csv } from '../lib/csv.ts';
import type { Prepared } from '../lib/prepared.ts';
import type { ProblemKind } from '../lib/problem.ts';
import type { ExpectedVersions } from '../lib/versions.ts';
import type { Access } from './access.ts';
import type { RouteLimit } from './limits/rate-rules.ts';

export interface Input<P extends TObject, Q extends TObject, B extends TSchema> {
  readonly params: Static<P>;
  readonly query: Static<Q>;
  readonly body: Static<B>;
  /** Versions that `If-Match` accepts, for requireVersion. */
  readonly expected: ExpectedVersions;
  /** For the few routes that need more than their input: uploads, raw bodies, remote addresses. */
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
/** `required` where a repeat costs money; `none` where a POST must not be remembered. POSTs accept a key by default. */
type Idempotency = 'required' | 'none';

/** A POST that may carry a key runs inside the transaction that keeps its answer; everything else outside any. */
type HandleCtx<M extends Method, I extends Idempotency | undefined> = M extends 'POST'
  ? I extends 'none'
    ? OutsideCtx
    : Ctx
  : OutsideCtx;

/** A request as it arrived: nothing of it has been checked yet. */
export interface UncheckedRequest {
  readonly ctx: Ctx;
  readonly params: unknown;
  readonly body: unknown;
}

/** How requests of a route, or of a page, are counted. */
export interface Limited {
  /** Rules of its own in `RATE_RULES`. */
  readonly limit?: RouteLimit;
  /**
   * What the request is about, where rules of `limit` count per subject: an account, a session. Undefined where it names
   * none, or none that could exist: whoever invents subjects must not get a quota for each.
   */
  limitSubject?(request: UncheckedRequest): string | undefined;
}

export interface RouteFacts<P extends TObject, Q extends TObject, B extends TSchema>
  extends Limited {
  /** Its name in the documents, of which generated clients make a function: verb first, e.g. `cancelOrder`. */
  readonly operationId: string;
  readonly method: Method;
  /** Below the version's prefix, e.g. `/products/:id`. */
  readonly path: string;
  readonly access: Access;
  /**
   * Needs a proof of the person within STEP_UP_LIFETIME_MS: `true` each time, a list where the body names one of these
   * members.
   */
  readonly stepUp?: true | readonly string[];
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  readonly params?: P;
  readonly query?: Q;
  readonly body?: B;
  /** What it may refuse beside the refusals that access, validation and limits bring by themselves. */
  readonly problems?: readonly ProblemKind[];
  readonly idempotency?: Idempotency | undefined;
  /** `public`: the same for everybody; `personal`: never stored; `private` by default. */
  readonly cache?: 'public' | 'personal';
  /** What a public answer shows, as tags of `cache/tags.ts`: those who change it drop the answer. */
  tags?(params: Static<P>): readonly string[];
  /** Refused last where there is too much to do; by default public reads go first and the rest next. */
  readonly priority?: 'critical';
  /**
   * Ids of what the caller and many others may want at once: of a crowd at one of them few hold connections. Asked before
   * the transaction that an idempotency key opens.
   */
  contendsFor?(ctx: Ctx): Promise<readonly string[]>;
  /** Takes something else than JSON. */
  readonly consumes?: 'multipart/form-data';
  /** Answers this where it is asked for it, instead of JSON. */
  readonly produces?: 'text/csv';
}

export interface Route<
  P extends TObject = TObject,
  Q extends TObject = TObject,
  B extends TSchema = TSchema,
  R extends TSchema = TSchema,
  M extends Method = Method,
  I extends Idempotency | undefined = Idempotency | undefined,
  T = unknown,
> extends RouteFacts<P, Q, B> {
  readonly kind: 'single';
  readonly method: M;
  readonly idempotency?: I;
  /** Status of success; 204 has no body. */
  readonly status: number;
  readonly returns?: R;
  /** What takes long (files, images, network): done before `handle`, outside its transaction, and not for a replay. */
  prepare?(ctx: OutsideCtx, input: Input<P, Q, B>): Promise<Prepared<T>>;
  handle(
    ctx: HandleCtx<M, I>,
    input: Input<P, Q, B> & { readonly prepared: NoInfer<T> },
  ): Promise<Static<R> | Csv>;
}

export interface ListRoute<
  P extends TObject = TObject,
  Q extends TObject = TObject,
  R extends TSchema = TSchema,
> extends RouteFacts<P, Q, TSchema> {
  readonly kind: 'list';
  readonly item: R;
  list(
    ctx: Ctx,
    input: Input<P, Q, TSchema> & { readonly page: PageRequest },
  ): Promise<Page<Static<R>>>;
}

/** Any route, its types forgotten: what app.ts lists and mounts. */
export type AnyRoute = ErasedRoute | ErasedListRoute;
type Erased = Input<TObject, TObject, TSchema>;
interface ErasedRoute extends RouteFacts<TObject, TObject, TSchema> {
  readonly kind: 'single';
  readonly status: number;
  readonly returns?: TSchema;
  prepare?(ctx: OutsideCtx, input: Erased): Promise<Prepared<unknown>>;
  /** What mount gives it is what HandleCtx says: `once` decides by the same method and idempotency. */
  handle(ctx: Ctx, input: Erased & { readonly prepared: unknown }): Promise<unknown>;
}
interface ErasedListRoute extends RouteFacts<TObject, TObject, TSchema> {
  readonly kind: 'list';
  readonly item: TSchema;
  list(ctx: Ctx, input: Erased & { readonly page: PageRequest }): Promise<Page<unknown>>;
}

/** Declares a route that answers one thing, or nothing with 204. */
export function route<
  P extends TObject,
  Q extends TObject,
  B extends TSchema,
  R extends TSchema,
  const M extends Method,
  const I extends Idempotency | undefined = undefined,
  T = undefined,
>(spec: Omit<Route<P, Q, B, R, M, I, T>, 'kind'>): AnyRoute {
  return { ...spec, kind: 'single' } as AnyRoute;
}

/** Declares a route that answers a page of things; the version decides how it pages. */
export function listRoute<P extends TObject, Q extends TObject, R extends TSchema>(
  spec: Omit<ListRoute<P, Q, R>, 'kind' | 'method' | 'body'>,
): AnyRoute {
  return { ...spec, method: 'GET', kind: 'list' } as AnyRoute;
}
