// Tries a backup of pgBackRest out: restored into a folder of its own, started on a private socket, and looked at.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chown, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { waitUntil } from '../db/embedded/wait.ts';
import type { Invariant } from '../db/invariants/invariant.ts';
import { CliError } from '../lib/exit.ts';
import { type ClusterBackup, runPgbackrest, type Stanza } from './pgbackrest.ts';
import { findProgram } from './programs.ts';
import { type Examination, examine } from './scratch.ts';
import { connectTo } from './snapshot.ts';

const PORT = 5432;
const RECOVERY_TIMEOUT_MS = 60 * 60_000;
const MAX_SAID_CHARS = 2_000;

export interface Trial {
  /** Of the database to look at. */
  readonly url: string;
  readonly backup: ClusterBackup;
  readonly invariants: readonly Invariant[];
  readonly programs: string | undefined;
}

/** Needs as much room below TMPDIR as the cluster takes. */
export async function tryClusterBackup(stanza: Stanza, trial: Trial): Promise<Examination> {
  const folder = await mkdtemp(join(tmpdir(), 'freshbytes-verify-'));
  try {
    const dataDir = join(folder, 'data');
    await mkdir(dataDir, { mode: 0o700 });
    await writeFile(join(folder, 'pg_hba.conf'), 'local all all trust\n');
    for (const path of [folder, dataDir]) await giveTo(stanza, path);
    await runPgbackrest(stanza, 'restore', [
      `--repo=${trial.backup.repository}`,
      `--set=${trial.backup.label}`,
      `--pg1-path=${dataDir}`,
      '--type=immediate',
      '--target-action=promote',
      '--archive-mode=off',
    ]);
    return await withServer(stanza, folder, trial, (url) =>
      examine(url, trial.backup.moment, trial),
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function giveTo({ account }: Stanza, path: string): Promise<void> {
  if (account !== undefined) await chown(path, account.uid, account.gid);
}

async function withServer<Result>(
  { account }: Stanza,
  folder: string,
  { url, programs }: Trial,
  work: (url: string) => Promise<Result>,
): Promise<Result> {
  const settings = {
    listen_addresses: '',
    unix_socket_directories: folder,
    port: String(PORT),
    hba_file: join(folder, 'pg_hba.conf'),
    archive_mode: 'off',
    // Recovery then does not demand the limits of the server that was backed up.
    hot_standby: 'off',
  };
  const args = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const major = (await readFile(join(folder, 'data/PG_VERSION'), 'utf8')).trim();
  const server = spawn(
    findProgram('postgres', programs, major),
    ['-D', join(folder, 'data'), ...args],
    {
      ...account,
      cwd: '/',
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  const ended = once(server, 'close');
  const said = text(server.stderr);
  try {
    const scratchUrl = onSocket(url, folder);
    const isReady = async () => server.exitCode !== null || (await takesWrites(scratchUrl));
    await waitUntil(isReady, RECOVERY_TIMEOUT_MS);
    if (server.exitCode !== null) {
      throw new CliError(`The backup does not start: ${(await said).slice(-MAX_SAID_CHARS)}`);
    }
    return await work(scratchUrl);
  } finally {
    server.kill('SIGINT');
    await ended;
  }
}

function onSocket(url: string, folder: string): string {
  const local = new URL(url);
  local.host = `localhost:${PORT}`;
  local.search = '';
  local.searchParams.set('host', folder);
  return local.href;
}

async function takesWrites(url: string): Promise<boolean> {
  try {
    const client = await connectTo(url);
    await client.end();
    return true;
  } catch {
    // Not yet: the caller decides how long to wait.
    return false;
  }
}
