// Which PostgreSQL answers, and how far it has come: what changes where a commit may have vanished.

import type pg from 'pg';

/** Identity and position of one server. */
export interface ServerMark {
  /** Made by initdb; a replica and a restored copy have it too. */
  readonly system: string;
  /** Of the database of the connection: a restore beside the old one makes another. */
  readonly database_oid: number;
  /** When the server was started. */
  readonly started_at: Date;
  /** Counted up by each promotion. */
  readonly timeline: number;
  /** Bytes of WAL on its disk, from the beginning of the cluster. */
  readonly flushed_bytes: number;
}

/** No row where the server is a standby. Everybody may call these functions. */
const READ_MARK = `
  SELECT (SELECT system_identifier::text FROM pg_control_system()) AS system,
    (SELECT oid::bigint FROM pg_database WHERE datname = current_database()) AS database_oid,
    pg_postmaster_start_time() AS started_at,
    ('x' || left(pg_walfile_name(pg_current_wal_flush_lsn()), 8))::bit(32)::integer AS timeline,
    pg_wal_lsn_diff(pg_current_wal_flush_lsn(), '0/0') AS flushed_bytes
  WHERE NOT pg_is_in_recovery()`;

/** @returns undefined where it is a standby that answers */
export async function readMark(
  db: Pick<pg.Client | pg.Pool, 'query'>,
): Promise<ServerMark | undefined> {
  const { rows } = await db.query<ServerMark>(READ_MARK);
  return rows[0];
}

export interface Change {
  readonly text: string;
  /** Whether no healthy server does so: what is there now is older than what was there before. */
  readonly isBackwards: boolean;
}

/** What is another than before; nothing where the same server went on. */
export function changesSince(before: ServerMark, now: ServerMark): readonly Change[] {
  if (before.system !== now.system)
    return [{ text: `another cluster (${before.system}, now ${now.system})`, isBackwards: false }];
  const changes: Change[] = [];
  const add = (text: string, isBackwards: boolean) => changes.push({ text, isBackwards });
  if (before.database_oid !== now.database_oid) add('another database of the same name', false);
  if (before.timeline !== now.timeline)
    add(`timeline ${before.timeline}, now ${now.timeline}`, now.timeline < before.timeline);
  else if (now.flushed_bytes < before.flushed_bytes)
    add(`${before.flushed_bytes - now.flushed_bytes} bytes of WAL less than before`, true);
  if (before.started_at.getTime() !== now.started_at.getTime())
    add(`started at ${now.started_at.toISOString()}`, false);
  return changes;
}
