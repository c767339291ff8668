// Opens traces and error reports where the environment configures them; where it does not, nothing of theirs is loaded.
import type { Config } from '../config.ts';
import { systemClock } from '../lib/time.ts';
import type { ErrorReports } from './errors/error-reports.ts';
import type { Log } from './log.ts';
import type { Tracing } from './traces/tracing.ts';

/** Of the traces that begin with us in production, unless OTEL_TRACES_SAMPLER_ARG says otherwise. */
const PRODUCTION_RATIO = 0.1;

export interface Telemetry {
  readonly tracing?: Tracing | undefined;
  readonly errorReports?: ErrorReports | undefined;
}

/** `stack` sends what waits and closes both; errors that nobody catches are reported meanwhile. */
export async function openTelemetry(
  stack: AsyncDisposableStack,
  config: Config,
  log: Log,
): Promise<Telemetry> {
  return {
    tracing: await openTracing(stack, config, log),
    errorReports: await openErrorReports(stack, config, log),
  };
}

async function openTracing(
  stack: AsyncDisposableStack,
  config: Config,
  log: Log,
): Promise<Tracing | undefined> {
  const { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_TRACES_SAMPLER_ARG: share } = config;
  if (endpoint === undefined) return undefined;
  const { createTracing } = await import('./traces/opentelemetry.ts');
  const tracing = createTracing({
    endpoint,
    serviceName: config.OTEL_SERVICE_NAME,
    version: config.version,
    environment: config.NODE_ENV,
    ratio: share ?? (config.isProduction ? PRODUCTION_RATIO : 1),
    log,
  });
  stack.defer(() => tracing.close());
  return tracing;
}

async function openErrorReports(
  stack: AsyncDisposableStack,
  config: Config,
  log: Log,
): Promise<ErrorReports | undefined> {
  const { SENTRY_DSN: dsn } = config;
  if (dsn === undefined) return undefined;
  const { createErrorReports } = await import('./errors/error-reports.ts');
  const reports = createErrorReports({
    dsn,
    version: config.version,
    environment: config.SENTRY_ENVIRONMENT ?? config.NODE_ENV,
    sampleRate: config.SENTRY_SAMPLE_RATE,
    clock: systemClock,
    log,
  });
  stack.defer(() => reports.close());
  // The monitor observes them without catching them; unhandled rejections come here too.
  const reportUncaught = (error: unknown) => reports.report(error, { level: 'fatal' });
  process.on('uncaughtExceptionMonitor', reportUncaught);
  stack.defer(() => void process.off('uncaughtExceptionMonitor', reportUncaught));
  return reports;
}
