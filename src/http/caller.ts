// Who calls: identity from the token, quota by user or address, and the context that the route will work with.
import { hash } from 'node:crypto';
import { isIPv6 } from 'node:net';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Config } from '../config.ts';
import { type Actor, ANONYMOUS, type Services, type UserActor, within } from '../context.ts';
import {
  isProblem,
  type Problem,
  TOKEN_EXPIRED,
  TOKEN_REVOKED,
  VALIDATION_ERROR,
} from '../lib/problem.ts';
import { isLocalCaller } from './intake/local-caller.ts';
import { activityOf } from './intake/request-telemetry.ts';
import type { CountedRequest, RateFields, RateLimits } from './limits/rate-limit.ts';
import { asksForSubject, parameterOf, type RouteLimit } from './limits/rate-rules.ts';
import type { Limited } from './route.ts';

/**
 * Finds the caller behind an access token.
 * @throws Problem UNAUTHENTICATED, TOKEN_EXPIRED, TOKEN_REVOKED
 */
export type Authenticate = (services: Services, token: string) => Promise<UserActor>;

declare module 'fastify' {
  interface FastifyRequest {
    /** As it was counted, where that asked what it is about. */
    counted?: CountedRequest | undefined;
  }
}

const BEARER = /^Bearer +([\w\-.~+/]+=*)$/i;
const MAX_TOKEN_LENGTH = 4_096;

export interface CallerDeps {
  readonly services: Services;
  readonly authenticate: Authenticate;
  readonly limits: RateLimits;
}

/** Gives every request its `ctx`; refuses bad tokens and spent quotas before anything is parsed. */
export function registerCaller(
  app: FastifyInstance,
  { services, authenticate, limits }: CallerDeps,
): void {
  app.decorateRequest('counted');
  app.addHook('onRequest', async (request, reply) => {
    const address = request.ip;
    const ctx = {
      ...services,
      ...within(activityOf(request.raw, services.tracing), services),
      actor: ANONYMOUS,
      log: request.log,
      requestId: request.id,
      ipPrefix: ipPrefix(address),
    };
    request.ctx = ctx;
    if (request.routeOptions.config.isExempt) return;
    const token = tokenOf(request);
    const found = token === undefined ? NOBODY : await identify(token, ctx, authenticate);
    const user_id = found.actor.kind === 'user' ? found.actor.user_id : undefined;
    const limit = limitOf(request);
    // What a request is about may stand in its body: it is counted when that has been read.
    if (limit === undefined || !asksForSubject(limit)) {
      const counted = {
        ...origin(request, services.config),
        limit,
        user_id: user_id ?? found.bearer,
      };
      announce(reply, await limits.take(counted));
    }
    if (found.refusal !== undefined) throw found.refusal;
    if (user_id !== undefined) request.ctx = { ...ctx, actor: found.actor };
  });

  // Before validation, so that requests of the wrong form are not free.
  app.addHook('preValidation', async (request, reply) => {
    const limit = limitOf(request);
    if (limit === undefined || !asksForSubject(limit)) return;
    request.counted = {
      ...origin(request, services.config),
      limit,
      subject: limitedOf(request).limitSubject?.(request),
    };
    announce(reply, await limits.take(request.counted));
  });
  // Before the answer leaves: whoever reads it is known from then on.
  app.addHook('onSend', ({ counted }, { statusCode }, payload, done) => {
    if (counted === undefined || statusCode >= 300) return done(null, payload);
    Promise.resolve(limits.succeed(counted)).then(() => done(null, payload), done);
  });
}

/** Where a request comes from, as far as quotas are concerned. */
export function origin(
  request: FastifyRequest,
  config: Pick<Config, 'isDevelopment' | 'LOCAL_PROXY'>,
): Pick<CountedRequest, 'address' | 'isUnbounded'> {
  return {
    address: addressKey(request.ip),
    // Whoever develops on this machine sees what would be left, and is not locked out.
    isUnbounded: config.isDevelopment && isLocalCaller(request, config),
  };
}

function limitedOf({ routeOptions: { config } }: FastifyRequest): Limited {
  return config.mounted ?? config.limited ?? {};
}

function announce(reply: FastifyReply, fields: RateFields | undefined): void {
  if (fields === undefined) return;
  reply.headers({ ratelimit: fields.limit, 'ratelimit-policy': fields.policy });
}

function limitOf(request: FastifyRequest): RouteLimit | undefined {
  const { limit } = limitedOf(request);
  if (limit === undefined) return undefined;
  const parameter = parameterOf(limit);
  return parameter === undefined || parameter in (request.query as object) ? limit : undefined;
}

interface Found {
  readonly actor: Actor;
  /** Whose quota a token spends that was good once and is so no longer: not the address's, which others share. */
  readonly bearer?: string;
  readonly refusal?: Problem;
}

const NOBODY: Found = { actor: ANONYMOUS };

/** What may be a token; undefined where none is sent or it plays no part. */
function tokenOf({ headers, routeOptions }: FastifyRequest): string | undefined {
  const { mounted } = routeOptions.config;
  if (headers.authorization === undefined) return undefined;
  if (mounted === undefined || mounted.access.ignoresToken) return undefined;
  const token = BEARER.exec(headers.authorization)?.[1] ?? '';
  return token.length > MAX_TOKEN_LENGTH ? '' : token;
}

/** A bad token is not refused before it has paid its quota, or guessing would be free. */
async function identify(
  token: string,
  services: Services,
  authenticate: Authenticate,
): Promise<Found> {
  try {
    return { actor: await authenticate(services, token) };
  } catch (error) {
    if (!isProblem(error) || error.kind === VALIDATION_ERROR) throw error;
    const wasGood = error.kind === TOKEN_EXPIRED || error.kind === TOKEN_REVOKED;
    const bearer = wasGood ? { bearer: `token ${hash('sha256', token, 'base64url')}` } : {};
    return { actor: ANONYMOUS, refusal: error, ...bearer };
  }
}

const IPV6_GROUPS = 8;

/** The address that a quota belongs to; of IPv6 the first /64, because one machine may have all of it. */
export function addressKey(address: string): string {
  if (!address.includes(':')) return address;
  const plain = address.replace(/^::ffff:(?=\d+\.)/, '');
  if (!isIPv6(plain)) return plain;
  const [head = [], tail = []] = plain.split('::').map((part) => part.split(':').filter(Boolean));
  const zeros = Array<string>(IPV6_GROUPS - head.length - tail.length).fill('0');
  return `${[...head, ...zeros, ...tail].slice(0, IPV6_GROUPS / 2).join(':')}::/64`;
}

/** The caller's network, coarse enough not to point at a person: /24 or /48. */
export function ipPrefix(address: string): string {
  if (!isIPv6(address) || address.startsWith('::ffff:')) {
    return `${address.replace('::ffff:', '').split('.').slice(0, 3).join('.')}.0/24`;
  }
  const groups = address.replace(/::.*/, '').split(':').filter(Boolean).slice(0, 3);
  return `${groups.join(':')}::/48`;
}
