// Who calls: identity from the token, quota by user or address, and the context that the route will work with.
import { createHash } from 'node:crypto';
import { isIPv6 } from 'node:net';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type Actor, ANONYMOUS, type Services, type UserActor, within } from '../context.ts';
import { isProblem, type Problem, VALIDATION_ERROR } from '../lib/problem.ts';
import type { RateFields, RateLimits } from './rate-limit.ts';
import { countsAccounts, parameterOf, type RouteLimit } from './rate-rules.ts';
import { activityOf } from './request-telemetry.ts';

/**
 * Finds the caller behind an access token.
 * @throws Problem UNAUTHENTICATED, TOKEN_EXPIRED, TOKEN_REVOKED
 */
export type Authenticate = (services: Services, token: string) => Promise<UserActor>;

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
    announce(reply, await limits.take({ limit, address: addressKey(address), user_id }));
    if (found.refusal !== undefined) throw found.refusal;
    if (user_id !== undefined) request.ctx = { ...ctx, actor: found.actor };
  });

  // A rule for one account needs the body, so it waits for it.
  app.addHook('preHandler', async (request, reply) => {
    const limit = request.routeOptions.config.mounted?.limit;
    if (limit === undefined || !countsAccounts(limit)) return;
    const account = accountKey((request.body as { user_email?: unknown }).user_email);
    announce(reply, await limits.take({ limit, address: addressKey(request.ip), account }));
  });
}

/** Behind what was announced before, if anything was. */
function announce(reply: FastifyReply, fields: RateFields | undefined): void {
  if (fields === undefined) return;
  const before = reply.getHeader('ratelimit');
  const policyBefore = reply.getHeader('ratelimit-policy');
  reply.header('ratelimit', before === undefined ? fields.limit : `${before}, ${fields.limit}`);
  reply.header(
    'ratelimit-policy',
    policyBefore === undefined ? fields.policy : `${policyBefore}, ${fields.policy}`,
  );
}

function limitOf({ routeOptions, query }: FastifyRequest): RouteLimit | undefined {
  const limit = routeOptions.config.mounted?.limit;
  if (limit === undefined) return undefined;
  const parameter = parameterOf(limit);
  return parameter === undefined || parameter in (query as object) ? limit : undefined;
}

interface Found {
  readonly actor: Actor;
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
    if (isProblem(error) && error.kind !== VALIDATION_ERROR)
      return { actor: ANONYMOUS, refusal: error };
    throw error;
  }
}

const ACCOUNT_KEY_LENGTH = 22;

/** Stands for an e-mail address in counters, which hold nothing personal. */
function accountKey(user_email: unknown): string {
  const text = String(user_email).toLowerCase();
  return createHash('sha256').update(text).digest('base64url').slice(0, ACCOUNT_KEY_LENGTH);
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
  const groups = address.split('::')[0]?.split(':').filter(Boolean).slice(0, 3) ?? [];
  return `${groups.join(':')}::/48`;
}
