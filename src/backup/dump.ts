// Backups of small installations: `pg_dump` of one moment, encrypted on its way to a folder, never in the clear on a disk.
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream, existsSync } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import type { Decrypter, Encrypter } from 'age-encryption';
import type pg from 'pg';
import type { Config } from '../config.ts';
import { CliError, EXIT } from '../lib/exit.ts';
import { decrypt, encrypt, parseRecipients, readIdentities } from './archive.ts';
import { findProgram, libpqEnvironment, startProgram } from './programs.ts';
import { expiredOf, newestFirst } from './rules.ts';
import { type Examination, type Expected, examine } from './scratch.ts';
import { openSnapshot, type RowCounts, type Snapshot } from './snapshot.ts';

const DUMP_SUFFIX = '.dump.age';
/** How many rows each table had, encrypted like the dump, which is thereby nothing but what pg_restore takes. */
const ROWS_SUFFIX = '.rows.age';
const CHECKSUM_SUFFIX = '.sha256';
const UNFINISHED_PREFIX = '.unfinished-';
/** What stands in a file's name for a moment: its colons would be drives and hosts to some programs. */
const MOMENT_IN_NAME = /^(\d{4}-\d{2}-\d{2}T)(\d{2})-(\d{2})-(\d{2}\.\d{3}Z)$/;
/** Takes its locks while orders are placed, and gives up rather than queue behind a long one. */
const LOCK_WAIT = '--lock-wait-timeout=60s';

export interface DumpStore {
  readonly folder: string;
  /** Name of the database. */
  readonly database: string;
  readonly programs: string | undefined;
}

/** One whose dumps can be read. */
export interface ReadableStore extends DumpStore {
  readonly identities: Decrypter;
}

/** One that takes new dumps. */
export interface WritableStore extends DumpStore {
  readonly recipients: Encrypter;
}

export interface Dump {
  readonly path: string;
  readonly moment: Date;
  readonly bytes: number;
}

/** @throws CliError where a setting is missing */
export function openStore(config: Config, url: string): DumpStore {
  return {
    folder: required(config, 'BACKUP_DIR', 'a folder on another disk than the database'),
    database: libpqEnvironment(url)['PGDATABASE'] ?? '',
    programs: config.BACKUP_PROGRAMS_DIR,
  };
}

/** @throws CliError where a setting is missing, or names no keys */
export async function openForReading(config: Config, url: string): Promise<ReadableStore> {
  const store = openStore(config, url);
  const path = required(config, 'BACKUP_IDENTITY_FILE', 'a file of private keys of age');
  return { ...store, identities: await readIdentities(path) };
}

/** @throws CliError where a setting is missing, or names no keys */
export function openForWriting(config: Config, url: string): WritableStore {
  const store = openStore(config, url);
  const list = required(config, 'BACKUP_RECIPIENTS', 'public keys of age');
  return { ...store, recipients: parseRecipients(list) };
}

function required(
  config: Config,
  name: 'BACKUP_DIR' | 'BACKUP_IDENTITY_FILE' | 'BACKUP_RECIPIENTS',
  what: string,
): string {
  const value = config[name];
  if (value !== undefined) return value;
  throw new CliError(`${name} (${what}) must be set.`, EXIT.usage);
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
  if (!name.startsWith(`${database}-`) || !name.endsWith(DUMP_SUFFIX)) return undefined;
  const text = name.slice(database.length + 1, -DUMP_SUFFIX.length);
  return MOMENT_IN_NAME.test(text)
    ? new Date(text.replace(MOMENT_IN_NAME, '$1$2:$3:$4'))
    : undefined;
}

/**
 * Takes a dump of this moment over `client`, which nobody else may do meanwhile. It has its name once it is whole and on
 * the disk.
 */
export async function takeDump(
  store: WritableStore,
  url: string,
  client: pg.Client,
): Promise<Dump> {
  await mkdir(store.folder, { recursive: true, mode: 0o700 });
  const unfinished = join(store.folder, `${UNFINISHED_PREFIX}${store.database}`);
  const unfinishedRows = `${unfinished}${ROWS_SUFFIX}`;
  const snapshot = await openSnapshot(client);
  try {
    const moment = snapshot.moment.toISOString().replaceAll(':', '-');
    const path = join(store.folder, `${store.database}-${moment}${DUMP_SUFFIX}`);
    const checksum = await writeArchive(store, unfinished, readDump(store, url, snapshot));
    const rowsChecksum = await writeArchive(store, unfinishedRows, textOf(snapshot.rows));
    const rows = siblingOf(path, ROWS_SUFFIX);
    await writeFile(
      siblingOf(path, CHECKSUM_SUFFIX),
      `${checksum}  ${basename(path)}\n${rowsChecksum}  ${basename(rows)}\n`,
    );
    await rename(unfinishedRows, rows);
    await rename(unfinished, path);
    await syncFolder(store.folder);
    return { path, moment: snapshot.moment, bytes: (await stat(path)).size };
  } finally {
    await client.query('ROLLBACK');
    for (const left of [unfinished, unfinishedRows]) await rm(left, { force: true });
  }
}

/** The file beside a dump that ends in `suffix`. */
function siblingOf(path: string, suffix: string): string {
  return path.slice(0, -DUMP_SUFFIX.length) + suffix;
}

async function* textOf(rows: RowCounts): AsyncGenerator<Buffer> {
  yield Buffer.from(JSON.stringify(rows));
}

/** What pg_dump says. @throws CliError before the end where pg_dump failed */
async function* readDump(
  { programs }: DumpStore,
  url: string,
  { id }: Snapshot,
): AsyncGenerator<Buffer> {
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
  { recipients }: WritableStore,
  path: string,
  content: AsyncIterable<Buffer>,
): Promise<string> {
  const hash = createHash('sha256');
  async function* hashed(): AsyncGenerator<Uint8Array> {
    for await (const bytes of encrypt(recipients, content)) {
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
    for (const suffix of [ROWS_SUFFIX, CHECKSUM_SUFFIX])
      await rm(siblingOf(path, suffix), { force: true });
  }
  return expired.map(({ path }) => path);
}

/**
 * Reads the whole dump, so that no statement is run of one that is cut short.
 * @returns the rows it must bring; undefined where nothing says so any more
 * @throws CliError where one of its files is damaged, or encrypted for others
 */
export async function checkArchive(
  { identities }: ReadableStore,
  path: string,
): Promise<RowCounts | undefined> {
  for await (const _ of decrypt(identities, createReadStream(path)));
  const rows = siblingOf(path, ROWS_SUFFIX);
  if (!existsSync(rows)) return undefined;
  return JSON.parse((await buffer(decrypt(identities, createReadStream(rows)))).toString());
}

/** Fills the empty database of `url`. @throws CliError with the errors of pg_restore */
export async function loadDump(store: ReadableStore, path: string, url: string): Promise<void> {
  const env = libpqEnvironment(url);
  const args = [`--dbname=${env['PGDATABASE']}`, '--no-owner', '--exit-on-error', '--no-password'];
  const { child, done } = startProgram(findProgram('pg_restore', store.programs), args, env);
  const { stdin } = child;
  if (stdin === null) throw new Error('pg_restore has no input');
  const content = decrypt(store.identities, createReadStream(path));
  const fed = pipeline(content, stdin).catch((error: NodeJS.ErrnoException) => {
    // It ended early, and reports why itself.
    if (error.code !== 'EPIPE' && error.code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
  });
  child.stdout?.resume();
  await Promise.all([fed, done]);
}

/** Looks at what `loadDump` brought. @throws CliError where tables hold more rows or fewer than they must */
export async function examineDump(
  url: string,
  { path, moment }: Dump,
  expected: Expected,
): Promise<Examination> {
  const found = await examine(url, moment, expected);
  if (expected.rows !== undefined) return found;
  const missing = `rows: ${siblingOf(path, ROWS_SUFFIX)} is missing, so nothing says whether all came back`;
  return { ...found, violations: [missing, ...found.violations] };
}
