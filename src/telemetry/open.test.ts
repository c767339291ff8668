import type { EventEmitter } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { eventsIn, openSink, type Sink, spansIn } from '../../test/support/network/sink.ts';
import { makePrivateKey } from '../../test/support/private-key.ts';
import { loadConfig } from '../config.ts';
import { createLog } from './log.ts';
import { openTelemetry } from './open.ts';

const PRODUCTION = {
  NODE_ENV: 'production',
  DATABASE_URL: 'postgres://market@db/market?sslmode=verify-full',
  APP_SECRET: 'q7Hw2mPz9Xc4Vb6Nn1Ld8Kf3Js5Ga0RtYe',
  JWT_PRIVATE_KEYS: makePrivateKey(),
  PUBLIC_URL: 'https://api.freshbytes.ph',
  MAIL_FROM: 'FreshBytes <no-reply@freshbytes.ph>',
  SECURITY_CONTACT: 'mailto:security@freshbytes.ph',
  METRICS_TOKEN: 'a-token-for-metrics',
  SMTP_URL: 'smtps://mail',
  SEMAPHORE_API_KEY: 'key',
  PAYMENT_PROVIDER: 'none',
};
const TRACES = 1_000;
const GET = { kind: 'request', name: 'GET', attributes: {} } as const;

let sink: Sink | undefined;
afterEach(async () => {
  await sink?.close();
  sink = undefined;
});

function open(stack: AsyncDisposableStack, env: Readonly<Record<string, string>>) {
  const log = createLog({ level: 'silent', pretty: false, version: '1.0.0' });
  return openTelemetry(stack, loadConfig(env, '1.0.0'), log);
}

/** How many of TRACES that begin here are recorded. */
async function recordedWith(env: Readonly<Record<string, string>>): Promise<number> {
  await using stack = new AsyncDisposableStack();
  const OTEL_EXPORTER_OTLP_ENDPOINT = 'http://127.0.0.1:1';
  const { tracing } = await open(stack, { OTEL_EXPORTER_OTLP_ENDPOINT, ...env });
  const begun = Array.from({ length: TRACES }, () => tracing?.begin(GET, undefined));
  return begun.filter((activity) => activity?.span !== undefined).length;
}

describe('openTelemetry', () => {
  it('opens nothing and listens to nothing where nothing is configured', async () => {
    const before = process.listenerCount('uncaughtExceptionMonitor');
    await using stack = new AsyncDisposableStack();
    expect(await open(stack, {})).toEqual({ tracing: undefined, errorReports: undefined });
    expect(process.listenerCount('uncaughtExceptionMonitor')).toBe(before);
  });

  it('sends what waits when it closes, under the names that the environment gives', async () => {
    sink = await openSink();
    await using stack = new AsyncDisposableStack();
    const { tracing, errorReports } = await open(stack, {
      OTEL_EXPORTER_OTLP_ENDPOINT: sink.url,
      OTEL_SERVICE_NAME: 'palengke',
      SENTRY_DSN: `http://key@${sink.host}/1`,
      SENTRY_ENVIRONMENT: 'staging',
    });
    tracing?.begin(GET, undefined).span?.end({});
    errorReports?.report(new Error('no'));
    await stack.disposeAsync();
    expect(spansIn(sink)).toMatchObject([
      { resource: { 'service.name': 'palengke', 'deployment.environment.name': 'development' } },
    ]);
    expect(eventsIn(sink)).toMatchObject([{ environment: 'staging', release: 'freshbytes@1.0.0' }]);
  });

  it('reports uncaught errors as what ends the process, until it closes', async () => {
    sink = await openSink();
    const before = process.listenerCount('uncaughtExceptionMonitor');
    await using stack = new AsyncDisposableStack();
    await open(stack, { SENTRY_DSN: `http://key@${sink.host}/1` });
    const emitter: EventEmitter = process;
    emitter.emit('uncaughtExceptionMonitor', new RangeError('over'), 'unhandledRejection');
    await stack.disposeAsync();
    expect(process.listenerCount('uncaughtExceptionMonitor')).toBe(before);
    expect(eventsIn(sink)).toMatchObject([
      {
        level: 'fatal',
        environment: 'development',
        exception: { values: [{ type: 'RangeError', mechanism: { handled: false } }] },
      },
    ]);
  });

  it('records every trace in development, a tenth in production, or the share that is given', async () => {
    expect(await recordedWith({})).toBe(TRACES);
    const inProduction = await recordedWith(PRODUCTION);
    expect(inProduction).toBeGreaterThan(0.05 * TRACES);
    expect(inProduction).toBeLessThan(0.16 * TRACES);
    expect(await recordedWith({ ...PRODUCTION, OTEL_TRACES_SAMPLER_ARG: '1' })).toBe(TRACES);
    expect(await recordedWith({ OTEL_TRACES_SAMPLER_ARG: '0' })).toBe(0);
  });
});
