import { describe, expect, it } from 'vitest';
import { describeThrown, type SentryEvent, sentryEvent } from './sentry-event.ts';

const ORIGIN = { release: 'freshbytes@1.0.0', environment: 'test', now: new Date(0) };

function eventOf(thrown: unknown): SentryEvent {
  return sentryEvent(describeThrown(thrown), {}, ORIGIN);
}

/** An error whose frames are these. */
function errorAt(...frames: string[]): Error {
  const error = new Error('no');
  error.stack = ['Error: no', ...frames.map((frame) => `    at ${frame}`)].join('\n');
  return error;
}

function framesOf(...frames: string[]) {
  return eventOf(errorAt(...frames)).exception.values[0]?.stacktrace.frames;
}

describe('an event', () => {
  it('has type, place and circumstances of an error', () => {
    const trace = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), isSampled: true };
    const where = { transaction: 'GET /people/:id', trace, tags: { request_id: 'r1' } };
    const event = sentryEvent(describeThrown(new RangeError('too far')), where, ORIGIN);
    expect(event).toMatchObject({
      event_id: expect.stringMatching(/^[0-9a-f]{32}$/),
      timestamp: '1970-01-01T00:00:00.000Z',
      platform: 'node',
      level: 'error',
      release: 'freshbytes@1.0.0',
      environment: 'test',
      transaction: 'GET /people/:id',
      tags: { request_id: 'r1' },
      contexts: { trace: { trace_id: trace.traceId, span_id: trace.spanId } },
    });
    const [exception] = event.exception.values;
    expect(exception).toMatchObject({
      type: 'RangeError',
      value: 'too far',
      mechanism: { handled: true },
    });
    expect(exception?.stacktrace.frames.at(-1)).toMatchObject({
      // What loads the file for the test may add a query to its name.
      filename: expect.stringMatching(/^src\/telemetry\/errors\/sentry-event\.test\.ts(\?|$)/),
      in_app: true,
    });
  });

  it('of a process that ends is marked as unhandled', () => {
    const event = sentryEvent(describeThrown(new Error('no')), { level: 'fatal' }, ORIGIN);
    expect(event.level).toBe('fatal');
    expect(event.exception.values[0]?.mechanism.handled).toBe(false);
  });

  it('lists causes first, and what belongs to which', () => {
    const cause = Object.assign(new TypeError('deeper'), { code: '23505', detail: 'Maria' });
    const errors = [new SyntaxError('one'), 'no error'];
    const event = eventOf(new AggregateError(errors, 'several', { cause }));
    expect(event.exception.values.map(({ type }) => type)).toEqual([
      'SyntaxError',
      'TypeError',
      'AggregateError',
    ]);
    expect(event.exception.values[1]?.mechanism.data).toEqual({ code: '23505' });
  });

  it('reads every form of frame, callers first, and leaves out what names no line', () => {
    const root = new URL('../../../', import.meta.url);
    expect(
      framesOf(
        'Array.map (<anonymous>)',
        `placeOrder (${root}src/orders.ts:1:2)`,
        `async Promise.all (index 0)`,
        `async ${root}src/main.ts:3:4`,
        `async Object.run [as handler] (${root.pathname}node_modules/fastify/lib/a.js:5:6)`,
        'new Worker (node:internal/worker:7:8)',
        'file:///home/maria/other/tool.js:9:10',
      ),
    ).toEqual([
      { filename: 'tool.js', lineno: 9, colno: 10, in_app: false },
      {
        function: 'new Worker',
        filename: 'node:internal/worker',
        lineno: 7,
        colno: 8,
        in_app: false,
      },
      {
        function: 'Object.run [as handler]',
        filename: 'node_modules/fastify/lib/a.js',
        lineno: 5,
        colno: 6,
        in_app: false,
      },
      { filename: 'src/main.ts', lineno: 3, colno: 4, in_app: true },
      { function: 'placeOrder', filename: 'src/orders.ts', lineno: 1, colno: 2, in_app: true },
    ]);
  });

  it('holds nothing personal of what an error or its message says', () => {
    const error = Object.assign(new Error('maria@example.com, 0917 123 4567, Bearer abc.def'), {
      detail: 'Key (user_name)=(maria) already exists.',
      parameters: ['maria'],
      row: { first_name: 'Maria' },
    });
    expect(JSON.stringify(eventOf(error))).not.toMatch(/maria|0917 ?123|123 ?4567|abc\.def/i);
  });

  it.each(['maria@example.com', { name: 'Maria' }, null, undefined])(
    'of what is no error tells its kind alone: %j',
    (thrown) => {
      const event = eventOf(thrown);
      expect(event.exception.values[0]?.value).toBe(
        `something else than an error: ${typeof thrown}`,
      );
      expect(JSON.stringify(event)).not.toMatch(/maria/i);
    },
  );
});
