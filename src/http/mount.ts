// Mounts routes under one API version: what a route is wired to, the same for all. How it answers is `answer/answer.ts`.
import type { FastifyInstance, FastifyRequest, FastifySchemaCompiler } from 'fastify';
import type { TSchema } from 'typebox';
import { actorFor, requireAccess, requireStepUp } from './access.ts';
import { answer } from './answer/answer.ts';
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
  const { models, validator, paging, publicUrl, mfaRequiredRoles } = mounting;
  const schema = schemaOf(route, mounting);
  models.ref(ProblemDetails);
  for (const model of models.fresh(app)) app.addSchema(model);
  app.route({
    method: route.method,
    url: route.path,
    schema,
    validatorCompiler: validator,
    config: { mounted: route },
    preParsing: async (request) => admit(route, request, mfaRequiredRoles),
    preValidation: async (request) => completeBody(route, request),
    preHandler: async (request) => requireFreshProof(route, request),
    handler: (request, reply) => answer({ route, paging, publicUrl, request, reply }),
  });
}

/** Refuses callers whom the route is not for, before their body is read. */
function admit(
  { access, stepUp }: AnyRoute,
  request: FastifyRequest,
  mfaRequiredRoles: readonly string[],
): void {
  const { actor, clock } = request.ctx;
  requireAccess(actor, access, mfaRequiredRoles);
  if (stepUp === true) requireStepUp(actor, clock.now());
  request.ctx = { ...request.ctx, actor: actorFor(actor, access, mfaRequiredRoles) };
}

function completeBody(route: AnyRoute, request: FastifyRequest): void {
  // Where a body may be empty it may be absent too.
  request.body ??= mayBeEmpty(bodyOf(route)) ? {} : undefined;
  if (bodyOf(route) === undefined) refuseBody(request.body);
}

/** Where the body names a member whose change needs a fresh proof of the person. */
function requireFreshProof({ stepUp }: AnyRoute, { ctx, body }: FastifyRequest): void {
  if (!Array.isArray(stepUp) || typeof body !== 'object' || body === null) return;
  if (stepUp.some((member) => Object.hasOwn(body, member)))
    requireStepUp(ctx.actor, ctx.clock.now());
}
