// A PostgreSQL of the drill's own, with pgBackRest set up by the files of ops/backup: only the paths are others, and the
// second repository is a folder.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { generateIdentity, identityToRecipient } from 'age-encryption';
import pg from 'pg';
import { findProgram } from '../../src/backup/programs.ts';
import { type Account, findAccount } from '../../src/db/embedded/account.ts';
import { waitUntil } from '../../src/db/embedded/wait.ts';

const OPS = join(import.meta.dirname, '../../ops/backup');
const START_TIMEOUT_MS = 60_000;
export const DATABASE = 'freshbytes';
/** Below the folder: the private key of its dumps. */
export const IDENTITY_FILE = 'etc/identity';

export interface DrillCluster {
  /** Holds all of it; below: `data`, `repo1`, `repo2`, `etc`. */
  readonly folder: string;
  readonly url: string;
  /** The public key of its dumps. */
  readonly recipient: string;
  /** Of another database on the same server. */
  urlOf(database: string): string;
  start(): Promise<void>;
  /** As a power cut would. */
  kill(): Promise<void>;
  /** The folder of the cluster, empty again: a new disk. */
  replaceDisk(): Promise<void>;
  /** Ends the server and removes everything. */
  close(): Promise<void>;
}

export interface ClusterOptions {
  /** Longest time in seconds that a change waits for its way into the archive. */
  readonly archiveTimeout_s: number;
  /** Whether changes are sent to pgBackRest's repositories. */
  readonly archives: boolean;
  /** Whether it waits for the disk; only tests that never look at times do without. */
  readonly isDurable: boolean;
}

export async function createCluster(options: ClusterOptions): Promise<DrillCluster> {
  const folder = await mkdtemp(join(tmpdir(), 'freshbytes-drill-'));
  const account = await findAccount(undefined);
  for (const name of ['data', 'repo1', 'repo2', 'log', 'lock', 'spool', 'run'])
    await makeFolder(account, join(folder, name));
  await chmod(folder, 0o755);
  const recipient = await writeSettings(folder, account);
  const dataDir = join(folder, 'data');
  initialise(account, dataDir);
  await writeFile(join(dataDir, 'postgresql.conf'), await serverSettings(folder, options));
  const urlOf = (database: string) =>
    `postgres://postgres@localhost:5432/${database}?host=${encodeURIComponent(join(folder, 'run'))}`;
  let server: ChildProcess | undefined;
  const start = async () => {
    server = await startServer(account, dataDir, urlOf('postgres'));
  };
  const end = async (signal: NodeJS.Signals) => {
    if (server === undefined || server.exitCode !== null || server.signalCode !== null) return;
    const ended = once(server, 'close');
    server.kill(signal);
    await ended;
  };
  await start();
  return {
    folder,
    url: urlOf(DATABASE),
    recipient,
    urlOf,
    start,
    kill: () => end('SIGKILL'),
    replaceDisk: async () => {
      await rm(dataDir, { recursive: true });
      await makeFolder(account, dataDir);
    },
    close: async () => {
      await end('SIGQUIT');
      await rm(folder, { recursive: true, force: true, maxRetries: 10 });
    },
  };
}

async function makeFolder(account: Account | undefined, path: string): Promise<void> {
  await mkdir(path, { mode: 0o700 });
  if (account !== undefined) await chown(path, account.uid, account.gid);
}

/** The operator's steps of ops/backup, in a folder of our own. @returns the public key of dumps */
async function writeSettings(folder: string, account: Account | undefined): Promise<string> {
  const etc = join(folder, 'etc');
  const made = spawnSync(join(OPS, 'make-secrets.sh'), [etc], { encoding: 'utf8' });
  if (made.status !== 0) throw new Error(made.stderr);
  const given = await readFile(join(OPS, 'pgbackrest.conf'), 'utf8');
  const settings = given
    .replace('/var/lib/pgbackrest', join(folder, 'repo1'))
    .replace('/var/log/pgbackrest', join(folder, 'log'))
    .replace('/run/lock/pgbackrest', join(folder, 'lock'))
    .replace('/var/spool/pgbackrest', join(folder, 'spool'))
    .replace('/var/lib/postgresql/15/main', join(folder, 'data'))
    .replace('/var/run/postgresql', join(folder, 'run'));
  await writeFile(join(etc, 'pgbackrest.conf'), settings);
  const second = await readFile(join(OPS, 'second-repository.conf'), 'utf8');
  const asFolder = second
    .replace(/^repo2-(?:type|s3-).*\n/gm, '')
    .replace('repo2-path=/freshbytes', `repo2-path=${join(folder, 'repo2')}`);
  await writeFile(join(etc, 'conf.d', 'second-repository.conf'), asFolder);
  const identity = await generateIdentity();
  await writeFile(join(folder, IDENTITY_FILE), identity, { mode: 0o600 });
  if (account !== undefined)
    for (const name of ['', ...(await readdir(etc, { recursive: true }))])
      await chown(join(etc, name), account.uid, account.gid);
  return identityToRecipient(identity);
}

async function serverSettings(
  folder: string,
  { archiveTimeout_s, archives, isDurable }: ClusterOptions,
): Promise<string> {
  const archiving = (await readFile(join(OPS, 'postgresql.conf'), 'utf8'))
    .replace('pgbackrest --stanza', `pgbackrest --config-path=${join(folder, 'etc')} --stanza`)
    .replace(/^archive_timeout = .*$/m, `archive_timeout = ${archiveTimeout_s}`);
  return `listen_addresses = ''
unix_socket_directories = '${join(folder, 'run')}'
log_min_messages = fatal
${isDurable ? '' : 'fsync = off'}
${archives ? archiving : ''}`;
}

function initialise(account: Account | undefined, dataDir: string): void {
  const program = findProgram('initdb', undefined);
  const args = [
    '-D',
    dataDir,
    '-U',
    'postgres',
    '--locale=C.UTF-8',
    '--encoding=UTF8',
    '--no-sync',
  ];
  const made = spawnSync(program, [...args, '--auth=trust'], {
    ...account,
    cwd: '/',
    encoding: 'utf8',
  });
  if (made.error) throw made.error;
  if (made.status !== 0) throw new Error(made.stderr);
}

/** Resolves once it takes writes, after whatever it had to replay. */
async function startServer(
  account: Account | undefined,
  dataDir: string,
  url: string,
): Promise<ChildProcess> {
  const server = spawn(findProgram('postgres', undefined), ['-D', dataDir], {
    ...account,
    cwd: '/',
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const said = text(server.stderr);
  const isReady = await waitUntil(
    async () => server.exitCode !== null || (await takesWrites(url)),
    START_TIMEOUT_MS,
  );
  if (isReady && server.exitCode === null) return server;
  server.kill('SIGQUIT');
  throw new Error(`PostgreSQL does not start: ${await said}`);
}

async function takesWrites(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => {});
  try {
    await client.connect();
    const { rows } = await client.query('SELECT WHERE NOT pg_is_in_recovery()');
    await client.end();
    return rows.length > 0;
  } catch {
    // Not listening yet; the caller sees it when it never does.
    return false;
  }
}
