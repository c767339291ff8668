// `repl`: a prompt inside the program, on its database; or a script that arrives on a pipe.
import { once } from 'node:events';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { start } from 'node:repl';
import { text } from 'node:stream/consumers';
import { inspect } from 'node:util';
import { sql } from 'kysely';
import type { Config } from '../../config.ts';
import type { Db } from '../../db/database.ts';
import { sqlState } from '../../db/transaction.ts';
import { EXIT, type ExitCode } from '../../lib/exit.ts';
import { openServices } from '../../process/services.ts';
import { createLog, type Log } from '../../telemetry/log.ts';
import { describeFault } from '../faults.ts';
import { print, printError, printProgress, printWarning } from '../output.ts';
import { type DatabasePlace, findMigratedDatabase, readConfig } from '../settings.ts';
import { createScope, type Scope, WRITE_HINT } from './scope.ts';
import { runScript } from './script.ts';

const HISTORY = join(homedir(), '.freshbytes_repl_history');
const READ_ONLY_TRANSACTION = '25006';
const SHOWN_DEPTH = 4;

export interface ReplOptions {
  /** Without it PostgreSQL refuses to change anything. */
  readonly write?: boolean;
}

export async function openRepl({ write = false }: ReplOptions): Promise<ExitCode> {
  const config = readConfig();
  await using stack = new AsyncDisposableStack();
  const place = await findMigratedDatabase(stack, config);
  const { services } = await openServices(stack, {
    config,
    url: place.url,
    log: openReplLog(config),
    isReadOnly: !write,
  });
  const where = await describePlace(services.db, config, place);
  if (write) printWarning(`${where}: changes are allowed`);
  else printProgress(`${where}: read-only; --write allows changes`);
  const scope = createScope(services, { write });
  if (process.stdin.isTTY) return await converse(scope);
  return await answer(scope, await text(process.stdin));
}

/** On standard error: standard output is for results. */
function openReplLog(config: Config): Log {
  return createLog({
    level: config.LOG_LEVEL ?? 'warn',
    pretty: config.isDevelopment && process.stderr.isTTY,
    version: config.version,
    destination: process.stderr,
  });
}

async function describePlace(db: Db, config: Config, place: DatabasePlace): Promise<string> {
  const { rows } = await sql<{ database: string; role: string }>`
    SELECT current_database() AS database, current_user AS role`.execute(db);
  const { host } = new URL(place.url);
  const where = place.embedded === undefined ? `at ${host}` : `embedded in ${config.DATA_DIR}`;
  return `${config.NODE_ENV} database ${rows[0]?.database} ${where}, as ${rows[0]?.role}`;
}

async function converse(scope: Scope): Promise<ExitCode> {
  printProgress(`In scope: ${Object.keys(scope).join(', ')}. Ctrl-D ends it.`);
  // In the program's own realm, so that a Date made at the prompt is one to the driver too.
  const server = start({ prompt: 'freshbytes> ', useGlobal: true, writer: show });
  Object.assign(server.context, scope);
  const exit = once(server, 'exit');
  await new Promise((resolve) => server.setupHistory(HISTORY, resolve));
  await exit;
  return EXIT.done;
}

async function answer(scope: Scope, code: string): Promise<ExitCode> {
  try {
    const value = await runScript({ ...scope }, code);
    if (value !== undefined) print(typeof value === 'string' ? value : show(value));
    return EXIT.done;
  } catch (error) {
    const isRefused = sqlState(error) === READ_ONLY_TRANSACTION;
    printError(isRefused ? WRITE_HINT : describeFault(error).message);
    return EXIT.failed;
  }
}

/** As the prompt prints values and errors. */
function show(value: unknown): string {
  if (sqlState(value) === READ_ONLY_TRANSACTION) return WRITE_HINT;
  return inspect(value, { colors: process.stdout.isTTY, depth: SHOWN_DEPTH });
}
