// Whether the database still has what the processes logged as committed. Logs are kept elsewhere, and so outlive what a
// failover or a restore takes back.
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { type CommittedEntry, ENTRY_COMMITTED } from '../../db/commits/commit-memory.ts';
import { findPresentEntries } from '../../db/commits/present-entries.ts';
import { CliError, EXIT } from '../../lib/exit.ts';
import { lookAt } from '../database/migrated.ts';
import type { Finding } from './finding.ts';

const SUBJECT = 'commits';
/** Of those that are missing, named one a line. */
const NAMED_ENTRIES = 100;
/** So many at a time: a log may be of a month. */
const ENTRIES_PER_COMPARISON = 10_000;
const STANDARD_INPUT = '-';

/** @param path the log of the processes, JSON lines; `-` is standard input. @throws CliError where it cannot be read */
export async function checkAcknowledged(url: string, path: string | undefined): Promise<Finding[]> {
  if (path === undefined) {
    const text =
      'not compared: `--log <file>` takes the log of the processes and names what is missing';
    return [{ level: 'ok', subject: SUBJECT, text }];
  }
  const missing: CommittedEntry[] = [];
  let count = 0;
  for await (const entries of batches(readEntries(path))) {
    count += entries.length;
    missing.push(...(await findMissing(url, entries)));
  }
  return judgeEntries(count, missing);
}

export function judgeEntries(count: number, missing: readonly CommittedEntry[]): Finding[] {
  if (count === 0) {
    const text =
      'the log holds no acknowledged audit entry: is it that of the processes, at LOG_LEVEL=info or below?';
    return [{ level: 'fail', subject: SUBJECT, text }];
  }
  if (missing.length === 0)
    return [{ level: 'ok', subject: SUBJECT, text: `all ${count} of the log are in the database` }];
  const orders = missing.filter(({ action }) => action === 'order.placed').length;
  const text = `${missing.length} of ${count} acknowledged audit entries are not in the database, ${orders} orders among them`;
  const named = missing.slice(0, NAMED_ENTRIES).map((entry): Finding => {
    const { action, object_type, object_id, called } = entry;
    const name = called === undefined ? '' : ` ${called}`;
    return {
      level: 'fail',
      subject: SUBJECT,
      text: `gone: ${action}${name} (${object_type} ${object_id})`,
    };
  });
  return [{ level: 'fail', subject: SUBJECT, text }, ...named];
}

async function findMissing(
  url: string,
  entries: readonly CommittedEntry[],
): Promise<CommittedEntry[]> {
  const present = await lookAt(url, (client) =>
    findPresentEntries(
      client,
      entries.map(({ entry_id }) => entry_id),
    ),
  );
  if (present === undefined)
    throw new CliError(
      'A standby answers, which may be behind: compare with the server that leads.',
    );
  return entries.filter(({ entry_id }) => !present.has(entry_id));
}

async function* readEntries(path: string): AsyncGenerator<CommittedEntry> {
  const input = path === STANDARD_INPUT ? process.stdin : createReadStream(path);
  try {
    for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
      const entry = readEntry(line);
      if (entry !== undefined) yield entry;
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    throw new CliError(`${path} cannot be read (${code}).`, EXIT.usage);
  }
}

const UUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i;

/** @returns undefined for every other line; collectors put words of their own before the JSON */
function readEntry(line: string): CommittedEntry | undefined {
  if (!line.includes(ENTRY_COMMITTED)) return undefined;
  let logged: Partial<Record<keyof CommittedEntry | 'msg', unknown>>;
  try {
    logged = JSON.parse(line.slice(line.indexOf('{')));
  } catch {
    // Cut off, as the last line of a process that was killed may be.
    return undefined;
  }
  const { msg, entry_id, action, object_type, object_id, called } = logged;
  if (msg !== ENTRY_COMMITTED || typeof entry_id !== 'string' || !UUID.test(entry_id))
    return undefined;
  return {
    entry_id,
    action: String(action),
    object_type: String(object_type),
    object_id: String(object_id),
    ...(typeof called === 'string' && { called }),
  };
}

async function* batches<T>(items: AsyncIterable<T>): AsyncGenerator<T[]> {
  let batch: T[] = [];
  for await (const item of items) {
    batch.push(item);
    if (batch.length < ENTRIES_PER_COMPARISON) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
