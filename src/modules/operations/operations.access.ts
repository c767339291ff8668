// Who may see the inside: holders of the metrics token, admins, and in development this machine itself.
import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import type { Config } from '../../config.ts';
import type { Services } from '../../context.ts';
import { lacksFactor } from '../../http/access.ts';
import { type Authenticate, origin } from '../../http/caller.ts';
import { isLocalCaller } from '../../http/intake/local-caller.ts';
import type { RateLimits } from '../../http/limits/rate-limit.ts';
import { withDeadline } from '../../lib/flow/deadline.ts';
import { keyRing } from '../../lib/keys/key-ring.ts';
import { PROBE_TIMEOUT_MS } from './health/health.probes.ts';

const BEARER = /^Bearer +(\S{1,4096})$/i;

/** Whether the request carries a token of METRICS_TOKEN, or comes from this machine in development. */
export function mayReadMetrics(request: FastifyRequest, config: Config): boolean {
  const token = bearerToken(request);
  if (config.METRICS_TOKEN !== undefined && token !== undefined) {
    return isAmong(token, config.METRICS_TOKEN);
  }
  return config.isDevelopment && isLocalCaller(request, config);
}

export interface DetailsDeps {
  readonly services: Services;
  readonly authenticate: Authenticate;
  readonly limits: RateLimits;
}

/** Whether the request may see reasons and loads. Never throws: the others see the public view. */
export async function mayReadDetails(
  request: FastifyRequest,
  { services, authenticate, limits }: DetailsDeps,
): Promise<boolean> {
  const token = bearerToken(request);
  if (token === undefined) return false;
  const { METRICS_TOKEN, MFA_REQUIRED_ROLES } = services.config;
  if (METRICS_TOKEN !== undefined && isAmong(token, METRICS_TOKEN)) return true;
  try {
    // Health itself is never refused; looking up who asks is a statement each time.
    await limits.take({ ...origin(request, services.config), limit: 'health' });
    const caller = authenticate(services, token);
    // A lost database must not delay the answer that it is lost.
    const user = await withDeadline(caller, PROBE_TIMEOUT_MS, 'the caller is unknown');
    return user.role === 'admin' && !lacksFactor(user, MFA_REQUIRED_ROLES.split(','));
  } catch (err) {
    request.log.debug({ err }, 'health is shown without details');
    return false;
  }
}

function bearerToken(request: FastifyRequest): string | undefined {
  return BEARER.exec(request.headers.authorization ?? '')?.[1];
}

/** In constant time, whatever the lengths. */
function isAmong(given: string, tokens: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return keyRing(tokens).some((token) => timingSafeEqual(digest(given), digest(token)));
}
