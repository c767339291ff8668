// `reset`: begins anew in development, by removing the embedded database and what was uploaded into it.
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Config } from '../../config.ts';
import { findPlace, hasCluster, type Place } from '../../db/embedded/files/paths.ts';
import { takeLock } from '../../db/embedded/lock.ts';
import { findClusterMajor } from '../../db/embedded/server/cluster.ts';
import { readPidFile } from '../../db/embedded/server/postmaster.ts';
import { uploadsFolder } from '../../gateways/storage/create-storage.ts';
import { isCode, messageOf } from '../../lib/errors.ts';
import { CliError, EXIT, type ExitCode } from '../../lib/exit.ts';
import { ask, isAtTerminal } from '../accounts/ask.ts';
import { print, printProgress } from '../output.ts';
import { readConfig } from '../settings.ts';

export async function reset({ yes = false }: { readonly yes?: boolean }): Promise<ExitCode> {
  const config = readConfig();
  requireDevelopment(config);
  if (!(await hasCluster(config.DATA_DIR))) {
    print(`There is no database in ${resolve(config.DATA_DIR)}: the next start makes one.`);
    return EXIT.done;
  }
  const place = await findPlace(config.DATA_DIR);
  using _lock = await lockPlace(place);
  const paths = pathsOf(place).filter((path) => existsSync(path));
  if (!yes && !(await isConfirmed(paths))) {
    print('nothing was removed');
    return EXIT.failed;
  }
  for (const path of paths) await rm(path, { recursive: true, force: true });
  print('removed; the next start begins with a new demo market');
  return EXIT.done;
}

function requireDevelopment({ isProduction, DATABASE_URL, DATABASE_DIRECT_URL }: Config): void {
  if (isProduction) throw new CliError('Production is never reset.', EXIT.usage);
  if (DATABASE_URL !== undefined || DATABASE_DIRECT_URL !== undefined) {
    throw new CliError(
      'Only the embedded database is reset, and DATABASE_URL names another. Unset it, or empty that database yourself.',
      EXIT.usage,
    );
  }
}

/** As whoever starts a server would, so that none starts meanwhile. */
async function lockPlace({ clusterDir }: Place): Promise<Disposable> {
  const lock = await takeLock(clusterDir);
  if (lock === undefined) {
    throw new CliError(
      `The database in ${clusterDir} is in use. Stop the server (and all other commands) first.`,
      EXIT.unavailable,
    );
  }
  try {
    await requireIdleCluster(clusterDir);
  } catch (error) {
    lock.close();
    throw error;
  }
  return { [Symbol.dispose]: () => lock.close() };
}

/** Our lock binds our own commands alone: the folder may be another's, or a server may run that was started otherwise. */
async function requireIdleCluster(clusterDir: string): Promise<void> {
  const major = await findClusterMajor(clusterDir).catch((error: unknown) => {
    throw new CliError(messageOf(error), EXIT.usage);
  });
  if (major === undefined || Number.isNaN(major)) {
    throw new CliError(
      `${clusterDir} holds no PostgreSQL database: remove it yourself.`,
      EXIT.usage,
    );
  }
  const file = await readPidFile(clusterDir);
  if (file === undefined || !isAlive(file.pid)) return;
  throw new CliError(
    `${join(clusterDir, 'postmaster.pid')} names process ${file.pid}, which runs. Stop that server first; if it is something else, remove the file.`,
    EXIT.unavailable,
  );
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Refused is somebody else's process, but a living one.
    return isCode(error, 'EPERM');
  }
}

/** Keys stay, so that a setup that knows them goes on. The link from the data folder is `postgres` too, where the cluster lies elsewhere. */
function pathsOf({ dataDir, homeDir, clusterDir }: Place): string[] {
  const log = join(homeDir, 'postgres.log');
  const paths = [
    clusterDir,
    join(dataDir, 'postgres'),
    log,
    `${log}.1`,
    uploadsFolder({ DATA_DIR: dataDir }),
  ];
  return [...new Set(paths)];
}

async function isConfirmed(paths: readonly string[]): Promise<boolean> {
  if (!isAtTerminal()) {
    throw new CliError(
      'There is no terminal to ask on. Add --yes to remove the data without being asked.',
      EXIT.usage,
    );
  }
  printProgress('This removes, for good:');
  for (const path of paths) printProgress(`  ${path}`);
  return /^y(?:es)?$/i.test(await ask('Go on? (yes/no)'));
}
