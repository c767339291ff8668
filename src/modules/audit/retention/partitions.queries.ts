// SQL over the partitions of the audit log: which there are, and taking one out. Months are those of UTC.
import { type RawBuilder, sql } from 'kysely';
import type { Db, DbTransaction } from '../../../db/database.ts';
import { onlyRow } from '../../../db/rows.ts';

/** One month or more of the log: a partition of entries, and one of their seals with the same bounds. */
export interface AuditPartition {
  readonly entries: string;
  readonly seals: string;
  /** The first id that is no longer in it. */
  readonly upper_id: string;
}

const nameOfSeals = sql<string>`replace(p.name, 'audit_entries_', 'audit_seals_')`;

/** @returns names of partitions that were made because they were missing */
export async function makePartitions(db: Db): Promise<number> {
  const result = await sql<{ made: number }>`SELECT make_audit_partitions() AS made`.execute(db);
  return onlyRow(result).made;
}

/** Whose last entry is `months` old at `now`; the oldest first. */
export async function listPartitionsOlderThan(
  db: Db,
  { months, now }: { readonly months: number; readonly now: Date },
): Promise<AuditPartition[]> {
  const { rows } = await sql<AuditPartition>`
    SELECT p.name AS entries, ${nameOfSeals} AS seals, p.upper_id
    FROM partitions_of('audit_entries') p
    WHERE p.upper_id <= first_id_at(month_start(${now}, ${-months}))
    ORDER BY p.upper_id`.execute(db);
  return rows;
}

/** Until when there is a partition for every entry, and whose months retention has not taken out. */
export async function readPartitionState(
  db: Db,
  { months, now }: { readonly months: number | undefined; readonly now: Date },
): Promise<{ readonly end: Date; readonly overdue: number | undefined }> {
  const result = await sql<{ end: Date; overdue: number }>`
    SELECT moment_of((array_agg(upper_id ORDER BY upper_id DESC))[1]) AS end,
      count(*) FILTER (WHERE upper_id <= first_id_at(month_start(${now}, ${-(months ?? 0)})))::integer AS overdue
    FROM partitions_of('audit_entries') WHERE upper_id IS NOT NULL`.execute(db);
  const { end, overdue } = onlyRow(result);
  return { end, overdue: months === undefined ? undefined : overdue };
}

/** In the schema where partitions lie. */
export function partitionTable(name: string): RawBuilder<unknown> {
  return sql.id('partitions', name);
}

/** That of the function which makes partitions. */
const PARTITIONS_LOCK = 7_305_811;

/**
 * Nobody adds to the partition from here on until the transaction ends; everything else goes on, but for the making of
 * partitions and another retention.
 */
export async function freezePartition(db: DbTransaction, found: AuditPartition): Promise<void> {
  await sql`SELECT pg_advisory_xact_lock(${PARTITIONS_LOCK})`.execute(db);
  await sql`LOCK TABLE ${partitionTable(found.entries)}, ${partitionTable(found.seals)} IN SHARE MODE`.execute(
    db,
  );
}

export interface PartitionCounts {
  readonly entries: number;
  readonly seals: number;
  /** Whether the last seal of the chain lies in it. */
  readonly holds_head: boolean;
}

export async function countPartition(
  db: DbTransaction,
  { entries, seals }: AuditPartition,
): Promise<PartitionCounts> {
  const result = await sql<PartitionCounts>`
    SELECT (SELECT count(*) FROM ${partitionTable(entries)}) AS entries,
      (SELECT count(*) FROM ${partitionTable(seals)}) AS seals,
      (SELECT max(seq) FROM ${partitionTable(seals)}) IS NOT DISTINCT FROM (SELECT max(seq) FROM audit_seals)
        AND EXISTS (SELECT FROM ${partitionTable(seals)}) AS holds_head`.execute(db);
  return onlyRow(result);
}

/**
 * Takes both tables out of the log, into the schema `archive`. Everybody waits while it does, for milliseconds.
 * @throws DatabaseError LOCK_NOT_AVAILABLE where others hold the log for seconds
 */
export async function detachPartition(
  db: DbTransaction,
  { entries, seals }: AuditPartition,
): Promise<void> {
  await sql`SELECT lock_exclusively('audit_seals', 'audit_entries')`.execute(db);
  for (const [table, name] of [
    ['audit_seals', seals],
    ['audit_entries', entries],
  ] as const) {
    await sql`ALTER TABLE ${sql.table(table)} DETACH PARTITION ${partitionTable(name)}`.execute(db);
    await sql`ALTER TABLE ${partitionTable(name)} SET SCHEMA archive`.execute(db);
  }
}
