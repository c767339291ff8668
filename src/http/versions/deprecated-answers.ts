// What the table of deprecations does to answers: headers on each, a count per client and, when the time has come, 410.
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify';
import type { Config } from '../../config.ts';
import { Problem, VERSION_RETIRED } from '../../lib/problem.ts';
import type { Clock } from '../../lib/time.ts';
import type { Metrics } from '../../telemetry/metrics.ts';
import { origin } from '../caller.ts';
import type { RateLimits } from '../limits/rate-limit.ts';
import { createClientNames } from './client-names.ts';
import {
  type Deprecation,
  faultsOf,
  findRetirement,
  type Retirement,
  VERSIONS_PAGE,
} from './deprecations.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What is announced about the operation that was mounted here. */
    retirement?: Retirement;
  }
}

export interface DeprecationDeps {
  readonly table: readonly Deprecation[];
  readonly clock: Clock;
  readonly config: Pick<Config, 'isDevelopment' | 'LOCAL_PROXY'>;
  readonly publicUrl: string;
  readonly metrics: Pick<Metrics, 'countDeprecatedRequest'>;
  readonly limits: RateLimits;
}

/**
 * Applies the table to every route that is mounted after this. Registered before whatever asks who calls: what is
 * retired answers without a statement, and counts against the quota of the address.
 * @throws Error when the app gets ready, naming every line that is not possible
 */
export function registerDeprecations(app: FastifyInstance, deps: DeprecationDeps): void {
  const { table, clock, config, publicUrl, metrics, limits } = deps;
  if (table.length === 0) return;
  const operations = new Set<string>();
  const nameOf = createClientNames();
  app.addHook('onRoute', (route) => {
    for (const operation of operationsOf(route)) {
      operations.add(operation);
      const retirement = findRetirement(table, operation);
      if (retirement !== undefined) route.config = { ...route.config, retirement };
    }
  });
  app.addHook('onReady', async () => {
    const faults = faultsOf(table, operations);
    if (faults.length > 0) throw new Error(`The table of deprecations: ${faults.join('; ')}`);
  });
  app.addHook('onRequest', async (request, reply) => {
    const { retirement, isExempt } = request.routeOptions.config;
    if (retirement === undefined) return;
    metrics.countDeprecatedRequest(retirement.operation, nameOf(request.headers['user-agent']));
    if (clock.now() < retirement.sunset_at) return;
    const fields = isExempt ? undefined : await limits.take(origin(request, config));
    if (fields !== undefined)
      reply.headers({ ratelimit: fields.limit, 'ratelimit-policy': fields.policy });
    throw retired(retirement);
  });
  // Last of all, because a list has links of its own.
  app.addHook('onSend', async (request, reply) => {
    const { retirement } = request.routeOptions.config;
    if (retirement !== undefined) announce(request, reply, { retirement, publicUrl });
  });
}

/** Documents and other hidden routes are no operations: they stay when a version goes. */
function operationsOf({ method, url, schema }: RouteOptions): string[] {
  if (schema?.hide || !url.startsWith('/api/')) return [];
  const methods = [method].flat().map((name) => (name === 'HEAD' ? 'GET' : name));
  return methods.map((name) => `${name} ${url}`);
}

function retired({ operation, sunset_at, successor }: Retirement): Problem {
  const instead = successor === undefined ? 'Nothing replaces it.' : `Use ${successor} instead.`;
  return new Problem(
    VERSION_RETIRED,
    `${operation} was retired on ${sunset_at.toISOString().slice(0, 10)}. ${instead}`,
  );
}

function announce(
  request: FastifyRequest,
  reply: FastifyReply,
  { retirement, publicUrl }: { retirement: Retirement; publicUrl: string },
): void {
  const { deprecated_at, sunset_at, successor } = retirement;
  const page = `${publicUrl}${VERSIONS_PAGE}`;
  const links = [
    reply.getHeader('link'),
    `<${page}>; rel="deprecation"; type="text/html"`,
    `<${page}>; rel="sunset"; type="text/html"`,
    successor && `<${publicUrl}${pathOf(successor, request)}>; rel="successor-version"`,
  ];
  reply.headers({
    deprecation: `@${Math.floor(deprecated_at.getTime() / 1_000)}`,
    sunset: sunset_at.toUTCString(),
    link: links.filter((link) => link !== undefined).join(', '),
  });
}

/** The successor's address with this request's parameters filled in. */
function pathOf(successor: string, request: FastifyRequest): string {
  const params = request.params as Readonly<Record<string, string>>;
  const pattern = successor.slice(successor.indexOf(' ') + 1);
  return pattern.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(params[name] ?? ''));
}
