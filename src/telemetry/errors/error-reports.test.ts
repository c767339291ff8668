import type { ServerResponse } from 'node:http';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { movableClock } from '../../../test/support/clock.ts';
import { eventsIn, openSink, type Sink } from '../../../test/support/network/sink.ts';
import { MINUTE_MS } from '../../lib/time.ts';
import { createLog } from '../log.ts';
import {
  createErrorReports,
  type ErrorReportsOptions,
  MAX_ALIKE_PER_MINUTE,
  MAX_CONCURRENT,
  MAX_PER_MINUTE,
  MAX_QUEUED,
} from './error-reports.ts';

let sink: Sink | undefined;
afterEach(async () => {
  vi.restoreAllMocks();
  await sink?.close();
  sink = undefined;
});

function openReports(host: string, options: Partial<ErrorReportsOptions> = {}) {
  const entries: Record<string, unknown>[] = [];
  const destination = { write: (line: string) => void entries.push(JSON.parse(line)) };
  const clock = movableClock();
  const reports = createErrorReports({
    dsn: `http://publickey@${host}/7`,
    version: '1.2.3',
    environment: 'test',
    sampleRate: 1,
    clock,
    log: createLog({ level: 'warn', pretty: false, version: '1.2.3', destination }),
    ...options,
  });
  return { reports, entries, clock };
}

/** An error of a place of its own. */
function errorFrom(place: number): Error {
  const error = new Error(`number ${place}`);
  error.stack = `Error: number ${place}\n    at run (file:///app/src/place.ts:${place}:1)`;
  return error;
}

function received(): number {
  return sink?.received.length ?? 0;
}

describe('an error report', () => {
  it('reaches the project of the DSN with its key, framed as the protocol wants it', async () => {
    sink = await openSink();
    const { reports, entries } = openReports(sink.host);
    reports.report(new RangeError('naïve'), { transaction: 'GET /people/:id' });
    await reports.close();
    expect(sink.received).toMatchObject([
      {
        path: '/api/7/envelope/',
        headers: {
          'content-type': 'application/x-sentry-envelope',
          'x-sentry-auth':
            'Sentry sentry_version=7, sentry_client=freshbytes/1.2.3, sentry_key=publickey',
        },
      },
    ]);
    expect(eventsIn(sink)).toMatchObject([
      {
        release: 'freshbytes@1.2.3',
        environment: 'test',
        transaction: 'GET /people/:id',
        exception: { values: [{ type: 'RangeError', value: 'naïve' }] },
      },
    ]);
    expect(entries).toEqual([]);
  });

  it('is one of a share that chance chooses', async () => {
    sink = await openSink();
    const { reports } = openReports(sink.host, { sampleRate: 0.25 });
    const chance = vi.spyOn(Math, 'random');
    for (const value of [0.1, 0.25, 0.9]) {
      chance.mockReturnValueOnce(value);
      reports.report(errorFrom(value * 100));
    }
    await reports.close();
    expect(eventsIn(sink).map(({ exception }) => exception.values[0]?.value)).toEqual([
      'number 10',
    ]);
  });

  it('is not sent at a rate of 0', async () => {
    sink = await openSink();
    const { reports } = openReports(sink.host, { sampleRate: 0 });
    reports.report(new Error('no'));
    await reports.close();
    expect(received()).toBe(0);
  });

  it('of the same kind is sent a few times a minute, whatever its message says', async () => {
    sink = await openSink();
    const { reports, entries, clock } = openReports(sink.host);
    const alike = (n: number) => Object.assign(errorFrom(1), { message: `order ${n}` });
    const storm = () => {
      for (let n = 0; n < 1_000; n += 1) reports.report(alike(n));
    };
    storm();
    reports.report(errorFrom(2));
    await vi.waitFor(() => expect(received()).toBe(MAX_ALIKE_PER_MINUTE + 1));
    clock.advance(MINUTE_MS);
    storm();
    await reports.close();
    expect(received()).toBe(2 * MAX_ALIKE_PER_MINUTE + 1);
    expect(entries.map(({ lost }) => lost)).toEqual([{ alike: 1 }, { alike: 995 }]);
  });

  it('of all kinds together is sent so often a minute and no more', async () => {
    sink = await openSink();
    const { reports, entries } = openReports(sink.host);
    for (let place = 0; place < MAX_PER_MINUTE; place += 1) {
      reports.report(errorFrom(place));
      await vi.waitFor(() => expect(received()).toBe(place + 1), { interval: 1 });
    }
    reports.report(errorFrom(MAX_PER_MINUTE));
    await reports.close();
    expect(received()).toBe(MAX_PER_MINUTE);
    expect(entries).toMatchObject([{ lost: { too_many: 1 } }]);
  });

  it('waits in a queue that is bounded, and few are under way at once', async () => {
    const waiting: ServerResponse[] = [];
    sink = await openSink((response) => void waiting.push(response));
    const { reports, entries } = openReports(sink.host);
    for (let place = 0; place < MAX_CONCURRENT + MAX_QUEUED + 1; place += 1) {
      reports.report(errorFrom(place));
    }
    await vi.waitFor(() => expect(waiting).toHaveLength(MAX_CONCURRENT));
    expect(entries).toMatchObject([{ lost: { queue_full: 1 } }]);
    let answered = 0;
    const answerAll = () => {
      for (const response of waiting.splice(0)) {
        response.end();
        answered += 1;
      }
      expect(answered).toBe(MAX_CONCURRENT + MAX_QUEUED);
    };
    await vi.waitFor(answerAll, { interval: 1, timeout: 5_000 });
    await reports.close();
  });

  it.each([
    ['429 with Retry-After', 429, { 'retry-after': '30' }],
    ['a limit in an answer that accepts', 200, { 'x-sentry-rate-limits': '30:error:key' }],
  ])('is not sent while the server asks for silence: %s', async (_what, status, headers) => {
    sink = await openSink((response, index) => {
      if (index === 0) response.writeHead(status, headers);
      response.end();
    });
    const { reports, clock, entries } = openReports(sink.host);
    reports.report(errorFrom(1));
    await vi.waitFor(() => expect(received()).toBe(1));
    // The first answer has been read once a report is lost to it.
    const lost = () => JSON.stringify(entries.map((entry) => entry['lost']));
    let place = 2;
    await vi.waitFor(() => {
      reports.report(errorFrom(place));
      place += 1;
      expect(lost()).toMatch(/asked_to_pause|refused/);
    });
    const before = received();
    clock.advance(29_000);
    reports.report(errorFrom(1_000));
    clock.advance(2_000);
    reports.report(errorFrom(1_001));
    await reports.close();
    expect(received()).toBe(before + 1);
    expect(eventsIn(sink).at(-1)?.exception.values[0]?.value).toBe('number 1001');
  });

  it.each([
    ['refuses', 403],
    ['is broken', 500],
  ])('that the server %s is lost, and the log says so', async (_what, status) => {
    sink = await openSink((response) => void response.writeHead(status).end('no'));
    const { reports, entries } = openReports(sink.host);
    reports.report(errorFrom(1));
    await reports.close();
    expect(received()).toBe(1);
    expect(entries).toMatchObject([
      { level: 'warn', msg: 'error reports were not sent', lost: { refused: 1 } },
    ]);
  });

  it('follows no redirection to another host', async () => {
    const other = await openSink();
    sink = await openSink(
      (response) => void response.writeHead(307, { location: other.url }).end(),
    );
    const { reports, entries } = openReports(sink.host);
    reports.report(errorFrom(1));
    await reports.close();
    expect(other.received).toEqual([]);
    expect(entries).toMatchObject([{ lost: { unreachable: 1 } }]);
    await other.close();
  });

  it('that is not accepted is lost, and neither blocks nor throws', async () => {
    const dead = await openSink();
    await dead.close();
    const { reports, entries } = openReports(dead.host);
    reports.report(errorFrom(1));
    await reports.close();
    expect(entries).toMatchObject([{ lost: { unreachable: 1 } }]);
  });

  it('gives up a server that hangs', async () => {
    sink = await openSink(() => {});
    const { reports, entries } = openReports(sink.host, { sendTimeout_ms: 50 });
    reports.report(errorFrom(1));
    await vi.waitFor(() => expect(entries).toMatchObject([{ lost: { unreachable: 1 } }]));
    await reports.close();
  });

  it('does not hold a process that stops before a server that hangs', async () => {
    sink = await openSink(() => {});
    const { reports, entries } = openReports(sink.host, { flushTimeout_ms: 50 });
    for (let place = 0; place < 10; place += 1) reports.report(errorFrom(place));
    const began_ms = performance.now();
    await reports.close();
    expect(performance.now() - began_ms).toBeLessThan(1_000);
    expect(entries).toMatchObject([{ msg: 'the last error reports were lost', unsent: 10 }]);
    reports.report(errorFrom(11));
    expect(received()).toBeLessThanOrEqual(MAX_CONCURRENT);
  });

  it('never throws, even of an error that cannot be read', async () => {
    sink = await openSink();
    const { reports, entries } = openReports(sink.host);
    const error = Object.defineProperty(new Error('no'), 'message', {
      get: () => {
        throw new TypeError('unreadable');
      },
    });
    reports.report(error);
    await reports.close();
    expect(entries).toMatchObject([
      { msg: 'an error could not be reported', err: { message: 'unreadable' } },
    ]);
  });
});
