// SQL over audit_seals and audit_unsealed. What walks the log does so in batches, whatever its length.
import { type RawBuilder, sql } from 'kysely';
import type { Db, DbTransaction } from '../../../db/database.ts';
import type { ChainHead, EntryText, Seal, SealedEntry } from './seals.rules.ts';

/** Any number that no other lock of ours uses. */
const SEALING_LOCK = 7_305_810;
export interface AuditTables {
  readonly entries: RawBuilder<unknown>;
  readonly seals: RawBuilder<unknown>;
}
const LOG: AuditTables = { entries: sql.table('audit_entries'), seals: sql.table('audit_seals') };
/** A uuid below any that is made. */
const LOWEST_ID = '00000000-0000-0000-0000-000000000000';

/** Each column of audit_entries as text that holds all of it, whatever the session's settings. */
export const ENTRY_TEXT: Readonly<Record<string, RawBuilder<string | null>>> = {
  id: sql`e.id::text`,
  actor_id: sql`e.actor_id::text`,
  actor_role: sql`e.actor_role`,
  action: sql`e.action`,
  object_type: sql`e.object_type`,
  object_id: sql`e.object_id`,
  // A parsed number would lose what JavaScript cannot hold; jsonb's own text is canonical.
  changes: sql`e.changes::text`,
  ip_prefix: sql`e.ip_prefix`,
  request_id: sql`e.request_id`,
  created_at: microseconds('e.created_at'),
};
// JSON and not text[], which the driver parses character by character.
const entryText = sql`json_build_array(${sql.join(Object.values(ENTRY_TEXT))})`;
const COLUMNS = Object.keys(ENTRY_TEXT);

export function microseconds(column: string): RawBuilder<string | null> {
  // Not as bigint, which would fail for an entry at `infinity`, and with it all sealing.
  return sql`trunc(extract(epoch FROM ${sql.ref(column)}) * 1000000)::text`;
}

function textOf(values: readonly (string | null)[]): EntryText {
  return Object.fromEntries(COLUMNS.map((column, i) => [column, values[i] ?? null]));
}

/** One process seals at a time. @returns false where another is at it; held until the transaction ends */
export async function tryLockSealing(db: DbTransaction): Promise<boolean> {
  const { rows } = await sql<{
    locked: boolean;
  }>`SELECT pg_try_advisory_xact_lock(${SEALING_LOCK}) AS locked`.execute(db);
  return rows[0]?.locked === true;
}

export function findChainHead(db: Db): Promise<(ChainHead & { sealed_at: Date }) | undefined> {
  return db
    .selectFrom('audit_seals')
    .select(['seq', 'hash', 'sealed_at'])
    .orderBy('seq', 'desc')
    .limit(1)
    .executeTakeFirst();
}

/**
 * The entry with the id in `column`, looked up by itself: joined freely, a batch may be planned as a scan of the whole
 * log, over and over. `LIMIT` keeps the planner from that.
 */
function entryById(column: string, entries = LOG.entries): RawBuilder<unknown> {
  return sql`LATERAL (SELECT ${entryText} AS entry FROM ${entries} e WHERE e.id = ${sql.ref(column)} LIMIT 1)`;
}

/** Entries that wait for a seal, oldest id first. */
export async function listWaiting(
  db: Db,
  limit: number,
): Promise<{ id: string; entry: EntryText }[]> {
  const { rows } = await sql<{ id: string; entry: (string | null)[] }>`
    SELECT u.entry_id AS id, found.entry
    FROM audit_unsealed u CROSS JOIN ${entryById('u.entry_id')} found
    ORDER BY u.entry_id LIMIT ${limit}`.execute(db);
  return rows.map(({ id, entry }) => ({ id, entry: textOf(entry) }));
}

/** Adds seals and takes their entries out of the queue, in one statement. */
export async function insertSeals(
  db: DbTransaction,
  seals: readonly Seal[],
  sealed_at: Date,
): Promise<void> {
  const rows = seals.map(({ seq, entry_id, key_id, hash }) => ({
    seq,
    entry_id,
    key_id,
    hash: hash.toString('hex'),
  }));
  await sql`
    WITH added AS (
      SELECT * FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS r (seq bigint, entry_id uuid, key_id text, hash text)
    ), taken AS (
      DELETE FROM audit_unsealed WHERE entry_id IN (SELECT entry_id FROM added)
    )
    INSERT INTO audit_seals (seq, entry_id, key_id, hash, sealed_at)
    SELECT seq, entry_id, key_id, decode(hash, 'hex'), ${sealed_at} FROM added`.execute(db);
}

export interface SealRange {
  readonly after: number;
  readonly last: number;
  /** A few more where seals have the number of the last one: none of those may be passed over. */
  readonly limit: number;
}

/** Seals behind `after` up to `last`, in order, each with its entry: of the whole log, or of one partition of it. */
export async function listSealed(
  db: Db,
  { after, last, limit }: SealRange,
  { seals, entries }: AuditTables = LOG,
): Promise<SealedEntry[]> {
  const { rows } = await sql<Seal & { entry: (string | null)[] | null }>`
    SELECT s.seq, s.hash, s.entry_id, s.key_id, ${microseconds('s.sealed_at')} AS sealed_at_us, found.entry
    FROM (
      SELECT * FROM ${seals} WHERE seq > ${after} AND seq <= ${last} ORDER BY seq FETCH FIRST (${limit}) ROWS WITH TIES
    ) s
    LEFT JOIN ${entryById('s.entry_id', entries)} found ON true
    ORDER BY s.seq`.execute(db);
  return rows.map(({ entry, ...seal }) => ({
    seal,
    entry: entry === null ? undefined : textOf(entry),
  }));
}

export async function findSealHash(db: Db, seq: number): Promise<Buffer | undefined> {
  const seal = await db
    .selectFrom('audit_seals')
    .select('hash')
    .where('seq', '=', seq)
    .executeTakeFirst();
  return seal?.hash;
}

/**
 * The next `limit` entries by id, and whether each has neither a seal nor a place in the queue. One statement, one
 * snapshot: an entry that is being sealed is never between the two.
 */
export async function listEntryStates(
  db: Db,
  { after = LOWEST_ID, limit }: { after: string | undefined; limit: number },
): Promise<{ id: string; is_forgotten: boolean }[]> {
  // Scalar subqueries, since EXISTS may be planned as a scan of all seals for each batch.
  const { rows } = await sql<{ id: string; is_forgotten: boolean }>`
    SELECT e.id, (SELECT s.seq FROM audit_seals s WHERE s.entry_id = e.id) IS NULL
      AND (SELECT u.entry_id FROM audit_unsealed u WHERE u.entry_id = e.id) IS NULL AS is_forgotten
    FROM audit_entries e WHERE e.id > ${after} ORDER BY e.id LIMIT ${limit}`.execute(db);
  return rows;
}

/** How many entries wait. */
export async function countWaiting(db: Db): Promise<number> {
  const { waiting } = await db
    .selectFrom('audit_unsealed')
    .select((eb) => eb.fn.countAll<number>().as('waiting'))
    .executeTakeFirstOrThrow();
  return waiting;
}

/** Entries that were removed while they waited. */
export async function listRemovedWaiting(db: Db): Promise<string[]> {
  const rows = await db
    .selectFrom('audit_unsealed as u')
    .leftJoin('audit_entries as e', 'e.id', 'u.entry_id')
    .select('u.entry_id')
    .where('e.id', 'is', null)
    .orderBy('u.entry_id')
    .execute();
  return rows.map(({ entry_id }) => entry_id);
}
