// Health, metrics and well-known files: for machines and people on call, outside the API's versions and limits.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { PROBLEM_TYPE, problemBody } from '../../http/answer/problem-answers.ts';
import { Problem, SERVICE_UNAVAILABLE, UNAUTHENTICATED } from '../../lib/problem.ts';
import { type Example, OneOf, Timestamp } from '../../lib/schema.ts';
import type { Metrics } from '../../telemetry/metrics.ts';
import { type Health, publicView } from './health/health.service.ts';
import { type DetailsDeps, mayReadDetails, mayReadMetrics } from './operations.access.ts';
import { securityTxt } from './security-txt.ts';

export interface MonitoringDeps extends DetailsDeps {
  readonly health: Health;
  readonly metrics: Metrics;
}

export interface OperationsDeps extends MonitoringDeps {}

const READY_PATH = '/health/ready';
const EXEMPT = { config: { isExempt: true } };
const RETRY_AFTER_SECONDS = '5';
/** How long others may keep the public keys: a new key must be known before it signs. */
const JWKS_CACHE = 'public, max-age=300';
const SECURITY_TXT_CACHE = 'public, max-age=86400';

const STATUSES = ['healthy', 'degraded', 'unhealthy'] as const;
const CheckSchema = Type.Object(
  {
    status: OneOf('HealthStatus', STATUSES),
    latency_ms: Type.Number({ examples: [0.8] }),
    reason: Type.Optional(Type.String({ description: 'For admins and the metrics token' })),
  },
  { title: 'HealthCheck' },
);
const Percent = Type.Number({ minimum: 0, maximum: 100, examples: [12.5] });
const SystemLoad = Type.Object(
  { cpu_percent: Percent, memory_percent: Percent, disk_percent: Percent },
  { title: 'SystemLoad', description: 'For admins and the metrics token' },
);
const ChecksSchema = Type.Object(
  {
    database: CheckSchema,
    cache: CheckSchema,
    jobs: CheckSchema,
    storage: CheckSchema,
    system: Type.Optional(SystemLoad),
  },
  { title: 'HealthChecks' },
);
const ReportSchema = Type.Object(
  {
    status: OneOf('HealthStatus', STATUSES),
    timestamp: Timestamp,
    version: Type.String(),
    checks: ChecksSchema,
  },
  { title: 'Health' },
);

const HEALTHY = {
  status: 'healthy',
  timestamp: '2026-03-02T02:00:00.000Z',
  version: '0.1.0',
  checks: {
    database: { status: 'healthy', latency_ms: 0.8 },
    cache: { status: 'healthy', latency_ms: 0.1 },
    jobs: { status: 'healthy', latency_ms: 1.2 },
    storage: { status: 'healthy', latency_ms: 0.3 },
  },
} as const satisfies Example<typeof ReportSchema>;

const UNHEALTHY = {
  ...HEALTHY,
  status: 'unhealthy',
  checks: { ...HEALTHY.checks, database: { status: 'unhealthy', latency_ms: 2000 } },
} as const satisfies Example<typeof ReportSchema>;

/** The unversioned routes. */
export function registerOperations(app: FastifyInstance, deps: OperationsDeps): void {
  registerMonitoring(app, deps);
  registerWellKnown(app, deps);
}

/** Health and metrics: all that a process without the API serves. */
export function registerMonitoring(app: FastifyInstance, deps: MonitoringDeps): void {
  const { services, health, metrics } = deps;
  const { config, clock } = services;
  app.addHook('onSend', (_request, reply, payload, done) => {
    // So that clients take their next request to a server that stays. Asked when the answer leaves: a connection that
    // was kept open by a request in flight would hold up the stop until it times out.
    if (health.isDraining()) reply.header('connection', 'close');
    done(null, payload);
  });
  app.get('/health/live', EXEMPT, (_request, reply) => noStore(reply).send({ status: 'healthy' }));
  app.get(READY_PATH, EXEMPT, async (request, reply) => {
    const obstacle = await health.findObstacle();
    if (obstacle === undefined) return noStore(reply).send({ status: 'ready' });
    return refuseTraffic(request, reply, {
      publicUrl: config.publicUrl,
      now: clock.now(),
      obstacle,
    });
  });
  app.get('/health', EXEMPT, reportHealth(deps));
  app.get('/metrics', EXEMPT, async (request, reply) => {
    if (!mayReadMetrics(request, config)) throw metricsRefusal();
    return noStore(reply)
      .type(metrics.contentType)
      .send(await metrics.render());
  });
}

function registerWellKnown(app: FastifyInstance, { services }: OperationsDeps): void {
  const { config, clock } = services;
  app.get('/.well-known/jwks.json', EXEMPT, (_request, reply) =>
    reply
      .type('application/jwk-set+json')
      .header('cache-control', JWKS_CACHE)
      .send(JSON.stringify(services.tokens.jwks)),
  );
  app.get('/.well-known/security.txt', EXEMPT, (_request, reply) => {
    const { SECURITY_CONTACT: contact, publicUrl } = config;
    reply.type('text/plain; charset=utf-8').header('cache-control', SECURITY_TXT_CACHE);
    return reply.send(securityTxt({ contact, publicUrl, now: clock.now() }));
  });
}

/** `/health` again under a version's prefix, where clients that know nothing but the API find it. */
export function registerVersionedHealth(api: FastifyInstance, deps: MonitoringDeps): void {
  const schema = {
    operationId: 'getHealth',
    tags: ['Operations'],
    summary: 'Get the health of the service',
    description: 'A lost database is `unhealthy` (503); whatever else is lost is only `degraded`.',
    response: {
      200: { description: 'Healthy or degraded', ...ReportSchema, examples: [HEALTHY] },
      503: { description: 'Unhealthy', ...ReportSchema, examples: [UNHEALTHY] },
    },
  };
  api.get('/health', { ...EXEMPT, schema }, reportHealth(deps));
}

function reportHealth(deps: MonitoringDeps) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const [report, isPrivileged] = await Promise.all([
      deps.health.report(),
      mayReadDetails(request, deps),
    ]);
    if (report.status === 'unhealthy') reply.code(503).header('retry-after', RETRY_AFTER_SECONDS);
    return noStore(reply).send(isPrivileged ? report : publicView(report));
  };
}

/** Sent and not thrown: a server that is probed every second would fill its log with errors. */
function refuseTraffic(
  request: FastifyRequest,
  reply: FastifyReply,
  refusal: { publicUrl: string; now: Date; obstacle: string },
): FastifyReply {
  const problem = new Problem(SERVICE_UNAVAILABLE, refusal.obstacle);
  reply.code(503).type(PROBLEM_TYPE).header('retry-after', RETRY_AFTER_SECONDS);
  const about = { id: request.id, path: READY_PATH, ...refusal };
  return noStore(reply).send(JSON.stringify(problemBody(problem, about)));
}

function metricsRefusal(): Problem {
  return new Problem(UNAUTHENTICATED, 'Send Authorization: Bearer <METRICS_TOKEN>.', {
    headers: { 'www-authenticate': 'Bearer' },
  });
}

function noStore(reply: FastifyReply): FastifyReply {
  return reply.header('cache-control', 'no-store');
}
