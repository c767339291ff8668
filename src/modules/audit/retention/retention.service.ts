// Retention of the audit log: whole partitions that are sealed, verified and old enough leave the log, and the chain of
// seals is followed from where they ended.
import type { Ctx, TxCtx } from '../../../context.ts';
import { inTransaction } from '../../../db/transaction.ts';
import { recordAudit } from '../audit.service.ts';
import { findSealHash, listSealed } from '../seals/seals.queries.ts';
import {
  type AuditBreak,
  breaksAt,
  CHAIN_START,
  type ChainHead,
  type Detachment,
  describeBreak,
  formatHead,
  macOf,
  type SealKeys,
  sealKeys,
} from '../seals/seals.rules.ts';
import { MAX_NAMED_BREAKS, VERIFYING_BATCH } from '../seals/seals.service.ts';
import { findDetachment, insertDetachments, type StoredDetachment } from './detachments.queries.ts';
import {
  type AuditPartition,
  countPartition,
  detachPartition,
  freezePartition,
  listPartitionsOlderThan,
  makePartitions,
  partitionTable,
} from './partitions.queries.ts';

export { readPartitionState } from './partitions.queries.ts';

const US_PER_MS = 1_000n;

/** Makes the partitions of the months to come, which nobody who writes waits for. */
export async function makeAuditPartitions(ctx: Ctx): Promise<void> {
  const made = await inTransaction(ctx, ({ db }) => makePartitions(db), { onLock: 'fail' });
  if (made > 0) ctx.log.info({ made }, 'partitions of the audit log made');
}

export interface DetachedPartition extends AuditPartition {
  readonly count: number;
  /** The seal before its first and its last; absent where it was empty. */
  readonly span?: { readonly before: ChainHead; readonly after: ChainHead };
}

export interface RetentionResult {
  readonly detached: readonly DetachedPartition[];
  /** The first that is due and could not go, and why; those behind it stay too. */
  readonly refused?: { readonly partition: AuditPartition; readonly reasons: readonly string[] };
}

/**
 * Detaches every partition whose last entry is `months` old, the oldest first, each in a transaction: into the schema
 * `archive`, from where somebody exports and drops it. Must run as the owner of the tables.
 * @throws DatabaseError LOCK_NOT_AVAILABLE where others hold the log for long, such as a dump
 */
export async function detachOldPartitions(ctx: Ctx, months: number): Promise<RetentionResult> {
  const detached: DetachedPartition[] = [];
  const due = await listPartitionsOlderThan(ctx.db, { months, now: ctx.clock.now() });
  for (const partition of due) {
    const result = await inTransaction(ctx, (ctx) => detachOne(ctx, partition), { onLock: 'fail' });
    if ('reasons' in result) return { detached, refused: { partition, ...result } };
    detached.push(result);
  }
  return { detached };
}

async function detachOne(
  ctx: TxCtx,
  partition: AuditPartition,
): Promise<DetachedPartition | { reasons: readonly string[] }> {
  const { db } = ctx;
  await freezePartition(db, partition);
  const counts = await countPartition(db, partition);
  // One seal an entry, and each seal's entry is there: the same number of both leaves none without a seal.
  if (counts.entries !== counts.seals)
    return { reasons: [`${counts.entries - counts.seals} entries are not sealed yet`] };
  if (counts.holds_head) return { reasons: ['it holds the last seal of the chain'] };
  const keys = sealKeys(ctx.config);
  const { runs, breaks } = await walkPartition({ db, keys }, partition);
  if (breaks.length > 0)
    return { reasons: breaks.slice(0, MAX_NAMED_BREAKS).map((found) => describeBreak(found)) };
  await detachPartition(db, partition);
  await recordDetachment(ctx, { keys, partition, runs });
  const [first, last] = [runs.at(0), runs.at(-1)];
  const span = first && last && { before: first.before, after: last.after };
  return { ...partition, count: counts.entries, ...(span && { span }) };
}

/** Seals that follow each other without a gap; `before` is the seal before the first of them. */
interface Run {
  readonly before: ChainHead;
  after: ChainHead;
}

/** Checks every seal of a partition as `verifyAudit` does, and finds the runs that they are. */
async function walkPartition(
  { db, keys }: { readonly db: TxCtx['db']; readonly keys: SealKeys },
  { seals, entries }: AuditPartition,
): Promise<{ runs: readonly Run[]; breaks: readonly AuditBreak[] }> {
  const tables = { seals: partitionTable(seals), entries: partitionTable(entries) };
  const runs: Run[] = [];
  const breaks: AuditBreak[] = [];
  let after = 0;
  for (;;) {
    const range = { after, last: Number.MAX_SAFE_INTEGER, limit: VERIFYING_BATCH };
    const batch = await listSealed(db, range, tables);
    for (const link of batch) {
      let run = runs.at(-1);
      if (run === undefined || run.after.seq !== link.seal.seq - 1) {
        const before = await findSealBefore(db, link.seal.seq);
        run = { before, after: before };
        runs.push(run);
      }
      breaks.push(...breaksAt(keys, run.after, link));
      run.after = { seq: link.seal.seq, hash: link.seal.hash };
    }
    if (batch.length < VERIFYING_BATCH) return { runs, breaks };
    after = batch.at(-1)?.seal.seq ?? after;
  }
}

/** In the log, or the last of what was detached; the start of the chain where there is none, which is then a gap. */
async function findSealBefore(db: TxCtx['db'], next_seq: number): Promise<ChainHead> {
  const seq = next_seq - 1;
  if (seq === CHAIN_START.seq) return CHAIN_START;
  const kept = await findSealHash(db, seq);
  if (kept !== undefined) return { seq, hash: kept };
  const found = await findDetachment(db, seq);
  return found?.last_seq === seq ? { seq, hash: found.hash_after } : CHAIN_START;
}

async function recordDetachment(
  ctx: TxCtx,
  { keys, partition, runs }: { keys: SealKeys; partition: AuditPartition; runs: readonly Run[] },
): Promise<void> {
  const { id: key_id, key } = keys.current;
  const detached_at = ctx.clock.now();
  const rows = runs.map(({ before, after }): StoredDetachment => {
    const detachment: Detachment = {
      first_seq: before.seq + 1,
      last_seq: after.seq,
      hash_before: before.hash,
      hash_after: after.hash,
      partition_name: partition.entries,
      detached_at_us: String(BigInt(detached_at.getTime()) * US_PER_MS),
      key_id,
    };
    return { ...detachment, mac: macOf(key, detachment) };
  });
  await insertDetachments(ctx.db, rows, detached_at);
  const [first, last] = [runs.at(0), runs.at(-1)];
  await recordAudit(ctx, {
    action: 'audit.detach',
    object_type: 'audit_partition',
    object_id: partition.entries,
    changes: first && last ? { chain: [formatHead(first.before), formatHead(last.after)] } : {},
  });
}
