// SQL over set_aside_rows: what a job could not bring forward, left out of its batches until it is tried again.
import { type RawBuilder, type SqlBool, sql } from 'kysely';
import type { Db } from '../database.ts';
import { onlyRow } from '../rows.ts';

/** Whether a row of `job` is not set aside; `id` is an expression that names it. */
export function isNotSetAside(job: string, id: RawBuilder<unknown>): RawBuilder<SqlBool> {
  return sql<SqlBool>`NOT EXISTS (SELECT FROM set_aside_rows aside WHERE aside.job = ${job} AND aside.row_id = ${id})`;
}

/** Ids of rows whose next try has come, the longest due first. */
export async function findRowsToRetry(
  db: Db,
  job: string,
  { now, limit }: { now: Date; limit: number },
): Promise<string[]> {
  const rows = await db
    .selectFrom('set_aside_rows')
    .select('row_id')
    .where('job', '=', job)
    .where('retry_at', '<=', now)
    .orderBy('retry_at')
    .orderBy('row_id')
    .limit(limit)
    .execute();
  return rows.map((row) => row.row_id);
}

export interface SetAside {
  readonly job: string;
  readonly row_id: string;
  readonly reason: string;
  readonly now: Date;
  /** Wait before the first retry; doubled with each further one, up to `longest_ms`. */
  readonly first_ms: number;
  readonly longest_ms: number;
}

/** @returns how often the row has failed now */
export async function setRowAside(db: Db, aside: SetAside): Promise<number> {
  const { job, row_id, reason, now, first_ms, longest_ms } = aside;
  const wait = sql`make_interval(secs => least(${longest_ms}::float8, ${first_ms}::float8 * 2 ^ least(old.attempts, 30)) / 1000)`;
  const result = await sql<{ attempts: number }>`
    INSERT INTO set_aside_rows AS old (job, row_id, attempts, reason, set_aside_at, retry_at)
    VALUES (${job}, ${row_id}, 1, ${reason}, ${now}, ${now}::timestamptz + make_interval(secs => ${first_ms}::float8 / 1000))
    ON CONFLICT (job, row_id) DO UPDATE SET attempts = old.attempts + 1, reason = EXCLUDED.reason,
      retry_at = ${now}::timestamptz + ${wait}
    RETURNING attempts`.execute(db);
  return onlyRow(result).attempts;
}

/** What was set aside went through. */
export async function takeBackIn(db: Db, job: string, row_ids: readonly string[]): Promise<void> {
  await sql`DELETE FROM set_aside_rows WHERE job = ${job} AND row_id = ANY (${row_ids}::uuid[])`.execute(
    db,
  );
}

export interface SetAsideCount {
  readonly job: string;
  readonly rows: number;
  /** Since when the row is set aside that has been for longest. */
  readonly since: Date;
}

export async function countSetAside(db: Db): Promise<SetAsideCount[]> {
  const { rows } = await sql<SetAsideCount>`
    SELECT job, count(*)::integer AS rows, min(set_aside_at) AS since FROM set_aside_rows GROUP BY job ORDER BY job`.execute(
    db,
  );
  return rows;
}
