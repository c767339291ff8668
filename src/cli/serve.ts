// `serve` and `worker`: from an empty machine to a running process, and back.
import type { Config } from '../config.ts';
import { withDeadline } from '../lib/deadline.ts';
import { type RunningProcess, startServer, startWorkerProcess } from '../serve.ts';
import { CliError, EXIT, type ExitCode } from './exit.ts';
import { switchLevelOnSignal } from './log-level-signal.ts';
import { bringUpToDate } from './prepare.ts';
import { type DatabasePlace, findDatabase, openLog, readConfig } from './settings.ts';
import { awaitStopRequest } from './stop-request.ts';
import { welcome } from './welcome.ts';

/** Beyond the drain time: requests in flight (30 s), then jobs (30 s), then the embedded server (30 s). */
const STOP_TIMEOUT_MS = 90_000;

export function serve(): Promise<ExitCode> {
  return runUntilStopped(async (options) => {
    const { config, database } = options;
    const server = await startServer(options).catch(explainListen('PORT', config));
    if (!config.isProduction) process.stdout.write(welcome(config, database));
    return server;
  });
}

export function work(): Promise<ExitCode> {
  return runUntilStopped(async (options) => {
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

async function runUntilStopped(start: Start): Promise<ExitCode> {
  const config = readConfig();
  const log = openLog(config);
  const { requested, signal } = awaitStopRequest(log);
  switchLevelOnSignal(log);
  await using stack = new AsyncDisposableStack();
  const database = await findDatabase(stack, config);
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

const LISTEN_FAULTS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'is in use. Stop what listens there, or set {port} to another port',
  EACCES: 'may not be used by this account. Set {port} to 1024 or more',
  EADDRNOTAVAIL: 'is not an address of this machine. Set HOST to one that is',
};

function explainListen(setting: 'PORT' | 'WORKER_PORT', config: Config): (error: unknown) => never {
  return (error) => {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    const explanation = LISTEN_FAULTS[code];
    if (explanation === undefined) throw error;
    const place = `${config.HOST}:${config[setting]}`;
    throw new CliError(`${place} ${explanation.replace('{port}', setting)}.`, EXIT.unavailable);
  };
}
