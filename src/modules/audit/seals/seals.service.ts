// Sealing the audit log into a hash chain, and checking that nothing in it was changed since.
import type { Ctx, Services } from '../../../context.ts';
import { inTransaction } from '../../../db/transaction.ts';
import {
  type DetachedPart,
  findDetachedPart,
  findDetachment,
} from '../retention/detachments.queries.ts';
import {
  countWaiting,
  findChainHead,
  findSealHash,
  insertSeals,
  listEntryStates,
  listRemovedWaiting,
  listSealed,
  listWaiting,
  tryLockSealing,
} from './seals.queries.ts';
import {
  type AuditBreak,
  breaksAt,
  CHAIN_START,
  type ChainHead,
  formatHead,
  hashOf,
  isGenuine,
  type Seal,
  type SealedEntry,
  type SealKeys,
  sealKeys,
} from './seals.rules.ts';

export type { DetachedPart } from '../retention/detachments.queries.ts';
export {
  type AuditBreak,
  type ChainHead,
  describeBreak,
  formatHead,
  parseHead,
} from './seals.rules.ts';

/** Entries in one transaction, some milliseconds long. */
export const SEALING_BATCH = 1_000;
/** Of one run; what is left is the next one's. */
const MAX_BATCHES = 200;
/** Seals, or entries, in one statement of a verification. */
export const VERIFYING_BATCH = 5_000;
/** More breaks than this are counted, but not named. */
export const MAX_NAMED_BREAKS = 20;
const US_PER_MS = 1_000n;

/**
 * Seals every entry that has no seal yet. Where another process is sealing, leaves it to that.
 * The new head goes to the log: kept outside the database, it shows when the chain is cut off behind it.
 * @returns how many entries were sealed
 */
export async function sealEntries(ctx: Ctx): Promise<number> {
  let sealed = 0;
  let head: ChainHead | undefined;
  for (let batch = 0; batch < MAX_BATCHES; batch += 1) {
    const seals = await sealBatch(ctx);
    sealed += seals.length;
    head = seals.at(-1) ?? head;
    if (seals.length < SEALING_BATCH) break;
  }
  if (head !== undefined)
    ctx.log.info({ sealed, audit_head: formatHead(head) }, 'audit entries sealed');
  return sealed;
}

/** All of the batch, or nothing: the chain never holds half of it. */
function sealBatch(ctx: Ctx): Promise<readonly Seal[]> {
  const { current } = sealKeys(ctx.config);
  return inTransaction(ctx, async ({ db, clock }) => {
    if (!(await tryLockSealing(db))) return [];
    // Statements of their own: their snapshots are younger than the lock, so that they see the last sealer's work.
    let previous: ChainHead = (await findChainHead(db)) ?? CHAIN_START;
    const waiting = await listWaiting(db, SEALING_BATCH);
    if (waiting.length === 0) return [];
    const sealed_at = clock.now();
    const sealed_at_us = String(BigInt(sealed_at.getTime()) * US_PER_MS);
    const seals = waiting.map(({ id, entry }) => {
      const link = { seq: previous.seq + 1, entry_id: id, key_id: current.id, sealed_at_us };
      const hash = hashOf(current.key, { previous: previous.hash, seal: link, entry });
      const seal: Seal = { ...link, hash };
      previous = seal;
      return seal;
    });
    await insertSeals(db, seals, sealed_at);
    return seals;
  });
}

export interface AuditVerdict {
  readonly sealed: number;
  /** What retention has taken out before, and the chain is followed from; undefined where it goes back to its first seal. */
  readonly detached: DetachedPart | undefined;
  /** Entries that wait for their seal: these cannot be checked yet. */
  readonly unsealed: number;
  readonly head: (ChainHead & { readonly sealed_at: Date }) | undefined;
  readonly broken: number;
  /** The first MAX_NAMED_BREAKS: along the chain, then what never came into it. */
  readonly breaks: readonly AuditBreak[];
}

export interface VerifyOptions {
  /** A head that was published before; the chain must still hold it. */
  readonly head?: ChainHead | undefined;
  /** Called with how many seals have been checked, after each batch. */
  readonly onProgress?: (checked: number) => void;
}

/**
 * Checks the whole log while it is being written: each seal against its entry and the seal before, then that each
 * entry is sealed or waits. Reads in batches, without a transaction around them.
 */
export async function verifyAudit(
  { db, config }: Pick<Services, 'db' | 'config'>,
  { head: published, onProgress }: VerifyOptions = {},
): Promise<AuditVerdict> {
  const breaks: AuditBreak[] = [];
  let broken = 0;
  const note = (found: readonly AuditBreak[]) => {
    broken += found.length;
    breaks.push(...found.slice(0, MAX_NAMED_BREAKS - breaks.length));
  };
  const head = await findChainHead(db);
  const keys = sealKeys(config);
  const sealed = await walkChain({ db, keys }, { last: head?.seq ?? 0, note, onProgress });
  const detached = await findDetachedPart(db);
  // Retention never takes the last seal: there was one behind whatever it took.
  if (detached !== undefined && (head?.seq ?? 0) <= detached.head.seq)
    note([{ kind: 'seals_gone', from: detached.head.seq + 1, to: detached.head.seq + 1 }]);
  if (published !== undefined) note(await breaksOfHead({ db, keys }, published));
  await walkEntries(db, note);
  const removed = await listRemovedWaiting(db);
  note(removed.map((entry_id) => ({ kind: 'entry_gone_unsealed', entry_id })));
  const unsealed = (await countWaiting(db)) - removed.length;
  return { sealed, detached, unsealed, head, broken, breaks };
}

interface Chain {
  readonly db: Services['db'];
  readonly keys: SealKeys;
}

interface Walk {
  readonly last: number;
  readonly note: (found: readonly AuditBreak[]) => void;
  readonly onProgress: VerifyOptions['onProgress'];
}

/** Each seal is held against the one that stands before it, so that one forged link is one break and not all that follow. */
async function walkChain(chain: Chain, { last, note, onProgress }: Walk): Promise<number> {
  let previous: ChainHead = CHAIN_START;
  let checked = 0;
  let batch: readonly SealedEntry[];
  do {
    const range = { after: previous.seq, last, limit: VERIFYING_BATCH };
    batch = await listSealed(chain.db, range);
    for (const link of batch) {
      previous = await passDetached(chain, { previous, next_seq: link.seal.seq }, note);
      note(breaksAt(chain.keys, previous, link));
      previous = link.seal;
    }
    checked += batch.length;
    onProgress?.(checked);
  } while (batch.length >= VERIFYING_BATCH);
  return checked;
}

/**
 * From `previous` over what retention took out before seal `next_seq`. Asked for at the gap itself: a partition may be
 * detached while the log is read.
 */
async function passDetached(
  { db, keys }: Chain,
  { previous, next_seq }: { readonly previous: ChainHead; readonly next_seq: number },
  note: Walk['note'],
): Promise<ChainHead> {
  let at = previous;
  while (at.seq + 1 < next_seq) {
    const found = await findDetachment(db, at.seq + 1);
    if (found === undefined || found.last_seq >= next_seq) return at;
    if (!isGenuine(keys, at, found)) {
      note([{ kind: 'detachment_forged', from: found.first_seq, to: found.last_seq }]);
      return at;
    }
    at = { seq: found.last_seq, hash: found.hash_after };
  }
  return at;
}

async function breaksOfHead({ db, keys }: Chain, published: ChainHead): Promise<AuditBreak[]> {
  const { seq, hash } = published;
  const kept = await findSealHash(db, seq);
  if (kept?.equals(hash)) return [];
  const found = kept === undefined ? await findDetachment(db, seq) : undefined;
  if (found === undefined || !isGenuine(keys, { seq, hash }, found))
    return [{ kind: 'head_gone', seq }];
  if (found.last_seq > seq) return [{ kind: 'head_detached', seq }];
  return found.hash_after.equals(hash) ? [] : [{ kind: 'head_gone', seq }];
}

async function walkEntries(db: Services['db'], note: Walk['note']): Promise<void> {
  let states: { id: string; is_forgotten: boolean }[] = [];
  do {
    const after = states.at(-1)?.id;
    states = await listEntryStates(db, { after, limit: VERIFYING_BATCH });
    const forgotten = states.filter(({ is_forgotten }) => is_forgotten);
    note(forgotten.map(({ id }) => ({ kind: 'entry_never_sealed', entry_id: id })));
  } while (states.length === VERIFYING_BATCH);
}
