// `serve` and `worker`: from an empty machine to a running process, and back. What takes long to load is loaded while the
// database starts.
import type { Config } from '../../config.ts';
import type { ExitCode } from '../../lib/exit.ts';
import { withDeadline } from '../../lib/flow/deadline.ts';
import type { RunningProcess } from '../../process/serve.ts';
import { type DatabasePlace, findDatabase, openLog, readConfig } from '../settings.ts';
import { explainListen, requireFreePort } from './listening.ts';
import { switchLevelOnSignal } from './log-level-signal.ts';
import { awaitStopRequest } from './stop-request.ts';

/** Beyond the drain time: requests in flight (30 s), then jobs (30 s), then the embedded server (30 s). */
const STOP_TIMEOUT_MS = 90_000;

export function serve(): Promise<ExitCode> {
  return runUntilStopped('PORT', async (options) => {
    const { config, database } = options;
    const { startServer } = await import('../../process/serve.ts');
    const server = await startServer(options).catch(explainListen('PORT', config));
    if (!config.isProduction) {
      const { welcome } = await import('./welcome.ts');
      process.stdout.write(welcome(config, database));
    }
    return server;
  });
}

export function work(): Promise<ExitCode> {
  return runUntilStopped('WORKER_PORT', async (options) => {
    const { startWorkerProcess } = await import('../../process/serve.ts');
    const worker = await startWorkerProcess(options).catch(
      explainListen('WORKER_PORT', options.config),
    );
    options.log.info('working');
    return worker;
  });
}

type Start = (options: {
  config: Config;
  database: DatabasePlace;
  databaseUrl: string;
  log: ReturnType<typeof openLog>;
}) => Promise<RunningProcess>;

async function runUntilStopped(port: 'PORT' | 'WORKER_PORT', start: Start): Promise<ExitCode> {
  const config = readConfig();
  const log = openLog(config);
  const { requested, signal } = awaitStopRequest(log);
  switchLevelOnSignal(log);
  await requireFreePort(port, config);
  const loading = Promise.all([import('../database/prepare.ts'), import('../../process/serve.ts')]);
  await using stack = new AsyncDisposableStack();
  const database = await findDatabase(stack, config);
  const [{ bringUpToDate }] = await loading;
  if (signal.aborted) return await requested;
  await bringUpToDate(config, database);
  if (signal.aborted) return await requested;
  const databaseUrl = config.DATABASE_URL ?? database.url;
  const running = await start({ config, database, databaseUrl, log });
  const exitCode = await requested;
  const limit_ms = config.DRAIN_MS + STOP_TIMEOUT_MS;
  await withDeadline(running.stop(), limit_ms, `Not stopped within ${limit_ms} ms`);
  return exitCode;
}
