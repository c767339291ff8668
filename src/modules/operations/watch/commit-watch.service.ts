// The standing watch over what is acknowledged: each process looks whether the database is still the one that it was, and
// whenever it may be another or an older one, asks it for every deed that this process remembers.
import type { Pool } from 'pg';
import type { Services } from '../../../context.ts';
import { withClient } from '../../../db/client.ts';
import type { CommitMemory, CommittedDeed } from '../../../db/commits/commit-memory.ts';
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
const DEEDS_PER_LINE = 50;

interface CommitWatch {
  /** One look; the watch takes one by itself every LOOK_INTERVAL_MS. */
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
    const deeds = commits.list();
    const found = await withClient(connection, async (client) => {
      const present = await findPresentEntries(client, [...deeds, ...lost.list()].map(idOf));
      return present && { present, mark: await readMark(client) };
    });
    if (found?.mark === undefined) return commits.doubt();
    const { mark, present } = found;
    const changes = last === undefined ? [] : changesSince(last, mark);
    note(mark);
    compared_ms = performance.now();
    const missing = lost.compare(deeds, present);
    tellChanges(log, { changes, remembered: deeds.length, missing });
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
    lookOnce().catch((err) => log.debug({ err }, 'no look at the database'));
  const timer = setInterval(() => void lookQuietly(), LOOK_INTERVAL_MS).unref();
  // What was before the first commit is what later looks compare with.
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

const idOf = ({ entry_id }: CommittedDeed) => entry_id;

/** What was found missing, each told once, and told again where it is back. */
function createLosses({ commits, log }: Pick<CommitWatchOptions, 'commits' | 'log'>) {
  const lost = new Map<string, CommittedDeed>();
  return {
    list: () => [...lost.values()],
    /** @returns how many of `deeds` are missing */
    compare: (deeds: readonly CommittedDeed[], present: ReadonlySet<string>): number => {
      const back = [...lost.values()].filter((deed) => present.has(deed.entry_id));
      for (const { entry_id } of back) lost.delete(entry_id);
      if (back.length > 0)
        log.warn({ deeds: back.length }, 'deeds that were missing are there again');
      const missing = deeds.filter((deed) => !present.has(deed.entry_id));
      const news = missing.filter((deed) => !lost.has(deed.entry_id));
      for (const deed of news) lost.set(deed.entry_id, deed);
      commits.seen.missing += news.length;
      tellLosses(log, news);
      return missing.length;
    },
  };
}

function tellLosses(log: Services['log'], news: readonly CommittedDeed[]): void {
  const of = news.length;
  const orders = news.filter(({ action }) => action === 'order.placed').length;
  for (let start = 0; start < of; start += DEEDS_PER_LINE) {
    const deeds = news.slice(start, start + DEEDS_PER_LINE);
    log.fatal({ of, orders, deeds }, 'acknowledged deeds are gone from the database');
  }
}

interface Comparison {
  readonly changes: readonly Change[];
  readonly remembered: number;
  readonly missing: number;
}

function tellChanges(log: Services['log'], { changes, remembered, missing }: Comparison): void {
  if (changes.length === 0) return;
  const facts = { changes: changes.map(({ text }) => text), remembered, missing };
  if (changes.some(({ isBackwards }) => isBackwards))
    log.error(facts, 'the database is in an older state than before');
  else log.warn(facts, 'the database changed, and was asked for what was acknowledged');
}
