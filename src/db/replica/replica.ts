// Public reads on a streaming replica: given only what it provably has, and otherwise the leader (docs/adr/0024-read-replica.md).

import type { Config } from '../../config.ts';
import { BreakerOpen, createBreaker } from '../../lib/flow/breaker.ts';
import { withDeadline } from '../../lib/flow/deadline.ts';
import { createTurns } from '../../lib/flow/turns.ts';
import { isProblem, type Problem } from '../../lib/problem.ts';
import { type Clock, SECOND_MS } from '../../lib/time.ts';
import type { Log } from '../../telemetry/log.ts';
import { type Db, openDatabase, POOL_TIMEOUT_MS } from '../database.ts';
import { turnNeverCame } from '../lanes.ts';
import { readPosition, sharePosition, whenReplayed } from './replica-position.ts';
import { watchReplica } from './replica-watch.ts';

/** What a replica has not answered by then, beyond the lag that it may have, is read from the leader. */
const READ_TIMEOUT_MS = 1_000;
/** After so many reads in a row that failed there, whatever the reason, none is tried for a while. */
const BREAKER_FAILURES = 3;
const BREAKER_COOLDOWN_MS = 2 * SECOND_MS;
/** Reads that wait for the leader's half; whoever comes then could not be served in time. */
const MAX_WAITING = 1_000;

export interface ReplicaOptions {
  readonly url: string;
  /** The leader, as requests reach it. */
  readonly leaderUrl: string;
  /** Connections to the replica; reads that it does not take get half as many to the leader at a time. */
  readonly poolSize: number;
  /** Longest wait of a read for the replica to hold all that was committed when it began. */
  readonly maxLag_ms: number;
  readonly clock: Clock;
  readonly log: Pick<Log, 'info' | 'warn'>;
  /** Called with the text of every statement that reads send to the replica. */
  readonly onStatement?: (sql: string) => void;
}

export interface ReplicaState {
  readonly isInUse: boolean;
  /** Undefined where nobody knows. */
  readonly lag_ms: number | undefined;
  /** Reads since the start, by the server that answered them. */
  readonly reads: { readonly replica: number; readonly leader: number };
  /** Those of the leader that were tried on the replica first. */
  readonly failedReads: number;
  /** Reads that wait for a connection to the replica or for their turn at the leader. */
  readonly waiting: number;
}

export interface Replica {
  /** Its connections. Reads go through `read` alone. */
  readonly db: Db;
  /**
   * Runs `work`, which must only read, on one connection to the replica once that holds everything committed before the
   * call; on the leader where the replica does not, or fails, whereupon `work` runs once more.
   * @throws what `work` throws, Problem SERVICE_UNAVAILABLE where no turn comes at the leader
   */
  read<T>(handles: { replica: Db; leader: Db }, work: (db: Db) => Promise<T>): Promise<T>;
  state(): ReplicaState;
  close(): Promise<void>;
}

/** Connects in the background; until the replica is found fit the leader is read. */
export function openReplica(options: ReplicaOptions): Replica {
  const { url, leaderUrl, poolSize, maxLag_ms, clock, log } = options;
  const patience_ms = maxLag_ms + READ_TIMEOUT_MS;
  const onError = (err: Error) => log.warn({ err }, 'a connection to the replica broke');
  const limits = { poolTimeout_ms: patience_ms, statementTimeout_ms: patience_ms };
  const { onStatement } = options;
  const { db, pool } = openDatabase({
    url,
    poolSize,
    onError,
    ...limits,
    ...(onStatement === undefined ? {} : { onStatement }),
  });
  // Connections of their own: what is busy must not pass for late.
  const watched = openDatabase({ url, poolSize: 1, onError, ...limits });
  const leader = openDatabase({ url: leaderUrl, poolSize: 1, onError, ...limits });
  const position = sharePosition(() => readPosition(leader.db));
  const watch = watchReplica({ replica: watched.db, position, maxLag_ms, log });
  const breaker = createBreaker({
    failures: BREAKER_FAILURES,
    cooldown_ms: BREAKER_COOLDOWN_MS,
    clock,
  });
  // A replica that goes away must not fill the leader's connections with what it did before.
  const slots = Math.max(1, Math.floor(poolSize / 2));
  const turns = createTurns({
    slots,
    slotsPerKey: slots,
    maxWaiting: MAX_WAITING,
    onRefused: turnNeverCame,
  });
  const count = { replica: 0, leader: 0, failed: 0 };
  const isInUse = () => watch.isFit() && !breaker.isOpen();

  const attempt = async <T>(replica: Db, work: (db: Db) => Promise<T>): Promise<Outcome<T>> => {
    const needed = await withDeadline(
      position(),
      patience_ms,
      'the leader does not return its WAL position',
    );
    return breaker.run(() => {
      const outcome = replica.connection().execute(async (connection) => {
        await whenReplayed(connection, needed, maxLag_ms);
        return outcomeOf(work(connection));
      });
      return withDeadline(outcome, patience_ms, 'the replica took too long');
    });
  };
  const tryReplica = async <T>(replica: Db, work: (db: Db) => Promise<T>) => {
    try {
      return await attempt(replica, work);
    } catch (err) {
      // The replica was not queried.
      if (err instanceof BreakerOpen) return undefined;
      count.failed += 1;
      watch.look();
      log.warn({ err }, 'a public read goes to the leader: the replica failed');
      return undefined;
    }
  };

  return {
    db,
    async read({ replica, leader }, work) {
      const outcome = isInUse() ? await tryReplica(replica, work) : undefined;
      count[outcome === undefined ? 'leader' : 'replica'] += 1;
      if (outcome === undefined)
        return turns.run({ keys: [], timeout_ms: POOL_TIMEOUT_MS }, () => work(leader));
      if ('refusal' in outcome) throw outcome.refusal;
      return outcome.value;
    },
    state: () => ({
      isInUse: isInUse(),
      lag_ms: watch.lag_ms(),
      reads: { replica: count.replica, leader: count.leader },
      failedReads: count.failed,
      waiting: pool.waitingCount + turns.waitingCount,
    }),
    close: async () => {
      await watch.close();
      await Promise.all([pool, watched.pool, leader.pool].map((each) => each.end()));
    },
  };
}

/** The replica that the settings name, if they name one. */
export function openReplicaOf(
  config: Config,
  rest: Pick<ReplicaOptions, 'clock' | 'log' | 'onStatement'>,
): Replica | undefined {
  const { DATABASE_REPLICA_URL: url, DATABASE_URL: leaderUrl } = config;
  if (url === undefined || leaderUrl === undefined) return undefined;
  const { DATABASE_POOL_SIZE: poolSize, DATABASE_REPLICA_MAX_LAG_MS: maxLag_ms } = config;
  return openReplica({ ...rest, url, leaderUrl, poolSize, maxLag_ms });
}

/** A refusal is an answer too, and no failure of the replica. */
type Outcome<T> = { readonly value: T } | { readonly refusal: Problem };

const FAULTS_FROM = 500;

async function outcomeOf<T>(work: Promise<T>): Promise<Outcome<T>> {
  try {
    return { value: await work };
  } catch (error) {
    if (isProblem(error) && error.kind.status < FAULTS_FROM) return { refusal: error };
    throw error;
  }
}
