// SQL behind the metrics of the marketplace. Reads across modules; a scrape costs the same however much was sold.
import { sql } from 'kysely';
import type pg from 'pg';
import type { Db } from '../../db/database.ts';
import type { Invariant } from '../../db/invariants/invariant.ts';
import { onlyRow } from '../../db/rows.ts';

export interface BusinessNumbers {
  readonly active_users: number;
  readonly orders_created: number;
  readonly revenue_centavos: number;
  readonly products_viewed: number;
}

/**
 * Users who were here since `active_since`, signed out by now or not, and three totals that never fall: refunds and
 * cancellations are entries of their own.
 */
export async function readBusinessNumbers(db: Db, active_since: Date): Promise<BusinessNumbers> {
  const sumOf = (column: 'orders_created' | 'revenue_centavos' | 'products_viewed') =>
    sql<number>`coalesce(sum(${sql.ref(column)}), 0)`.as(column);
  const activeUsers = db
    .selectFrom('sessions')
    .select(sql<number>`count(DISTINCT user_id)`.as('users'))
    .where('last_used_at', '>=', active_since);
  return db
    .selectFrom('business_counts')
    .select([sumOf('orders_created'), sumOf('revenue_centavos'), sumOf('products_viewed')])
    .select(sql<number>`(${activeUsers})`.as('active_users'))
    .executeTakeFirstOrThrow();
}

/**
 * Adds partial sums up into one. Readers see either those or this, and writers go on adding meanwhile.
 * @returns how many it added up, at most `limit`
 */
export async function foldBusinessCounts(db: Db, limit: number): Promise<number> {
  const result = await sql<{ taken: number }>`
    WITH parts AS (
      DELETE FROM business_counts
      WHERE ctid = ANY (ARRAY(SELECT ctid FROM business_counts LIMIT ${limit} FOR UPDATE SKIP LOCKED)) RETURNING *
    ), folded AS (
      INSERT INTO business_counts (orders_created, revenue_centavos, products_viewed)
      SELECT sum(orders_created), sum(revenue_centavos), sum(products_viewed) FROM parts HAVING count(*) > 0
    )
    SELECT count(*)::integer AS taken FROM parts`.execute(db);
  return onlyRow(result).taken;
}

export interface OutboxBacklog {
  readonly depth: number;
  /** Age of the message that waits longest; 0 where none waits. */
  readonly oldest_seconds: number;
}

export async function readOutboxBacklog(db: Db, now: Date): Promise<OutboxBacklog> {
  const age = sql`extract(epoch FROM ${now}::timestamptz - min(created_at))`;
  return db
    .selectFrom('outbox_messages')
    .select(sql<number>`count(*)`.as('depth'))
    .select(sql<number>`greatest(coalesce(${age}, 0), 0)::float8`.as('oldest_seconds'))
    .where('dispatched_at', 'is', null)
    .executeTakeFirstOrThrow();
}

/** One-time codes released for SMS since `moment`, which is never long ago. */
export async function countSmsCodes(db: Db, moment: Date): Promise<number> {
  const { count } = await db
    .selectFrom('one_time_codes')
    .select(sql<number>`count(*)::int`.as('count'))
    .where('purpose', '=', 'PHONE')
    .where('issued_at', '>', moment)
    .executeTakeFirstOrThrow();
  return count;
}

/** @param moment for which the rule is checked */
export async function countViolations(
  client: pg.Client,
  invariant: Invariant,
  moment: Date,
): Promise<number> {
  const { rows } = await client.query<{ violations: number }>(
    `SELECT count(*)::integer AS violations FROM (${invariant.sql}) AS violation`,
    invariant.takesMoment ? [moment] : [],
  );
  return rows.reduce((sum, { violations }) => sum + violations, 0);
}

/** Under which the verdict on the audit log is kept among the checks of invariants: another kind of check, as lasting. */
export const AUDIT_CHAIN = 'audit chain';

export interface InvariantCheck {
  readonly invariant: string;
  readonly violations: number;
  readonly checked_at: Date;
}

/** The last check of each invariant, the one that waits longest first. */
export function listInvariantChecks(db: Db): Promise<InvariantCheck[]> {
  return db.selectFrom('invariant_checks').selectAll().orderBy('checked_at').execute();
}

export async function saveInvariantCheck(db: Db, check: InvariantCheck): Promise<void> {
  const { violations, checked_at } = check;
  await db
    .insertInto('invariant_checks')
    .values(check)
    .onConflict((conflict) => conflict.column('invariant').doUpdateSet({ violations, checked_at }))
    .execute();
}

export interface BackupRecord {
  readonly event: 'taken' | 'verified';
  readonly done_at: Date;
}

/** The last backup event of each kind; absent where none happened. */
export function listBackupRecords(db: Db): Promise<BackupRecord[]> {
  return db.selectFrom('backup_records').selectAll().execute();
}

/** Forgets invariants that are no more, or their last result would stay for ever. */
export async function forgetOtherChecks(db: Db, invariants: readonly string[]): Promise<void> {
  const kept = [...invariants, AUDIT_CHAIN];
  await db.deleteFrom('invariant_checks').where('invariant', 'not in', kept).execute();
}

export interface Replication {
  readonly replicas: number;
  /** Of the one that is furthest behind; 0 where none is, or nothing was written lately. */
  readonly lag_seconds: number;
}

/**
 * What the primary knows of its standbys. Backups that stream do not replay, and are none.
 * @returns undefined where the role may not see it: it takes `pg_read_all_stats`
 */
export async function findReplication(db: Db): Promise<Replication | undefined> {
  const { rows } = await sql<Replication>`
    SELECT count(*)::integer AS replicas,
      coalesce(extract(epoch FROM max(replay_lag)), 0)::float8 AS lag_seconds
    FROM pg_stat_replication WHERE replay_lsn IS NOT NULL
    HAVING pg_has_role(current_user, 'pg_read_all_stats', 'USAGE')`.execute(db);
  return rows[0];
}
