// Backups of small installations: `pg_dump` of one moment, encrypted on its way to a folder, never in the clear on a disk.
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type pg from 'pg';
import type { Config } from '../config.ts';
import { CliError, EXIT } from '../lib/exit.ts';
import { readKey, seal, splitAfter, unseal } from './archive.ts';
import { findProgram, libpqEnvironment, startProgram } from './programs.ts';
import { expiredOf, newestFirst } from './rules.ts';
import { openSnapshot, type RowCounts, type Snapshot } from './snapshot.ts';

const SUFFIX = '.backup';
const CHECKSUM_SUFFIX = '.sha256';
const UNFINISHED_PREFIX = '.unfinished-';
/** What stands in a file's name for a moment: its colons would be drives and hosts to some programs. */
const MOMENT_IN_NAME = /^(\d{4}-\d{2}-\d{2}T)(\d{2})-(\d{2})-(\d{2}\.\d{3}Z)$/;
const LENGTH_BYTES = 4;
/** Takes its locks while orders are placed, and gives up rather than queue behind a long one. */
const LOCK_WAIT = '--lock-wait-timeout=60s';

export interface DumpStore {
  readonly folder: string;
  readonly key: Buffer;
  /** Name of the database. */
  readonly database: string;
  readonly programs: string | undefined;
}

export interface Dump {
  readonly path: string;
  readonly moment: Date;
  readonly bytes: number;
}

interface Manifest {
  readonly moment: string;
  readonly rows: RowCounts;
}

/** @throws CliError where a setting is missing */
export async function openStore(config: Config, url: string): Promise<DumpStore> {
  const { BACKUP_DIR, BACKUP_KEY_FILE } = config;
  if (BACKUP_DIR === undefined || BACKUP_KEY_FILE === undefined) {
    throw new CliError(
      'BACKUP_DIR (a folder on another disk than the database) and BACKUP_KEY_FILE must be set.',
      EXIT.usage,
    );
  }
  return {
    folder: BACKUP_DIR,
    key: await readKey(BACKUP_KEY_FILE),
    database: libpqEnvironment(url)['PGDATABASE'] ?? '',
    programs: config.BACKUP_PROGRAMS_DIR,
  };
}

/** The finished dumps of this database, the newest first. */
export async function listDumps({ folder, database }: DumpStore): Promise<Dump[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const dumps = names.flatMap((name) => {
    const moment = momentIn(name, database);
    return moment === undefined ? [] : [{ path: join(folder, name), moment }];
  });
  return newestFirst(
    await Promise.all(
      dumps.map(async (dump) => ({ ...dump, bytes: (await stat(dump.path)).size })),
    ),
  );
}

function momentIn(name: string, database: string): Date | undefined {
  if (!name.startsWith(`${database}-`) || !name.endsWith(SUFFIX)) return undefined;
  const text = name.slice(database.length + 1, -SUFFIX.length);
  return MOMENT_IN_NAME.test(text)
    ? new Date(text.replace(MOMENT_IN_NAME, '$1$2:$3:$4'))
    : undefined;
}

/**
 * Takes a dump of this moment over `client`, which nobody else may do meanwhile. It has its name once it is whole and on
 * the disk.
 */
export async function takeDump(store: DumpStore, url: string, client: pg.Client): Promise<Dump> {
  await mkdir(store.folder, { recursive: true, mode: 0o700 });
  const unfinished = join(store.folder, `${UNFINISHED_PREFIX}${store.database}`);
  const snapshot = await openSnapshot(client);
  try {
    const moment = snapshot.moment.toISOString().replaceAll(':', '-');
    const path = join(store.folder, `${store.database}-${moment}${SUFFIX}`);
    const checksum = await writeArchive(store, unfinished, readDump(store, url, snapshot));
    await writeFile(`${path}${CHECKSUM_SUFFIX}`, `${checksum}  ${basename(path)}\n`);
    await rename(unfinished, path);
    await syncFolder(store.folder);
    return { path, moment: snapshot.moment, bytes: (await stat(path)).size };
  } finally {
    await client.query('ROLLBACK');
    await rm(unfinished, { force: true });
  }
}

/** The manifest, then what pg_dump says. @throws CliError before the last piece where pg_dump failed */
async function* readDump(
  { programs }: DumpStore,
  url: string,
  { id, moment, rows }: Snapshot,
): AsyncGenerator<Buffer> {
  const manifest: Manifest = { moment: moment.toISOString(), rows };
  const text = Buffer.from(JSON.stringify(manifest));
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32BE(text.length);
  yield Buffer.concat([length, text]);
  const args = ['--format=custom', `--snapshot=${id}`, '--no-password', LOCK_WAIT];
  const { child, done } = startProgram(
    findProgram('pg_dump', programs),
    args,
    libpqEnvironment(url),
  );
  try {
    yield* child.stdout ?? [];
    await done;
  } finally {
    child.kill();
  }
}

/** @returns the SHA-256 of the file in hex, for whoever stores it without the key */
async function writeArchive(
  { key }: DumpStore,
  path: string,
  content: AsyncIterable<Buffer>,
): Promise<string> {
  const hash = createHash('sha256');
  async function* hashed(): AsyncGenerator<Buffer> {
    for await (const bytes of seal(key, content)) {
      hash.update(bytes);
      yield bytes;
    }
  }
  await pipeline(hashed, createWriteStream(path, { mode: 0o600, flush: true })).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOSPC' && error.code !== 'EDQUOT') throw error;
      throw new CliError(`No space is left for ${path}: the backup was not made.`);
    },
  );
  return hash.digest('hex');
}

/** The new name must survive a power cut too. */
async function syncFolder(path: string): Promise<void> {
  await using folder = await open(path);
  await folder.sync();
}

/** Those that have had their time, and are removed with the next backup. */
function expiredDumps(dumps: readonly Dump[], config: Config): Dump[] {
  return expiredOf(dumps, {
    keepCount: config.BACKUP_KEEP_COUNT,
    keepDays: config.BACKUP_KEEP_DAYS,
    now: new Date(),
  });
}

/** Those that somebody may still want back, the newest first. */
export function keptDumps(dumps: readonly Dump[], config: Config): Dump[] {
  const expired = expiredDumps(dumps, config);
  return dumps.filter((dump) => !expired.includes(dump));
}

/** Removes what has had its time. @returns the paths of what was removed */
export async function pruneDumps(store: DumpStore, config: Config): Promise<string[]> {
  const expired = expiredDumps(await listDumps(store), config);
  for (const { path } of expired) {
    await rm(path);
    await rm(`${path}${CHECKSUM_SUFFIX}`, { force: true });
  }
  return expired.map(({ path }) => path);
}

/** Opens the archive and reads what it says of itself; `content` is what pg_restore takes. */
async function openDump(
  key: Buffer,
  path: string,
): Promise<{ manifest: Manifest; content: AsyncIterable<Buffer> }> {
  const prefix = await splitAfter(unseal(key, createReadStream(path)), LENGTH_BYTES);
  const length = prefix.head.readUInt32BE();
  const { head, rest } = await splitAfter(prefix.rest, length);
  return { manifest: JSON.parse(head.toString()) as Manifest, content: rest };
}

/** Reads the whole archive, so that no statement is run of one that is cut short. @returns the rows it must bring */
export async function checkArchive(key: Buffer, path: string): Promise<RowCounts> {
  const { manifest, content } = await openDump(key, path);
  for await (const _ of content);
  return manifest.rows;
}

/** Fills the empty database of `url`. @throws CliError with what pg_restore said */
export async function loadDump(store: DumpStore, path: string, url: string): Promise<void> {
  const env = libpqEnvironment(url);
  const args = [`--dbname=${env['PGDATABASE']}`, '--no-owner', '--exit-on-error', '--no-password'];
  const { child, done } = startProgram(findProgram('pg_restore', store.programs), args, env);
  const { content } = await openDump(store.key, path);
  const { stdin } = child;
  if (stdin === null) throw new Error('pg_restore has no input');
  const fed = pipeline(content, stdin).catch((error: NodeJS.ErrnoException) => {
    // It ended early, and says why itself.
    if (error.code !== 'EPIPE' && error.code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
  });
  child.stdout?.resume();
  await Promise.all([fed, done]);
}
