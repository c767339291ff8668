// Runs pgBackRest, which keeps the whole cluster and every change since, in one repository or several.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { Config } from '../config.ts';
import { messageOf } from '../lib/errors.ts';
import { CliError, EXIT, type ExitCode } from '../lib/exit.ts';

const CONFIG_FILE = 'pgbackrest.conf';
const SAID = /ERROR: \[(\d+)\]: (.*)/s;
/** Of pgBackRest's own codes: no server answers; another one of its kind is at work. */
const UNAVAILABLE_CODES = new Set(['056', '057', '058']);
const LOCKED_CODE = '050';
/** With another password its files are noise, which pgBackRest takes for a fault of their form, and prints. */
const UNREADABLE = /FormatError|CryptoError|unable to flush/;

export interface Stanza {
  readonly name: string;
  /** Folder of its settings. */
  readonly configDir: string;
  /** The cluster that it keeps. */
  readonly dataDir: string;
  /** Account that runs PostgreSQL, where we are root and lend it. */
  readonly account?: { readonly uid: number; readonly gid: number };
}

export interface ClusterBackup {
  readonly label: string;
  readonly type: 'full' | 'diff' | 'incr';
  readonly repository: number;
  /** When it was complete: from then on any moment can be restored. */
  readonly moment: Date;
}

/** @throws CliError where its settings or the folder of the cluster are missing */
export async function openStanza(config: Config): Promise<Stanza> {
  const { BACKUP_STANZA: name, BACKUP_PGBACKREST_DIR: configDir } = config;
  const path = join(configDir, CONFIG_FILE);
  const settings = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new CliError(`${path} cannot be read: ${error.message}.`, EXIT.usage);
  });
  const section = settings.split(/^(?=\[)/m).find((part) => part.startsWith(`[${name}]`));
  const dataDir = /^pg1-path\s*=\s*(.+?)\s*$/m.exec(section ?? '')?.[1];
  if (dataDir === undefined)
    throw new CliError(`${path} has no section [${name}] with a pg1-path.`, EXIT.usage);
  const folder = await stat(dataDir).catch((error: NodeJS.ErrnoException) => {
    throw new CliError(
      `${dataDir}: ${error.code}. Make this folder first, empty and for the account that runs PostgreSQL alone.`,
      EXIT.unavailable,
    );
  });
  const account = { uid: folder.uid, gid: folder.gid };
  return { name, configDir, dataDir, ...(process.getuid?.() === 0 ? { account } : {}) };
}

/** @returns what it printed. @throws CliError with its error output */
export async function runPgbackrest(
  { name, configDir, account }: Stanza,
  command: string,
  args: readonly string[] = [],
): Promise<string> {
  const all = [
    command,
    `--config-path=${configDir}`,
    ...(command === 'repo-ls' ? [] : [`--stanza=${name}`]),
    '--log-level-console=off',
    '--log-level-stderr=error',
    ...args,
  ];
  const child = spawn('pgbackrest', all, {
    ...account,
    cwd: '/',
    // Repositories' passwords may come by PGBACKREST_* as well as by its files.
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = Promise.all([text(child.stdout), text(child.stderr)]);
  const [code] = await once(child, 'close').catch((error: unknown) => {
    throw new CliError(
      `pgbackrest cannot be run (${messageOf(error)}): install it.`,
      EXIT.unavailable,
    );
  });
  const [output, faults] = await said;
  if (code !== 0) throw failureOf(command, faults);
  return output;
}

function failureOf(command: string, said: string): CliError {
  const [, code = '', message = said] = SAID.exec(said) ?? [];
  if (code === LOCKED_CODE) return new CliError('Another backup is being taken.');
  if (UNREADABLE.test(message)) {
    return new CliError(
      `pgbackrest ${command} cannot read the repository: it was altered, or its cipher-pass is another.`,
    );
  }
  const exitCode: ExitCode = UNAVAILABLE_CODES.has(code) ? EXIT.unavailable : EXIT.failed;
  return new CliError(`pgbackrest ${command} failed: ${message.trim()}`, exitCode);
}

interface Info {
  readonly backup?: readonly {
    readonly label: string;
    readonly type: ClusterBackup['type'];
    readonly database: { readonly 'repo-key': number };
    readonly timestamp: { readonly stop: number };
  }[];
  readonly repo?: readonly { readonly key: number }[];
}

async function readInfo(stanza: Stanza): Promise<Info> {
  const infos = JSON.parse(await runPgbackrest(stanza, 'info', ['--output=json'])) as Info[];
  return infos[0] ?? {};
}

/** The numbers of its repositories. */
export async function listRepositories(stanza: Stanza): Promise<number[]> {
  return ((await readInfo(stanza)).repo ?? []).map(({ key }) => key);
}

/** The newest first. */
export async function listClusterBackups(stanza: Stanza): Promise<ClusterBackup[]> {
  const { backup = [] } = await readInfo(stanza);
  return backup
    .map(({ label, type, database, timestamp }) => ({
      label,
      type,
      repository: database['repo-key'],
      moment: new Date(timestamp.stop * 1_000),
    }))
    .toSorted((a, b) => b.moment.getTime() - a.moment.getTime());
}

/** One in every repository. @returns the newest of each */
export async function takeClusterBackup(stanza: Stanza, isFull: boolean): Promise<ClusterBackup[]> {
  await runPgbackrest(stanza, 'stanza-create');
  const repositories = await listRepositories(stanza);
  for (const repository of repositories) {
    await runPgbackrest(stanza, 'backup', [
      `--repo=${repository}`,
      `--type=${isFull ? 'full' : 'diff'}`,
    ]);
  }
  const backups = await listClusterBackups(stanza);
  return repositories.flatMap((key) => backups.find(({ repository }) => repository === key) ?? []);
}

/** The last moment at which any repository was sent changes; undefined where none has any. */
export async function lastArchived(stanza: Stanza): Promise<Date | undefined> {
  let newest_s = 0;
  for (const repository of await listRepositories(stanza)) {
    const list = await runPgbackrest(stanza, 'repo-ls', [
      `--repo=${repository}`,
      '--recurse',
      '--output=json',
      `archive/${stanza.name}`,
    ]);
    const files = Object.entries(
      JSON.parse(list) as Record<string, { type: string; time?: number }>,
    );
    const segments = files.filter(([name, { type }]) => type === 'file' && isSegment(name));
    newest_s = Math.max(newest_s, ...segments.map(([, { time }]) => time ?? 0));
  }
  return newest_s === 0 ? undefined : new Date(newest_s * 1_000);
}

/** 24 hex digits, a checksum and a suffix; other files there are about the archive and not about changes. */
function isSegment(name: string): boolean {
  return /\/[0-9A-F]{24}-/.test(name);
}
