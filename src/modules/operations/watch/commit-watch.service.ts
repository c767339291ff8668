// Watches acknowledged commits: each process checks whether the database server is still the same, and whenever it may be
// another or an older one, looks up every audit entry that this process remembers.
import type { Pool } from 'pg';
import type { Services } from '../../../context.ts';
import { withClient } from '../../../db/client.ts';
import type { CommitMemory, CommittedEntry } from '../../../db/commits/commit-memory.ts';
import { findPresentEntries } from '../../../db/commits/present-entries.ts';
import {
  type Change,
  changesSince,
  readMark,
  type ServerMark,
} from '../../../db/commits/server-mark.ts';
import { QUERY_TIMEOUT_MS } from '../../../db/database.ts';
import { MINUTE_MS, SECOND_MS } from '../../../lib/time.ts';

const LOOK_INTERVAL_MS = 2 * SECOND_MS;
/** Also where nothing seems to have happened: somebody may have changed the tables by hand. */
const COMPARE_INTERVAL_MS = 5 * MINUTE_MS;
/** A line of log stays readable, and below what collectors cut. */
const ENTRIES_PER_LINE = 50;

interface CommitWatch {
  /** Checks once; runs by itself every LOOK_INTERVAL_MS. */
  look(): Promise<void>;
  stop(): Promise<void>;
}

const CONNECTION = { query_timeout: QUERY_TIMEOUT_MS, application_name: 'freshbytes-commits' };

interface CommitWatchOptions extends Pick<Services, 'log'> {
  /** Of the requests: what it is connected to is what they are. */
  readonly pool: Pool;
  /** As the pool has it. */
  readonly databaseUrl: string;
  readonly commits: CommitMemory;
}

export function watchCommits(options: CommitWatchOptions): CommitWatch {
  const { pool, databaseUrl, commits, log } = options;
  const connection = { ...CONNECTION, connectionString: databaseUrl };
  const lost = createLosses({ commits, log });
  let last: ServerMark | undefined;
  let compared_ms = performance.now();
  let looking: Promise<void> | undefined;

  const note = (mark: ServerMark): void => {
    last = mark;
    commits.seen.timeline = mark.timeline;
  };

  /** On a connection of its own: a pooled one may still lead to a server that nobody else uses. */
  const compare = async (): Promise<void> => {
    const entries = commits.list();
    const found = await withClient(connection, async (client) => {
      const present = await findPresentEntries(client, [...entries, ...lost.list()].map(idOf));
      return present && { present, mark: await readMark(client) };
    });
    if (found?.mark === undefined) return commits.doubt();
    const { mark, present } = found;
    const changes = last === undefined ? [] : changesSince(last, mark);
    note(mark);
    compared_ms = performance.now();
    const missing = lost.compare(entries, present);
    logChanges(log, { changes, remembered: entries.length, missing });
  };

  const look = async (): Promise<void> => {
    const mark = await readMark(pool);
    // A standby knows nothing yet of what the leader has just acknowledged.
    if (mark === undefined) return;
    const isDue = performance.now() - compared_ms > COMPARE_INTERVAL_MS;
    const isAnother = last !== undefined && changesSince(last, mark).length > 0;
    if (isAnother || isDue) commits.doubt();
    if (!commits.takeDoubt()) return note(mark);
    try {
      await compare();
    } catch (error) {
      commits.doubt();
      throw error;
    }
  };

  const lookOnce = (): Promise<void> => {
    looking ??= look().finally(() => {
      looking = undefined;
    });
    return looking;
  };
  const lookQuietly = () =>
    lookOnce().catch((err) => log.debug({ err }, 'the database server could not be checked'));
  const timer = setInterval(() => void lookQuietly(), LOOK_INTERVAL_MS).unref();
  // The mark from before the first commit is the baseline for later checks.
  void lookQuietly();
  return {
    look: lookOnce,
    stop: async () => {
      clearInterval(timer);
      // Only its end is waited for: whoever began it has its fault.
      await looking?.catch(() => {});
    },
  };
}

const idOf = ({ entry_id }: CommittedEntry) => entry_id;

/** Missing entries: each is logged once, and again when it is back. */
function createLosses({ commits, log }: Pick<CommitWatchOptions, 'commits' | 'log'>) {
  const lost = new Map<string, CommittedEntry>();
  return {
    list: () => [...lost.values()],
    /** @returns how many of `entries` are missing */
    compare: (entries: readonly CommittedEntry[], present: ReadonlySet<string>): number => {
      const back = [...lost.values()].filter((entry) => present.has(entry.entry_id));
      for (const { entry_id } of back) lost.delete(entry_id);
      if (back.length > 0)
        log.warn({ entries: back.length }, 'audit entries that were missing are back');
      const missing = entries.filter((entry) => !present.has(entry.entry_id));
      const found = missing.filter((entry) => !lost.has(entry.entry_id));
      for (const entry of found) lost.set(entry.entry_id, entry);
      commits.seen.missing += found.length;
      logLosses(log, found);
      return missing.length;
    },
  };
}

function logLosses(log: Services['log'], missing: readonly CommittedEntry[]): void {
  const of = missing.length;
  const orders = missing.filter(({ action }) => action === 'order.placed').length;
  for (let start = 0; start < of; start += ENTRIES_PER_LINE) {
    const entries = missing.slice(start, start + ENTRIES_PER_LINE);
    log.fatal({ of, orders, entries }, 'acknowledged audit entries are missing from the database');
  }
}

interface Comparison {
  readonly changes: readonly Change[];
  readonly remembered: number;
  readonly missing: number;
}

function logChanges(log: Services['log'], { changes, remembered, missing }: Comparison): void {
  if (changes.length === 0) return;
  const facts = { changes: changes.map(({ text }) => text), remembered, missing };
  if (changes.some(({ isBackwards }) => isBackwards))
    log.error(facts, 'the database is in an older state than before');
  else log.warn(facts, 'the database server changed; acknowledged entries were checked');
}
