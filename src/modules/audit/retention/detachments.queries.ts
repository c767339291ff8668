// SQL over audit_detached_seals: where the chain goes on behind what retention took out of the log.
import { sql } from 'kysely';
import type { Db, DbTransaction } from '../../../db/database.ts';
import { microseconds } from '../seals/seals.queries.ts';
import type { ChainHead, Detachment } from '../seals/seals.rules.ts';

export type StoredDetachment = Detachment & { readonly mac: Buffer };

/** What took the seal with this number out, if anything did. */
export async function findDetachment(db: Db, seq: number): Promise<StoredDetachment | undefined> {
  const { rows } = await sql<StoredDetachment>`
    SELECT d.first_seq, d.last_seq, d.hash_before, d.hash_after, d.partition_name, d.key_id, d.mac,
      ${microseconds('d.detached_at')} AS detached_at_us
    FROM audit_detached_seals d
    WHERE d.first_seq <= ${seq} AND d.last_seq >= ${seq}
    ORDER BY d.first_seq DESC LIMIT 1`.execute(db);
  return rows[0];
}

export async function insertDetachments(
  db: DbTransaction,
  detachments: readonly StoredDetachment[],
  detached_at: Date,
): Promise<void> {
  const rows = detachments.map(({ detached_at_us: _, ...stored }) => ({ ...stored, detached_at }));
  if (rows.length > 0) await db.insertInto('audit_detached_seals').values(rows).execute();
}

export interface DetachedPart {
  readonly seals: number;
  readonly partitions: number;
  /** The last seal among them. */
  readonly head: ChainHead;
}

/** All that retention has taken out so far; undefined where it has taken nothing. */
export async function findDetachedPart(db: Db): Promise<DetachedPart | undefined> {
  const { rows } = await sql<ChainHead & { seals: number; partitions: number }>`
    SELECT last_seq AS seq, hash_after AS hash,
      (SELECT sum(last_seq - first_seq + 1) FROM audit_detached_seals)::bigint AS seals,
      (SELECT count(DISTINCT partition_name) FROM audit_detached_seals) AS partitions
    FROM audit_detached_seals ORDER BY last_seq DESC LIMIT 1`.execute(db);
  const [part] = rows;
  if (part === undefined) return undefined;
  const { seals, partitions, ...head } = part;
  return { seals, partitions, head };
}
