// Refuses early what a busy process could only answer late: browsing first, checkout last (docs/adr/0015-load-protection.md).
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Config } from '../../config.ts';
import type { Replica } from '../../db/replica/replica.ts';
import { Problem, SERVICE_UNAVAILABLE } from '../../lib/problem.ts';
import type { Clock } from '../../lib/time.ts';
import type { Log } from '../../telemetry/log.ts';
import { PROBLEM_TYPE, problemBody } from '../answer/problem-answers.ts';
import { createPressure, type Signal, watchLoopDelay } from './pressure.ts';

/** In the order in which they are refused. */
const PRIORITIES = ['browse', 'normal', 'critical'] as const;
type Priority = (typeof PRIORITIES)[number];

declare module 'fastify' {
  interface FastifyContextConfig {
    /** For what is no route of an API version; those say it themselves. */
    priority?: Priority;
  }
}

/** Clients come back spread over this time, and not together. */
const RETRY_AFTER_MIN_SECONDS = 2;
const RETRY_AFTER_MAX_SECONDS = 5;

export interface LoadSheddingDeps {
  readonly config: Config;
  readonly clock: Clock;
  readonly log: Pick<Log, 'info' | 'warn'>;
  /** Connections that requests wait for. */
  readonly pool: { readonly waitingCount: number };
  /** Reads that wait for the replica count too. */
  readonly replica?: Pick<Replica, 'state'> | undefined;
  /** Called for each request that is refused. */
  readonly onShed: (priority: Priority) => void;
}

/** To be registered before anything that costs: a refusal should not. */
export function registerLoadShedding(app: FastifyInstance, deps: LoadSheddingDeps): void {
  const { config, clock, log, pool, replica, onShed } = deps;
  if (config.LOAD_SHEDDING === 'off') return;
  let requestsInFlight = 0;
  const loop = watchLoopDelay(() => pressure.relax());
  app.addHook('onClose', async () => loop.stop());
  const signals: Signal[] = [
    {
      name: 'loop_delay_ms',
      threshold: config.SHED_LOOP_DELAY_MS,
      value: () => loop.sustained_ms(),
    },
    {
      name: 'pool_waiting',
      threshold: config.SHED_POOL_WAITING,
      value: () => pool.waitingCount + (replica?.state().waiting ?? 0),
    },
    {
      name: 'requests_in_flight',
      threshold: config.SHED_REQUESTS_IN_FLIGHT,
      value: () => requestsInFlight,
    },
  ];
  const pressure = createPressure({
    signals,
    onChange: (level, values) => logLevel(log, level, values),
  });

  app.addHook('onRequest', (request, reply, done) => {
    const { isExempt, priority: named } = request.routeOptions.config;
    // Probes must always be answered; the others count, with or without quota.
    if (isExempt && named === undefined) return done();
    const priority = priorityOf(request);
    if (PRIORITIES.indexOf(priority) < pressure.level()) {
      onShed(priority);
      return refuse(request, reply, { publicUrl: config.publicUrl, now: clock.now() });
    }
    requestsInFlight += 1;
    // Not onResponse: it never comes for a client that went away.
    reply.raw.once('close', () => {
      requestsInFlight -= 1;
    });
    done();
  });
}

/** Public reads go first, then what is not marked critical. */
function priorityOf({ method, routeOptions }: FastifyRequest): Priority {
  const { mounted, priority } = routeOptions.config;
  const given = mounted?.priority ?? priority;
  if (given !== undefined) return given;
  const isPublic = mounted === undefined || mounted.access.roles === undefined;
  return isPublic && (method === 'GET' || method === 'HEAD') ? 'browse' : 'normal';
}

function logLevel(
  log: LoadSheddingDeps['log'],
  level: number,
  values: Readonly<Record<string, number>>,
): void {
  const refused = PRIORITIES.slice(0, level);
  if (level === 0) log.info(values, 'no longer overloaded: nothing is refused');
  else log.warn({ ...values, refused }, 'overloaded: refusing requests');
}

/** Sent and not thrown: an error in the log for each would make matters worse. */
function refuse(
  request: FastifyRequest,
  reply: FastifyReply,
  { publicUrl, now }: { publicUrl: string; now: Date },
): void {
  const problem = new Problem(
    SERVICE_UNAVAILABLE,
    'There is more to do than we can at the moment. Try again shortly.',
  );
  const path = request.url.replace(/\?.*$/, '');
  const spread_seconds = RETRY_AFTER_MAX_SECONDS - RETRY_AFTER_MIN_SECONDS + 1;
  const wait_seconds = RETRY_AFTER_MIN_SECONDS + Math.floor(Math.random() * spread_seconds);
  reply
    .code(problem.kind.status)
    .headers({
      'content-type': PROBLEM_TYPE,
      'cache-control': 'no-store',
      'retry-after': String(wait_seconds),
    })
    .serializer(JSON.stringify)
    .send(problemBody(problem, { id: request.id, path, publicUrl, now }));
}
