import { afterEach, describe, expect, it, vi } from 'vitest';
import { openSink, type Sink, spansIn } from '../../../test/support/network/sink.ts';
import { createLog } from '../log.ts';
import { createTracing, MAX_QUEUED_SPANS, type OpenTelemetryOptions } from './opentelemetry.ts';
import type { TraceContext } from './trace-context.ts';
import type { Tracing } from './tracing.ts';

const PARENT: TraceContext = {
  traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
  spanId: '00f067aa0ba902b7',
  isSampled: true,
};
const GET = { kind: 'request', name: 'GET', attributes: { 'http.request.method': 'GET' } } as const;

let sink: Sink | undefined;
afterEach(async () => {
  await sink?.close();
  sink = undefined;
});

function openTracing(endpoint: string, options: Partial<OpenTelemetryOptions> = {}) {
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  const log = createLog({ level: 'warn', pretty: false, version: '1.2.3', destination });
  const facts = { serviceName: 'market', version: '1.2.3', environment: 'test', ratio: 1 };
  return { tracing: createTracing({ endpoint, log, ...facts, ...options }), lines };
}

/** An address where nothing listens. */
async function deadEndpoint(): Promise<string> {
  const { url, close } = await openSink();
  await close();
  return url;
}

function endMany(tracing: Tracing, count: number): void {
  for (let i = 0; i < count; i += 1) tracing.begin(GET, undefined).span?.end({});
}

describe('tracing', () => {
  it('sends an activity with the attributes of its end, below the caller that began the trace', async () => {
    sink = await openSink();
    const { tracing, lines } = openTracing(`${sink.url}/`);
    const { trace, span } = tracing.begin(GET, PARENT);
    span?.end({ name: 'GET /people/:id', attributes: { 'http.route': '/people/:id' } });
    await tracing.close();
    expect(trace).toMatchObject({ traceId: PARENT.traceId, isSampled: true });
    expect(spansIn(sink)).toEqual([
      expect.objectContaining({
        traceId: PARENT.traceId,
        spanId: trace.spanId,
        parentSpanId: PARENT.spanId,
        name: 'GET /people/:id',
        kind: 2,
        attributes: { 'http.request.method': 'GET', 'http.route': '/people/:id' },
        resource: {
          'service.name': 'market',
          'service.version': '1.2.3',
          'service.instance.id': expect.stringMatching(/^[0-9a-f-]{36}$/),
          'deployment.environment.name': 'test',
        },
      }),
    ]);
    expect(lines).toEqual([]);
  });

  it('begins a trace of its own where the caller has none', async () => {
    sink = await openSink();
    const { tracing } = openTracing(sink.url);
    const { trace, span } = tracing.begin({ ...GET, kind: 'job' }, undefined);
    span?.end({});
    await tracing.close();
    const [root] = spansIn(sink);
    expect(root).toMatchObject({ traceId: trace.traceId, kind: 5 });
    expect(root?.parentSpanId).toBeUndefined();
    expect(trace.isSampled).toBe(true);
  });

  it('follows the request that set a job in motion', () => {
    const { tracing } = openTracing('http://127.0.0.1:1', { ratio: 0.5 });
    const job = { ...GET, kind: 'job' } as const;
    for (const isSampled of [true, false]) {
      const { trace, span } = tracing.begin(job, { ...PARENT, isSampled });
      expect(span !== undefined).toBe(isSampled);
      expect(trace).toMatchObject({ traceId: PARENT.traceId, isSampled });
    }
  });

  it('takes the id of its trace from the caller of a request, but not whether to record it', () => {
    const flags = [true, false];
    const { tracing: none } = openTracing('http://127.0.0.1:1', { ratio: 0 });
    const { tracing: all } = openTracing('http://127.0.0.1:1', { ratio: 1 });
    for (const isSampled of flags) {
      expect(none.begin(GET, { ...PARENT, isSampled })).toEqual({
        trace: expect.objectContaining({ traceId: PARENT.traceId, isSampled: false }),
      });
      expect(all.begin(GET, { ...PARENT, isSampled }).trace).toMatchObject({
        traceId: PARENT.traceId,
        isSampled: true,
      });
    }
    const { tracing: some } = openTracing('http://127.0.0.1:1', { ratio: 0.3 });
    // An id that a sampler by ids always takes.
    const chosen = { ...PARENT, traceId: `${'1'.repeat(16)}${'0'.repeat(16)}` };
    const recorded = Array.from({ length: 1_000 }, () => some.begin(GET, chosen).span).filter(
      (span) => span !== undefined,
    );
    expect(recorded.length).toBeGreaterThan(200);
    expect(recorded.length).toBeLessThan(400);
  });

  it('records the configured share of traces', () => {
    const { tracing: none } = openTracing('http://127.0.0.1:1', { ratio: 0 });
    expect(none.begin(GET, undefined).span).toBeUndefined();
    const { tracing: some } = openTracing('http://127.0.0.1:1', { ratio: 0.3 });
    const recorded = Array.from({ length: 1_000 }, () => some.begin(GET, undefined)).filter(
      ({ span }) => span !== undefined,
    );
    expect(recorded.length).toBeGreaterThan(200);
    expect(recorded.length).toBeLessThan(400);
  });

  it('puts statements below their activity, by name or by a text without values', async () => {
    sink = await openSink();
    const { tracing } = openTracing(sink.url);
    const { trace, span } = tracing.begin(GET, undefined);
    span?.beginStatement({ sql: '/* named:find_user */ SELECT 1', name: 'find_user' })();
    span?.beginStatement({ sql: "update users set note = 'it''s 09171234567' where id = $1" })();
    span?.beginStatement({ sql: '' })();
    span?.end({});
    await tracing.close();
    const statements = spansIn(sink).filter(({ kind }) => kind === 3);
    expect(statements.map(({ name, attributes }) => [name, attributes])).toEqual([
      [
        'find_user',
        {
          'db.system.name': 'postgresql',
          'db.operation.name': 'SELECT',
          'db.query.summary': 'find_user',
        },
      ],
      [
        'UPDATE',
        {
          'db.system.name': 'postgresql',
          'db.operation.name': 'UPDATE',
          'db.query.text': 'update users set note = ? where id = $1',
        },
      ],
      ['SQL', { 'db.system.name': 'postgresql', 'db.operation.name': 'SQL', 'db.query.text': '' }],
    ]);
    for (const { traceId, parentSpanId } of statements) {
      expect([traceId, parentSpanId]).toEqual([trace.traceId, trace.spanId]);
    }
  });

  it.each([
    ['its SQLSTATE', Object.assign(new Error('maria@example.com'), { code: '23505' }), '23505'],
    ['its type', new RangeError('maria@example.com'), 'RangeError'],
    ['its kind', 'maria@example.com', 'string'],
  ])('of a statement that failed tells %s and no more', async (_what, error, expected) => {
    sink = await openSink();
    const { tracing } = openTracing(sink.url);
    const { span } = tracing.begin(GET, undefined);
    span?.beginStatement({ sql: 'select 1' })(error);
    await tracing.close();
    expect(spansIn(sink)).toMatchObject([
      { status: { code: 2 }, attributes: { 'error.type': expected } },
    ]);
    expect(JSON.stringify(sink.received)).not.toContain('maria');
  });

  it('bounds the text of a statement', async () => {
    sink = await openSink();
    const { tracing } = openTracing(sink.url);
    const { span } = tracing.begin(GET, undefined);
    span?.beginStatement({ sql: `select ${'x'.repeat(100_000)}` })();
    await tracing.close();
    expect(String(spansIn(sink)[0]?.attributes['db.query.text'])).toHaveLength(2_000);
  });

  it('logs that spans were not sent, once for many failures', async () => {
    const { tracing, lines } = openTracing(await deadEndpoint());
    endMany(tracing, 3 * 512);
    await vi.waitFor(() => expect(lines.length).toBe(1), { timeout: 15_000 });
    await tracing.close();
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ msg: 'traces were not sent', spans: 512 });
  });

  it('keeps no more than its queue holds, and stops in time, before a collector that hangs', async () => {
    sink = await openSink(() => {});
    const { tracing, lines } = openTracing(sink.url, { flushTimeout_ms: 100 });
    endMany(tracing, 5 * MAX_QUEUED_SPANS);
    const began_ms = performance.now();
    await tracing.close();
    expect(performance.now() - began_ms).toBeLessThan(2_000);
    expect(lines.map((line) => JSON.parse(line).msg)).toEqual(['the last traces were not sent']);
    await vi.waitFor(() => expect(sink?.received.length).toBeGreaterThan(0));
    expect(spansIn(sink).length).toBeLessThanOrEqual(MAX_QUEUED_SPANS + 512);
  });
});
