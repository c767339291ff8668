import { afterEach, describe, expect, it } from 'vitest';
import { eventsIn, openSink, type Sink, spansIn } from '../../../test/support/network/sink.ts';
import { loadConfig } from '../../config.ts';
import type { Services, UserActor } from '../../context.ts';
import { openDatabase } from '../../db/database.ts';
import { systemClock } from '../../lib/time.ts';
import { createErrorReports, type ErrorReports } from '../../telemetry/errors/error-reports.ts';
import { createLog } from '../../telemetry/log.ts';
import { createMetrics } from '../../telemetry/metrics.ts';
import { createTracing } from '../../telemetry/traces/opentelemetry.ts';
import type { Tracing } from '../../telemetry/traces/tracing.ts';
import { ANYONE } from '../access.ts';
import { registerCaller } from '../caller.ts';
import { createServer } from '../server.ts';
import { registerRequestTelemetry } from './request-telemetry.ts';

const MARIA: UserActor = {
  kind: 'user',
  user_id: '0190a6c0-7d53-7cc1-b2a1-5b3f1f0c9a11',
  session_id: '0190a6c0-7d53-7cc1-b2a1-5b3f1f0c9a12',
  role: 'customer',
  is_verified: true,
  has_mfa: false,
  proven_at: new Date(),
};

interface Told {
  readonly tracing?: Tracing;
  readonly errorReports?: ErrorReports;
}

/** A server with one route, signed in as Maria, and the lines that it logs. */
function openServer({ tracing, errorReports }: Told = {}) {
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  const log = createLog({ level: 'info', pretty: false, version: '1.0.0', destination });
  const config = loadConfig({ NODE_ENV: 'test' }, '1.0.0');
  const { app } = createServer({ config, log, clock: systemClock, tracing, errorReports });
  registerRequestTelemetry(app, createMetrics(log));
  // Nobody asks it: it opens nothing.
  const url = 'postgres://database.invalid/none';
  const { db } = openDatabase({ url, poolSize: 1, onError: () => {} });
  registerCaller(app, {
    services: { config, db, clock: systemClock, log, tracing } as Partial<Services> as Services,
    authenticate: async () => MARIA,
    limits: { take: async () => undefined, succeed: () => undefined },
  });
  const mounted = { mounted: { access: ANYONE } as never };
  app.get('/people/:id', { config: mounted }, async () => ({}));
  app.post('/people/:id', { config: mounted }, async (request) => {
    request.log.info('at work');
    throw new TypeError('no room for maria@example.com');
  });
  app.get('/traced', async ({ ctx }) => ctx.trace ?? null);
  app.get('/probe', { config: { isExempt: true } }, async () => ({}));
  const entries = () => lines.map((line): Record<string, unknown> => JSON.parse(line));
  return { app, entries };
}

describe('each request', () => {
  it('leaves one line with what an operator needs', async () => {
    const { app, entries } = openServer();
    const headers = { authorization: 'Bearer token', 'x-request-id': 'abc-1' };
    await app.inject({ url: '/people/7', headers, remoteAddress: '203.0.113.9' });
    expect(entries()).toEqual([
      expect.objectContaining({
        level: 'info',
        msg: 'request',
        request_id: 'abc-1',
        method: 'GET',
        endpoint: '/people/:id',
        status: 200,
        duration_ms: expect.any(Number),
        user_id: MARIA.user_id,
        ip_prefix: '203.0.113.0/24',
      }),
    ]);
  });

  it('leaves neither its path, its query, its token nor a whole address', async () => {
    const { app, entries } = openServer();
    const headers = { authorization: 'Bearer s3cret-token' };
    await app.inject({
      url: '/people/maria@example.com?phone=09171234567',
      headers,
      remoteAddress: '203.0.113.9',
    });
    await app.inject({ url: '/nowhere/maria@example.com', remoteAddress: '203.0.113.9' });
    expect(entries().map(({ endpoint }) => endpoint)).toEqual(['/people/:id', 'unmatched']);
    expect(JSON.stringify(entries())).not.toMatch(/maria|0917123|s3cret|203\.0\.113\.9/);
  });

  it('leaves a line also where it was refused before authentication', async () => {
    const { app, entries } = openServer();
    await app.inject({ url: '/people/7?a=%00' });
    expect(entries()).toEqual([expect.objectContaining({ status: 400, endpoint: '/people/:id' })]);
  });

  it('names the problem of a refusal, and none of a success', async () => {
    const { app, entries } = openServer();
    await app.inject({ url: '/people/7?a=%00' });
    await app.inject({ url: '/nowhere' });
    await app.inject({ url: '/people/7' });
    expect(entries().map((entry) => entry['problem_code'])).toEqual([
      'VALIDATION_ERROR',
      'NOT_FOUND',
      undefined,
    ]);
  });

  it('of a probe leaves nothing at the level of people', async () => {
    const { app, entries } = openServer();
    await app.inject({ url: '/probe' });
    expect(entries()).toEqual([]);
  });
});

const TRACE_ID = '4bf92f3577b34da6a3ce929d0e0e4736';
const PARENT_ID = '00f067aa0ba902b7';
const SAMPLED = { traceparent: `00-${TRACE_ID}-${PARENT_ID}-01` };

describe('the trace of a request', () => {
  it('is that of its traceparent, in every line of log and in its context', async () => {
    const { app, entries } = openServer();
    await app.inject({ method: 'POST', url: '/people/7', headers: SAMPLED });
    expect(entries().map(({ msg, trace_id }) => [msg, trace_id])).toEqual([
      ['at work', TRACE_ID],
      ['request failed', TRACE_ID],
      ['request', TRACE_ID],
    ]);
    const answer = await app.inject({ url: '/traced', headers: SAMPLED });
    expect(answer.json()).toEqual({ traceId: TRACE_ID, spanId: PARENT_ID, isSampled: true });
  });

  it.each([undefined, 'nonsense', `ff-${TRACE_ID}-${PARENT_ID}-01`])(
    'is a new one, its own, where the caller sends %s',
    async (traceparent) => {
      const { app, entries } = openServer();
      const headers = traceparent === undefined ? {} : { traceparent };
      await app.inject({ url: '/people/7', headers });
      await app.inject({ url: '/nowhere', headers });
      const ids = entries().map(({ trace_id }) => trace_id);
      expect(ids).toEqual([
        expect.stringMatching(/^[0-9a-f]{32}$/),
        expect.stringMatching(/^[0-9a-f]{32}$/),
      ]);
      expect(new Set([...ids, TRACE_ID]).size).toBe(3);
    },
  );
});

describe('what leaves the process about a request', () => {
  let sink: Sink;
  afterEach(() => sink.close());

  async function openTold() {
    sink = await openSink();
    const log = createLog({ level: 'silent', pretty: false, version: '1.0.0' });
    const facts = { version: '1.0.0', environment: 'test', log };
    const tracing = createTracing({
      endpoint: sink.url,
      serviceName: 'market',
      ratio: 1,
      ...facts,
    });
    const dsn = `http://key@${sink.host}/1`;
    const errorReports = createErrorReports({ dsn, sampleRate: 1, clock: systemClock, ...facts });
    const flush = () => Promise.all([tracing.close(), errorReports.close()]);
    return { ...openServer({ tracing, errorReports }), flush };
  }

  it('is one span below its caller, with pattern and status', async () => {
    const { app, entries, flush } = await openTold();
    const headers = { ...SAMPLED, 'x-request-id': 'r-1' };
    await app.inject({ url: '/people/7', headers });
    await app.inject({ url: '/nowhere/at/all', headers });
    await flush();
    expect(spansIn(sink)).toMatchObject([
      {
        traceId: TRACE_ID,
        parentSpanId: PARENT_ID,
        name: 'GET /people/:id',
        kind: 2,
        attributes: {
          'http.request.method': 'GET',
          'http.route': '/people/:id',
          'http.response.status_code': 200,
          'freshbytes.request_id': 'r-1',
        },
      },
      { name: 'GET', attributes: { 'http.response.status_code': 404 } },
    ]);
    expect(spansIn(sink)[1]?.attributes).not.toHaveProperty('http.route');
    expect(entries().map(({ trace_id }) => trace_id)).toEqual([TRACE_ID, TRACE_ID]);
    expect(eventsIn(sink)).toEqual([]);
  });

  it('is reported where it was not foreseen, in the same trace', async () => {
    const { app, flush } = await openTold();
    const headers = { ...SAMPLED, 'x-request-id': 'r-1' };
    await app.inject({ method: 'POST', url: '/people/7', headers });
    await flush();
    expect(eventsIn(sink)).toMatchObject([
      {
        transaction: 'POST /people/:id',
        tags: { request_id: 'r-1' },
        contexts: { trace: { trace_id: TRACE_ID } },
        exception: { values: [{ type: 'TypeError', value: 'no room for [email]' }] },
      },
    ]);
    expect(spansIn(sink)).toMatchObject([
      { status: { code: 2 }, attributes: { 'error.type': '500' } },
    ]);
  });

  it('is no report of what the caller did wrong', async () => {
    const { app, flush } = await openTold();
    await app.inject({ url: '/nowhere' });
    await app.inject({ url: '/people/7?a=1&a=2' });
    await app.inject({ method: 'POST', url: '/people/7', payload: 'no json' });
    await flush();
    expect(eventsIn(sink)).toEqual([]);
  });

  it('is nothing personal, wherever it stands in the request', async () => {
    const { app, flush } = await openTold();
    for (const method of ['GET', 'POST'] as const) {
      await app.inject({
        method,
        url: '/people/maria@example.com?phone=09171234567&name=Maria',
        headers: {
          ...SAMPLED,
          tracestate: 'market=maria',
          baggage: 'user=maria',
          authorization: 'Bearer s3cret-token',
          cookie: 'session=s3cret',
          'user-agent': 'maria-phone',
        },
        remoteAddress: '203.0.113.9',
        ...(method === 'POST' ? { payload: { first_name: 'Maria', note: '0917 123 4567' } } : {}),
      });
    }
    await flush();
    const sent = JSON.stringify(sink.received.map(({ body }) => body));
    expect(spansIn(sink)).toHaveLength(2);
    expect(eventsIn(sink)).toHaveLength(1);
    expect(sent).not.toMatch(/maria|0917 ?123|123 ?4567|s3cret|203\.0\.113/i);
    expect(sent).not.toContain(MARIA.user_id);
  });
});
