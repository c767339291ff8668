// The HTTP core with routes of a test's own: what every route is given, without the modules of the API.
import type { FastifyInstance, LightMyRequestResponse } from 'fastify';
import type { Redis } from 'ioredis';
import { type Cache, withoutCache } from '../../src/cache/cache.ts';
import { redisBreaker } from '../../src/cache/redis.ts';
import { loadConfig } from '../../src/config.ts';
import type { Ctx, Services, UserActor } from '../../src/context.ts';
import { type Db, openDatabase } from '../../src/db/database.ts';
import { type Authenticate, registerCaller } from '../../src/http/caller.ts';
import { registerLoadShedding } from '../../src/http/limits/load-shedding.ts';
import { createRateLimits } from '../../src/http/limits/rate-limit.ts';
import { mount } from '../../src/http/mount.ts';
import { cursorPaging, numberedPaging } from '../../src/http/paging.ts';
import type { AnyRoute } from '../../src/http/route.ts';
import { createServer } from '../../src/http/server.ts';
import { newId } from '../../src/lib/ids.ts';
import { Problem, UNAUTHENTICATED } from '../../src/lib/problem.ts';
import { createLog } from '../../src/telemetry/log.ts';
import { movableClock, type TestClock } from './clock.ts';

export interface ProbeOptions {
  readonly routes: readonly AnyRoute[];
  /** Who is behind which bearer token. */
  readonly callers?: Readonly<Record<string, UserActor>>;
  readonly env?: Readonly<Record<string, string>>;
  /** Absent where no route asks the database. */
  readonly databaseUrl?: string;
  readonly poolSize?: number;
  readonly redis?: Redis;
  /** Absent: nothing is kept. */
  readonly cache?: Cache;
  /** Adds what is no route of an API version. */
  readonly configure?: (app: FastifyInstance) => void;
  /** Called with the rule of each refusal. */
  readonly onRateLimited?: (rule: string) => void;
  /** Called with the priority of each request that is refused for overload. */
  readonly onShed?: (priority: string) => void;
}

export interface Probe {
  readonly app: FastifyInstance;
  readonly db: Db;
  readonly clock: TestClock;
  /** Every entry of the log, warnings and errors only. */
  readonly entries: Record<string, unknown>[];
  /** Sends a request to `/api/v1` below, or wherever a path that begins with `/api/` leads. */
  call(request: ProbeCall): Promise<LightMyRequestResponse>;
  close(): Promise<void>;
}

export interface ProbeCall {
  readonly method?: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS';
  readonly path: string;
  readonly token?: string;
  /** Text and bytes are sent as they are, everything else as JSON. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly remoteAddress?: string;
}

export async function createProbe(options: ProbeOptions): Promise<Probe> {
  const env = { NODE_ENV: 'test', RATE_LIMITS: 'off', LOAD_SHEDDING: 'off', ...options.env };
  const config = loadConfig(env, '0.0.0-test');
  const entries: Record<string, unknown>[] = [];
  const destination = { write: (line: string) => void entries.push(JSON.parse(line)) };
  const log = createLog({ level: 'warn', pretty: false, version: config.version, destination });
  const clock = movableClock();
  const { db, pool } = openDatabase({
    url: options.databaseUrl ?? 'postgres://database.invalid/none',
    poolSize: options.poolSize ?? 1,
    onError: (err) => log.warn({ err }, 'a database connection broke'),
  });
  const cache = options.cache ?? withoutCache();
  const known: Pick<Ctx, 'config' | 'db' | 'cache' | 'clock' | 'log' | 'gateways'> = {
    gateways: {},
    config,
    db,
    cache,
    clock,
    log,
  };
  const { app, models, validator } = createServer({ config, log, clock });
  registerLoadShedding(app, { config, clock, log, pool, onShed: options.onShed ?? (() => {}) });
  registerCaller(app, {
    services: known as Services,
    authenticate: authenticateFrom(options.callers ?? {}),
    limits: createRateLimits({
      config,
      clock,
      log,
      shared: options.redis && { redis: options.redis, breaker: redisBreaker(clock) },
      ...(options.onRateLimited === undefined ? {} : { onRefusal: options.onRateLimited }),
    }),
  });
  const mfaRequiredRoles = config.MFA_REQUIRED_ROLES.split(',');
  const shared = { models, validator, publicUrl: config.publicUrl, mfaRequiredRoles };
  const versions = { v1: numberedPaging, v2: cursorPaging(['probe-secret']) };
  for (const [version, paging] of Object.entries(versions)) {
    const mountAll = async (api: FastifyInstance) => {
      for (const route of options.routes) mount(api, route, { ...shared, paging });
    };
    await app.register(mountAll, { prefix: `/api/${version}` });
  }
  options.configure?.(app);
  await app.ready();
  return {
    app,
    db,
    clock,
    entries,
    call: (request) => call(app, request),
    close: async () => {
      await app.close();
      await db.destroy();
    },
  };
}

export function userActor(facts: Partial<UserActor> = {}): UserActor {
  const ids = { user_id: newId(), session_id: newId() };
  return {
    kind: 'user',
    ...ids,
    role: 'customer',
    is_verified: true,
    has_mfa: false,
    proven_at: new Date(),
    ...facts,
  };
}

function authenticateFrom(callers: Readonly<Record<string, UserActor>>): Authenticate {
  return async (_services, token) => {
    const caller = callers[token];
    if (caller !== undefined) return caller;
    throw new Problem(UNAUTHENTICATED, 'This token is unknown.', {
      headers: { 'www-authenticate': 'Bearer' },
    });
  };
}

function call(app: FastifyInstance, request: ProbeCall): Promise<LightMyRequestResponse> {
  const { method = 'GET', path, token, body, headers = {}, remoteAddress } = request;
  const isRaw = typeof body === 'string' || Buffer.isBuffer(body);
  return app.inject({
    method,
    url: path.startsWith('/api/') ? path : `/api/v1${path}`,
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(isRaw ? { 'content-type': 'application/json' } : {}),
      ...headers,
    },
    ...(body === undefined ? {} : { payload: isRaw ? body : (body as object) }),
    ...(remoteAddress === undefined ? {} : { remoteAddress }),
  });
}
