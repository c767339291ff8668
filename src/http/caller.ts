// Who calls: identity from the token, quota by user or address, and the context that the route will work with.
import { isIPv6 } from 'node:net';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Actor, Services, UserActor } from '../context.ts';
import { isProblem, type Problem, VALIDATION_ERROR } from '../lib/problem.ts';
import { type RateLimits, type RateRule, rateHeaders } from './rate-limit.ts';

/**
 * Finds the caller behind an access token.
 * @throws Problem UNAUTHENTICATED, TOKEN_EXPIRED, TOKEN_REVOKED
 */
export type Authenticate = (services: Services, token: string) => Promise<UserActor>;

const ANONYMOUS: Actor = Object.freeze({ kind: 'anonymous' });
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
  app.addHook('onRequest', async (request, reply) => {
    const ctx = {
      ...services,
      log: request.log,
      requestId: request.id,
      ipPrefix: ipPrefix(request.ip),
    };
    request.ctx = { ...ctx, actor: ANONYMOUS };
    if (request.routeOptions.config.isExempt) return;
    const found = await identify(request, services, authenticate);
    const state = await limits.take(rulesFor(request, 'actor' in found ? found.actor : ANONYMOUS));
    if (state !== undefined) reply.headers(rateHeaders(state));
    if ('refusal' in found) throw found.refusal;
    request.ctx = { ...ctx, actor: found.actor };
  });

  // A rule for one account needs the body, so it waits for it.
  app.addHook('preHandler', async (request, reply) => {
    if (request.routeOptions.config.mounted?.limit !== 'login') return;
    const { user_email } = request.body as { user_email?: unknown };
    const state = await limits.take([
      ['login', `${String(user_email).toLowerCase()}|${addressKey(request.ip)}`],
    ]);
    if (state !== undefined) reply.headers(rateHeaders(state));
  });
}

/** A bad token is not refused before it has paid its quota, or guessing would be free. */
async function identify(
  request: FastifyRequest,
  services: Services,
  authenticate: Authenticate,
): Promise<{ actor: Actor } | { refusal: Problem }> {
  const { authorization } = request.headers;
  const { mounted } = request.routeOptions.config;
  if (authorization === undefined || mounted === undefined || mounted.access.ignoresToken)
    return { actor: ANONYMOUS };
  const token = BEARER.exec(authorization)?.[1] ?? '';
  try {
    return { actor: await authenticate(services, token.length > MAX_TOKEN_LENGTH ? '' : token) };
  } catch (error) {
    if (isProblem(error) && error.kind !== VALIDATION_ERROR) return { refusal: error };
    throw error;
  }
}

function rulesFor(request: FastifyRequest, actor: Actor): [RateRule, string][] {
  const address = addressKey(request.ip);
  const key = actor.kind === 'user' ? actor.user_id : address;
  const rules: [RateRule, string][] = [
    [actor.kind === 'user' ? 'user' : 'anonymous', key],
    ['burst', key],
  ];
  const { mounted } = request.routeOptions.config;
  if (mounted?.limit === 'login') rules.push(['login_address', address]);
  if (mounted?.limit === 'register') rules.push(['register', address]);
  return rules;
}

const IPV6_GROUPS = 8;

/** The address that a quota belongs to; of IPv6 the first /64, because one machine may have all of it. */
export function addressKey(address: string): string {
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
  const groups = address.split('::')[0]?.split(':').filter(Boolean).slice(0, 3) ?? [];
  return `${groups.join(':')}::/48`;
}
