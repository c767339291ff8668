// Whether a replica holds all that its leader had committed at some moment: decided by positions in the write-ahead log, never
// by clocks, which show nothing while the leader is idle.
import { setTimeout as pause } from 'node:timers/promises';
import { type Db, runNamed } from '../database.ts';

/** How far a leader was, and which leader it is. */
export interface Position {
  readonly lsn: string;
  readonly timeline: number;
  readonly system_id: string;
  readonly started_at: string;
}

/** Between two looks at a replica that is not there yet: grows from the first to the last. */
const FIRST_PAUSE_MS = 1;
const LAST_PAUSE_MS = 16;
/** One question in so long is enough for however many want to know. */
const ASK_INTERVAL_MS = 5;

/** What follows cannot be read in place of the leader, whatever it holds. */
export class ReplicaUnfit extends Error {
  override readonly name: string = 'ReplicaUnfit';
}

/** It follows the leader and is too far behind. */
export class ReplicaBehind extends ReplicaUnfit {
  override readonly name = 'ReplicaBehind';
}

/**
 * All that anybody can see on the leader by now lies before this position. A commit is seen once it is on disk, or at once
 * where `synchronous_commit` is off.
 * @throws Error where the server leads nobody or does not answer
 */
export async function readPosition(leader: Db): Promise<Position> {
  const [position] = await runNamed<Position>(
    leader,
    'leader_position',
    `SELECT
      CASE current_setting('synchronous_commit')
        WHEN 'off' THEN pg_current_wal_insert_lsn() ELSE pg_current_wal_flush_lsn()
      END::text AS lsn,
      ('x' || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8))::bit(32)::integer AS timeline,
      (SELECT system_identifier FROM pg_control_system())::text AS system_id,
      pg_postmaster_start_time()::text AS started_at`,
    [],
  );
  if (position === undefined) throw new Error('the leader did not return its WAL position');
  return position;
}

interface Look {
  /** Why it can never stand for that leader; null where it can. */
  readonly fault: string | null;
  readonly has_replayed: boolean | null;
}

/**
 * A server that left recovery writes a history of its own, in which positions mean something else: it stands for the leader
 * only where it is the leader. The same holds for one that follows on another timeline. A role that may not see the
 * receiver's timeline sees the one of the last restart point, which is late after a failover and never early.
 */
async function lookAt(replica: Db, { lsn, timeline, system_id, started_at }: Position) {
  const [look] = await runNamed<Look>(
    replica,
    'replica_position',
    `SELECT
      CASE
        WHEN system_id <> $3 THEN 'is a copy of another cluster'
        WHEN NOT is_following AND started_at <> $4 THEN 'follows nobody'
        WHEN is_following AND timeline <> $2 THEN 'is on another timeline than the leader'
      END AS fault,
      NOT is_following OR replayed_lsn >= $1::pg_lsn AS has_replayed
    FROM (
      SELECT
        pg_is_in_recovery() AS is_following,
        pg_last_wal_replay_lsn() AS replayed_lsn,
        (SELECT system_identifier FROM pg_control_system())::text AS system_id,
        pg_postmaster_start_time()::text AS started_at,
        coalesce(
          (SELECT received_tli FROM pg_stat_wal_receiver),
          greatest(
            (SELECT timeline_id FROM pg_control_checkpoint()),
            (SELECT min_recovery_end_timeline FROM pg_control_recovery())
          )
        ) AS timeline
      OFFSET 0
    ) AS server`,
    [lsn, timeline, system_id, started_at],
  );
  return look;
}

/**
 * Returns once `replica`, a single connection, holds everything before `position`.
 * @throws ReplicaBehind where that takes longer than `maxLag_ms`, ReplicaUnfit where it can never be
 */
export async function whenReplayed(
  replica: Db,
  position: Position,
  maxLag_ms: number,
): Promise<void> {
  const began_at_ms = performance.now();
  for (let pause_ms = FIRST_PAUSE_MS; ; pause_ms = Math.min(2 * pause_ms, LAST_PAUSE_MS)) {
    const look = await lookAt(replica, position);
    if (look?.fault) throw new ReplicaUnfit(`the replica ${look.fault}`);
    if (look?.has_replayed) return;
    if (performance.now() - began_at_ms >= maxLag_ms)
      throw new ReplicaBehind(`the replica is more than ${maxLag_ms} ms behind the leader`);
    await pause(pause_ms);
  }
}

/**
 * Lets those who want to know at once share one answer, and nobody one to a question that was asked before theirs: what was
 * committed in between would be missing in it.
 */
export function sharePosition(ask: () => Promise<Position>): () => Promise<Position> {
  let asked_at_ms = Number.NEGATIVE_INFINITY;
  let asked: Promise<unknown> = Promise.resolve();
  let toAsk: Promise<Position> | undefined;
  const askNext = async () => {
    // Whoever called before gets its failure.
    await asked.catch(() => {});
    const early_ms = asked_at_ms + ASK_INTERVAL_MS - performance.now();
    if (early_ms > 0) await pause(early_ms);
    toAsk = undefined;
    asked_at_ms = performance.now();
    const answer = ask();
    asked = answer;
    return answer;
  };
  return () => {
    toAsk ??= askNext();
    return toAsk;
  };
}
