// What every command begins with: the settings, the log and the database that they name.
import { type Config, loadConfig } from '../config.ts';
import { type EmbeddedServer, startEmbedded } from '../db/embedded/embedded.ts';
import { messageOf } from '../lib/errors.ts';
import { CliError, EXIT } from '../lib/exit.ts';
import { createLog, type Log } from '../telemetry/log.ts';
import { lookAt, requireMigrated } from './database/migrated.ts';
import { openLogOutput } from './log-output.ts';
import { printProgress } from './output.ts';
import { readVersion } from './version.ts';

/** @throws ConfigError naming everything that is missing or wrong */
export function readConfig(): Config {
  return loadConfig(process.env, readVersion());
}

export function openLog(config: Config): Log {
  const isPretty = config.isDevelopment && process.stdout.isTTY;
  return createLog({
    level: config.LOG_LEVEL ?? 'info',
    pretty: isPretty,
    version: config.version,
    destination: isPretty ? undefined : openLogOutput(),
  });
}

export interface DatabasePlace {
  readonly url: string;
  /** Present where the server is our own. */
  readonly embedded?: EmbeddedServer;
}

/**
 * The database past any pooler: that of DATABASE_DIRECT_URL, else of DATABASE_URL, or the embedded server, started or joined; `stack` leaves it again.
 * @throws CliError where no embedded server can be had
 */
export function findDatabase(stack: AsyncDisposableStack, config: Config): Promise<DatabasePlace> {
  return openDatabasePlace(stack, config, { mustExist: false });
}

/**
 * The same for a command that has nothing to do in an empty database: it makes none.
 * @throws CliError also where there is no embedded database yet
 */
export function findExistingDatabase(
  stack: AsyncDisposableStack,
  config: Config,
): Promise<DatabasePlace> {
  return openDatabasePlace(stack, config, { mustExist: true });
}

/**
 * The same for a command that reads or writes the tables of this version.
 * @throws CliError also where migrations are pending
 */
export async function findMigratedDatabase(
  stack: AsyncDisposableStack,
  config: Config,
): Promise<DatabasePlace> {
  const place = await findExistingDatabase(stack, config);
  await lookAt(place.url, requireMigrated);
  return place;
}

async function openDatabasePlace(
  stack: AsyncDisposableStack,
  config: Config,
  { mustExist }: { mustExist: boolean },
): Promise<DatabasePlace> {
  const url = config.DATABASE_DIRECT_URL ?? config.DATABASE_URL;
  if (url !== undefined) return { url };
  try {
    const embedded = await startEmbedded({
      dataDir: config.DATA_DIR,
      log: printProgress,
      mustExist,
    });
    stack.defer(() => embedded.stop());
    return { url: embedded.url, embedded };
  } catch (error) {
    throw new CliError(messageOf(error), EXIT.unavailable);
  }
}
