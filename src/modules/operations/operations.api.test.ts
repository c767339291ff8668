import { CompiledQuery } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createActor } from '../../../test/support/actors.ts';
import { createTestApp, type TestApp } from '../../../test/support/app.ts';
import { readScrape, sampleOf } from '../../../test/support/scrape.ts';
import { newId } from '../../lib/ids.ts';
import { DAY_MS, MINUTE_MS, plusMs } from '../../lib/time.ts';
import { createLog } from '../../telemetry/log.ts';
import { createHealth } from './health/health.service.ts';

const METRICS_TOKEN = 'metrics-token-of-the-tests';
const HEALTH_PATHS = ['/health', '/health/', '/api/v1/health', '/api/v2/health'];
const LOADS = ['cpu_percent', 'memory_percent', 'disk_percent'];

describe('operations', () => {
  let test: TestApp;

  beforeAll(async () => {
    test = await createTestApp({ env: { METRICS_TOKEN } });
  });
  afterAll(() => test.close());

  async function runSql(sql: string): Promise<void> {
    await test.services.db.executeQuery(CompiledQuery.raw(sql));
  }

  describe('health', () => {
    it('reports that the process lives without checking anything else', async () => {
      test.statements.length = 0;
      const answer = await test.call({ path: '/health/live' });
      expect([answer.statusCode, answer.json()]).toEqual([200, { status: 'healthy' }]);
      expect(test.statements).toEqual([]);
    });

    it('reports ready where the database is migrated', async () => {
      const answer = await test.call({ path: '/health/ready' });
      expect([answer.statusCode, answer.json()]).toEqual([200, { status: 'ready' }]);
    });

    it('is not ready before its migrations ran', async () => {
      const { config, clock } = test.services;
      const log = createLog({ level: 'silent', pretty: false, version: config.version });
      const { version } = config;
      const fresh = createHealth({
        databaseUrl: test.databaseUrl,
        storage: test.services.gateways.storage,
        version,
        dataDir: '.',
        clock,
        log,
      });
      await runSql('ALTER TABLE schema_migrations RENAME TO schema_migrations_away');
      expect(await fresh.findObstacle()).toContain('not migrated');
      expect((await fresh.report()).status).toBe('unhealthy');
      await runSql('ALTER TABLE schema_migrations_away RENAME TO schema_migrations');
      expect(await fresh.findObstacle()).toBeUndefined();
      await fresh.close();
    });

    it.each(HEALTH_PATHS)(
      'shows the public each part of %s, without reasons or loads',
      async (path) => {
        const answer = await test.call({ path });
        expect(answer.statusCode).toBe(200);
        expect(answer.headers['cache-control']).toBe('no-store');
        const check = { status: 'healthy', latency_ms: expect.any(Number) };
        expect(answer.json()).toEqual({
          status: 'healthy',
          timestamp: expect.stringMatching(/Z$/),
          version: test.services.config.version,
          checks: { database: check, cache: check, jobs: check, storage: check },
        });
      },
    );

    it.each(HEALTH_PATHS)('shows the loads of %s to the metrics token', async (path) => {
      const { checks } = (await test.call({ path, token: METRICS_TOKEN })).json();
      for (const load of LOADS) {
        expect(checks.system[load]).toBeGreaterThanOrEqual(0);
        expect(checks.system[load]).toBeLessThanOrEqual(100);
      }
    });

    it('shows the loads to admins', async () => {
      const { token } = await createActor(test, { role: 'admin' });
      const { checks } = (await test.call({ path: '/health', token })).json();
      expect(Object.keys(checks.system)).toEqual(LOADS);
    });

    it('shows customers, forged tokens and ended sessions the public view', async () => {
      const customer = await createActor(test);
      const admin = await createActor(test, { role: 'admin' });
      await test.services.db
        .updateTable('sessions')
        .set({ ended_at: test.clock.now(), ended_reason: 'LOGOUT' })
        .where('id', '=', admin.session_id)
        .execute();
      for (const token of [customer.token, `${customer.token}x`, 'guess', admin.token]) {
        const answer = await test.call({ path: '/health', token });
        expect([answer.statusCode, answer.json().checks.system]).toEqual([200, undefined]);
      }
    });

    it('is degraded and still serves where due jobs wait for a worker', async () => {
      const put = (age: string) =>
        runSql(`INSERT INTO pgboss.job (name, start_after) SELECT name, now() - interval '${age}'
          FROM pgboss.queue WHERE dead_letter IS NOT NULL AND policy = 'standard' ORDER BY name LIMIT 1`);
      await put('1 minute');
      expect((await test.call({ path: '/health' })).json().status).toBe('healthy');
      await put('3 minutes');
      const answer = await test.call({ path: '/health', token: METRICS_TOKEN });
      expect([answer.statusCode, answer.json().status]).toEqual([200, 'degraded']);
      expect(answer.json().checks.jobs.reason).toContain('nobody takes jobs from');
      await runSql('DELETE FROM pgboss.job');
    });
  });

  describe('metrics', () => {
    it.each([undefined, 'another-token-of-the-tests', ''])(
      'are refused to token %j',
      async (token) => {
        const answer = await test.call({ path: '/metrics', token });
        expect([answer.statusCode, answer.json().code]).toEqual([401, 'UNAUTHENTICATED']);
        expect(answer.headers['www-authenticate']).toBe('Bearer');
      },
    );

    it('name each series that dashboards are built on', async () => {
      const answer = await test.call({ path: '/metrics', token: METRICS_TOKEN });
      expect(answer.statusCode).toBe(200);
      expect(answer.headers['content-type']).toContain('text/plain');
      const named = [
        'http_requests_total',
        'http_request_duration_seconds',
        'active_users',
        'orders_created_total',
        'revenue_generated_total',
        'products_viewed_total',
        'process_cpu_seconds_total',
        'nodejs_eventloop_lag_seconds',
        'nodejs_gc_duration_seconds',
        'db_pool_connections',
        'db_pool_max_connections',
        'db_pool_waiting_requests',
        'db_transactions_waiting',
        'cache_requests_total',
        'job_queue_depth',
        'job_queue_oldest_seconds',
        'job_dead_letters',
        'job_rows_set_aside',
        'job_rows_set_aside_oldest_seconds',
        'outbox_depth',
        'sms_codes_recent',
        'sms_codes_limit',
        'outbox_oldest_seconds',
        'invariant_violations',
        'freshbytes_build_info',
        'rate_limit_refusals_total',
      ];
      for (const name of named) expect(answer.body).toContain(`# TYPE ${name} `);
    });

    it('count requests by route pattern and never by raw path', async () => {
      await test.call({ path: '/sellers/0190a6c0-7d53-7cc1-b2a1-5b3f1f0c9a11' });
      await test.call({ path: '/nowhere/in-particular' });
      const { body } = await test.call({ path: '/metrics', token: METRICS_TOKEN });
      const counted = (endpoint: string) =>
        `http_requests_total{method="GET",endpoint="${endpoint}",status="404"} 1`;
      expect(body).toContain(counted('/api/v1/sellers/:id'));
      expect(body).toContain(counted('unmatched'));
      expect(body).not.toContain('0190a6c0');
      expect(body).not.toContain('particular');
    });

    it('count users whose session was used within a quarter of an hour', async () => {
      const { db, clock } = test.services;
      const active = async () => {
        const { body } = await test.call({ path: '/metrics', token: METRICS_TOKEN });
        return Number(/^active_users (\d+)$/m.exec(body)?.[1]);
      };
      test.clock.advance(DAY_MS);
      expect(await active()).toBe(0);
      const person = await createActor(test);
      expect(await active()).toBe(1);
      const session = {
        user_id: person.user_id,
        created_at: clock.now(),
        last_used_at: clock.now(),
      };
      const expires_at = new Date(clock.now().getTime() + DAY_MS);
      await db
        .insertInto('sessions')
        .values({ ...session, id: newId(), expires_at })
        .execute();
      expect(await active()).toBe(1);
      await db
        .updateTable('sessions')
        .set({ ended_at: clock.now(), ended_reason: 'LOGOUT' })
        .execute();
      expect(await active()).toBe(1);
      test.clock.advance(16 * MINUTE_MS);
      expect(await active()).toBe(0);
    });

    it('tell how many events wait for dispatch, and for how long', async () => {
      const backlog = async () => {
        const { body } = await test.call({ path: '/metrics', token: METRICS_TOKEN });
        const scrape = readScrape(body);
        return [sampleOf(scrape, 'outbox_depth'), sampleOf(scrape, 'outbox_oldest_seconds')];
      };
      await test.services.db.deleteFrom('outbox_messages').execute();
      expect(await backlog()).toEqual([0, 0]);
      const created_at = plusMs(test.clock.now(), -MINUTE_MS);
      const message = { topic: 'order.placed', payload: '{}', created_at };
      await test.services.db
        .insertInto('outbox_messages')
        .values([
          { id: newId(), ...message },
          { id: newId(), ...message, dispatched_at: created_at },
        ])
        .execute();
      const [depth, oldest_seconds] = await backlog();
      expect(depth).toBe(1);
      expect(oldest_seconds).toBeGreaterThanOrEqual(60);
      expect(oldest_seconds).toBeLessThan(120);
    });

    it('cost nine statements a scrape, and none where the API runs alone', async () => {
      test.statements.length = 0;
      await test.call({ path: '/metrics', token: METRICS_TOKEN });
      expect(test.statements).toHaveLength(9);
      const replica = await createTestApp({ env: { METRICS_TOKEN, WORKER: 'off' } });
      replica.statements.length = 0;
      const { body } = await replica.call({ path: '/metrics', token: METRICS_TOKEN });
      expect(replica.statements).toEqual([]);
      expect(body).not.toContain('orders_created_total');
      await replica.close();
    });
  });

  describe('well-known files', () => {
    it('publish the public keys and no private part', async () => {
      const { keys } = (await test.call({ path: '/.well-known/jwks.json' })).json();
      expect(keys).toHaveLength(1);
      expect(keys[0]).toMatchObject({ kty: 'OKP', crv: 'Ed25519', use: 'sig', alg: 'EdDSA' });
      expect(keys[0]).not.toHaveProperty('d');
    });

    it('name a contact until a day within the coming year', async () => {
      const answer = await test.call({ path: '/.well-known/security.txt' });
      expect(answer.headers['content-type']).toBe('text/plain; charset=utf-8');
      expect(answer.body).toMatch(/^Contact: (mailto|https):/);
      const expires = new Date(/^Expires: (.*)$/m.exec(answer.body)?.[1] ?? '').getTime();
      const days = (expires - test.clock.now().getTime()) / DAY_MS;
      expect(days).toBeGreaterThan(30);
      expect(days).toBeLessThan(365);
    });
  });

  // Last: nothing makes a draining server ready again.
  it('are not ready while the server stops, which goes on serving and closes connections', async () => {
    test.health.startDraining();
    const ready = await test.call({ path: '/health/ready' });
    expect([ready.statusCode, ready.json().code]).toEqual([503, 'SERVICE_UNAVAILABLE']);
    expect(ready.headers['content-type']).toContain('application/problem+json');
    expect(ready.headers['retry-after']).toBeDefined();
    const places = await test.call({ path: '/places' });
    expect([places.statusCode, places.headers['connection']]).toEqual([200, 'close']);
  });
});

describe('metrics in development', () => {
  let test: TestApp;

  beforeAll(async () => {
    test = await createTestApp({ env: { NODE_ENV: 'development' } });
  });
  afterAll(() => test.close());

  const scrape = (options: { remoteAddress: string; headers?: Record<string, string> }) =>
    test.app.inject({ url: '/metrics', ...options });

  it.each(['127.0.0.1', '::1', '::ffff:127.0.0.1'])(
    'are open to this machine (%s)',
    async (remoteAddress) => {
      expect((await scrape({ remoteAddress })).statusCode).toBe(200);
    },
  );

  it.each(['forwarded', 'via', 'x-forwarded-for', 'x-real-ip'])(
    'are closed behind a proxy (%s)',
    async (name) => {
      const headers = { [name]: '127.0.0.1' };
      expect((await scrape({ remoteAddress: '127.0.0.1', headers })).statusCode).toBe(401);
    },
  );

  it('are closed to other machines', async () => {
    expect((await scrape({ remoteAddress: '192.168.1.20' })).statusCode).toBe(401);
  });
});

describe('health with tokens of users', () => {
  it('shows the public view to an admin who lacks the compulsory second factor', async () => {
    const test = await createTestApp({ env: { MFA_REQUIRED_ROLES: 'admin' } });
    try {
      const { token, user_id } = await createActor(test, { role: 'admin' });
      const showsLoads = async () =>
        'system' in (await test.call({ path: '/health', token })).json().checks;
      expect(await showsLoads()).toBe(false);
      await test.services.db
        .updateTable('users')
        .set({ mfa_secret: Buffer.alloc(1), mfa_enabled_at: test.clock.now() })
        .where('id', '=', user_id)
        .execute();
      expect(await showsLoads()).toBe(true);
    } finally {
      await test.close();
    }
  });

  it('looks up so many a minute and then shows the public view; the metrics token is always known', async () => {
    const env = { METRICS_TOKEN, RATE_LIMITS: 'on', RATE_LIMIT_HEALTH: '2/minute' };
    const test = await createTestApp({ env });
    try {
      const { token } = await createActor(test, { role: 'admin' });
      const showsLoads = async (token: string) => {
        const answer = await test.call({ path: '/health', token });
        expect(answer.statusCode).toBe(200);
        return 'system' in answer.json().checks;
      };
      const seen = [];
      for (let i = 0; i < 4; i += 1) seen.push(await showsLoads(token));
      expect(seen).toEqual([true, true, false, false]);
      expect(await showsLoads(METRICS_TOKEN)).toBe(true);
      test.clock.advance(MINUTE_MS);
      expect(await showsLoads(token)).toBe(true);
    } finally {
      await test.close();
    }
  });
});
