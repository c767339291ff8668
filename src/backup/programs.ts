// Runs PostgreSQL's own programs for backups: which ones, with which connection, and what their failure means. Passwords
// travel in the child's environment, never among its arguments, which every account of the machine may read.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, globSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import pg from 'pg';
import { CONNECT_TIMEOUT_MS } from '../db/database.ts';
import { messageOf } from '../lib/errors.ts';
import { CliError, EXIT } from '../lib/exit.ts';

const DEBIAN_PROGRAMS = '/usr/lib/postgresql/*/bin';
const CONNECTION_LOST = /connection to server .* failed|server closed the connection/s;
const MAX_SAID_CHARS = 2_000;

/**
 * The path of one of PostgreSQL's programs: in `folder` if that is given, else Debian's newest, else that of the PATH.
 * @param onlyMajor the version that made the files, which no other one opens
 */
export function findProgram(name: string, folder: string | undefined, onlyMajor?: string): string {
  if (folder !== undefined) return join(folder, name);
  const major = (path: string) => Number.parseInt(path.slice(DEBIAN_PROGRAMS.indexOf('*')), 10);
  const found = globSync(join(DEBIAN_PROGRAMS, name)).toSorted((a, b) => major(b) - major(a));
  const [best] = found.filter(
    (path) => onlyMajor === undefined || String(major(path)) === onlyMajor,
  );
  return best !== undefined && existsSync(best) ? best : name;
}

/** The connection of a URL as libpq reads it from the environment. */
export function libpqEnvironment(url: string): Record<string, string> {
  const { host, port, user, password, database } = new pg.Client({ connectionString: url });
  const query = new URL(url).searchParams;
  const values = {
    PATH: process.env['PATH'],
    PGHOST: host,
    PGPORT: String(port),
    PGUSER: user,
    PGPASSWORD: password ?? undefined,
    PGDATABASE: database,
    PGSSLMODE: query.get('sslmode') ?? undefined,
    PGSSLROOTCERT: query.get('sslrootcert') ?? undefined,
    PGCONNECT_TIMEOUT: String(Math.ceil(CONNECT_TIMEOUT_MS / 1_000)),
    PGAPPNAME: 'freshbytes-backup',
  };
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}

export interface RunningProgram {
  readonly child: ChildProcess;
  /** Resolves where it ended well. @throws CliError with its error output */
  readonly done: Promise<void>;
}

export function startProgram(
  path: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): RunningProgram {
  const child = spawn(path, args, { env, stdio: ['pipe', 'pipe', 'pipe'] });
  // A program that ends early closes its input; `done` rejects with the reason.
  child.stdin.on('error', () => {});
  const done = outcomeOf(child, path, text(child.stderr));
  // A caller that reads its output first gets this error later.
  done.catch(() => {});
  return { child, done };
}

async function outcomeOf(child: ChildProcess, path: string, said: Promise<string>): Promise<void> {
  try {
    const [code] = await once(child, 'close');
    if (code === 0) return;
  } catch (error) {
    throw new CliError(
      `${path} cannot be run (${messageOf(error)}): install PostgreSQL's client programs, or set BACKUP_PROGRAMS_DIR.`,
      EXIT.unavailable,
    );
  }
  const words = (await said).trim().slice(0, MAX_SAID_CHARS);
  throw new CliError(words, CONNECTION_LOST.test(words) ? EXIT.unavailable : EXIT.failed);
}
