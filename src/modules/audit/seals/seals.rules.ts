// The chain of seals as pure functions: keys, what a hash covers, and where a chain breaks.
import { createHmac, hkdfSync } from 'node:crypto';
import type { Config } from '../../../config.ts';
import { keyRing } from '../../../lib/keys/key-ring.ts';

/** Before the first seal. */
export const CHAIN_START: ChainHead = { seq: 0, hash: Buffer.alloc(32) };
const KEY_BYTES = 32;
const KEY_ID_LENGTH = 16;

/** Names and keys of everything that may have sealed; the first one seals. */
export interface SealKeys {
  readonly current: { readonly id: string; readonly key: Buffer };
  readonly byId: ReadonlyMap<string, Buffer>;
}

/** A seal's place and hash; all that is needed to go on, and to detect whether a chain was cut behind it. */
export interface ChainHead {
  readonly seq: number;
  readonly hash: Buffer;
}

/** Columns of an entry as PostgreSQL writes them; times in microseconds since the epoch. */
export type EntryText = Readonly<Record<string, string | null>>;

export interface Seal extends ChainHead {
  readonly entry_id: string;
  readonly key_id: string;
  /** Microseconds since the epoch. */
  readonly sealed_at_us: string;
}

export interface SealedEntry {
  readonly seal: Seal;
  /** Absent where the entry is gone. */
  readonly entry: EntryText | undefined;
}

/** One place where the log is not what was written. */
export type AuditBreak =
  | {
      readonly kind: 'entry_changed' | 'entry_gone';
      readonly seq: number;
      readonly entry_id: string;
    }
  | {
      readonly kind: 'key_unknown';
      readonly seq: number;
      readonly entry_id: string;
      readonly key_id: string;
    }
  | { readonly kind: 'seal_doubled'; readonly seq: number; readonly entry_id: string }
  | {
      readonly kind: 'seals_gone' | 'detachment_forged';
      readonly from: number;
      readonly to: number;
    }
  | { readonly kind: 'head_gone' | 'head_detached'; readonly seq: number }
  | { readonly kind: 'entry_never_sealed' | 'entry_gone_unsealed'; readonly entry_id: string };

/**
 * Keys from AUDIT_SEAL_SECRETS and, behind them, APP_SECRET: what was sealed before the first was set stays readable.
 * @throws Error where neither is set
 */
export function sealKeys({ AUDIT_SEAL_SECRETS, APP_SECRET }: Config): SealKeys {
  const secrets = [AUDIT_SEAL_SECRETS, APP_SECRET].flatMap((list) => (list ? keyRing(list) : []));
  const keys = secrets.map(deriveKey);
  const [current] = keys;
  if (current === undefined) throw new Error('APP_SECRET is not set: it keys the seals of the log');
  return { current, byId: new Map(keys.map(({ id, key }) => [id, key])) };
}

function deriveKey(secret: string): { id: string; key: Buffer } {
  const key = Buffer.from(hkdfSync('sha256', secret, '', 'freshbytes:audit-seals', KEY_BYTES));
  const id = createHmac('sha256', key).update('key id').digest('hex').slice(0, KEY_ID_LENGTH);
  return { id, key };
}

/**
 * HMAC-SHA-256 over the seal before, this seal's place and time, and the whole entry. Members that are null are left
 * out, so that a column that is added later changes no hash until it holds something.
 */
export function hashOf(
  key: Buffer,
  link: { readonly previous: Buffer; readonly seal: Omit<Seal, 'hash'>; readonly entry: EntryText },
): Buffer {
  const { previous, seal, entry } = link;
  const members = Object.entries(entry)
    .filter(([, value]) => value !== null)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const text = JSON.stringify([
    previous.toString('hex'),
    seal.seq,
    seal.entry_id,
    seal.sealed_at_us,
    members,
  ]);
  return createHmac('sha256', key).update(text).digest();
}

/** What is wrong with the link that should follow `previous`; more than one thing, or nothing. */
export function breaksAt(keys: SealKeys, previous: ChainHead, link: SealedEntry): AuditBreak[] {
  const { seal, entry } = link;
  const { seq, entry_id, key_id } = seal;
  // Of two seals with one number nobody knows which came first.
  if (seq === previous.seq) return [{ kind: 'seal_doubled', seq, entry_id }];
  const gap: AuditBreak[] =
    seq === previous.seq + 1 ? [] : [{ kind: 'seals_gone', from: previous.seq + 1, to: seq - 1 }];
  if (entry === undefined) return [...gap, { kind: 'entry_gone', seq, entry_id }];
  const key = keys.byId.get(key_id);
  if (key === undefined) return [...gap, { kind: 'key_unknown', seq, entry_id, key_id }];
  // Behind a gap this one cannot be checked: its hash covers a seal that is not there.
  if (gap.length > 0 || hashOf(key, { previous: previous.hash, seal, entry }).equals(seal.hash))
    return gap;
  return [{ kind: 'entry_changed', seq, entry_id }];
}

/** Seals `first_seq` to `last_seq`, which retention took out of the log together with their entries. */
export interface Detachment {
  readonly first_seq: number;
  readonly last_seq: number;
  /** Of the seal before the first, and of the last. */
  readonly hash_before: Buffer;
  readonly hash_after: Buffer;
  readonly partition_name: string;
  /** Microseconds since the epoch. */
  readonly detached_at_us: string;
  readonly key_id: string;
}

/** HMAC-SHA-256 over all of it; no link of a chain begins with this word. */
export function macOf(key: Buffer, detachment: Detachment): Buffer {
  const { first_seq, last_seq, hash_before, hash_after, ...rest } = detachment;
  const hashes = [hash_before.toString('hex'), hash_after.toString('hex')];
  const { partition_name, detached_at_us, key_id } = rest;
  const text = ['detached', first_seq, last_seq, ...hashes, partition_name, detached_at_us, key_id];
  return createHmac('sha256', key).update(JSON.stringify(text)).digest();
}

/**
 * Whether retention wrote it, and, where it begins right behind `previous`, whether it was taken out of this chain.
 * Within it there is nothing to compare: the rest of it went while the log was being read.
 */
export function isGenuine(
  keys: SealKeys,
  previous: ChainHead,
  { mac, ...detachment }: Detachment & { readonly mac: Buffer },
): boolean {
  const key = keys.byId.get(detachment.key_id);
  if (key === undefined || !macOf(key, detachment).equals(mac)) return false;
  return detachment.first_seq <= previous.seq || detachment.hash_before.equals(previous.hash);
}

/** `<seq>:<hash in hex>`, as the log and `verify-audit` print it. */
export function formatHead({ seq, hash }: ChainHead): string {
  return `${seq}:${hash.toString('hex')}`;
}

/** Undefined where it is not what `formatHead` makes. */
export function parseHead(text: string): ChainHead | undefined {
  const [, seq, hash] = /^([1-9]\d{0,14}):([0-9a-f]{64})$/.exec(text) ?? [];
  if (seq === undefined || hash === undefined) return undefined;
  return { seq: Number(seq), hash: Buffer.from(hash, 'hex') };
}

/** One sentence, naming entry and seal. */
export function describeBreak(found: AuditBreak): string {
  switch (found.kind) {
    case 'entry_changed':
      return `entry ${found.entry_id} (seal ${found.seq}) is not what was sealed: the entry or its seal was changed, moved or forged`;
    case 'entry_gone':
      return `entry ${found.entry_id} (seal ${found.seq}) was removed`;
    case 'key_unknown':
      return `entry ${found.entry_id} (seal ${found.seq}) was sealed with the secret ${found.key_id}, which is in neither AUDIT_SEAL_SECRETS nor APP_SECRET`;
    case 'seals_gone':
      return found.from === found.to
        ? `seal ${found.from} was removed`
        : `seals ${found.from} to ${found.to} were removed`;
    case 'seal_doubled':
      return `entry ${found.entry_id} has the number of another seal, ${found.seq}`;
    case 'detachment_forged':
      return `seals ${found.from} to ${found.to} are said to be detached, but not by retention, out of another chain, or with a secret that is not given`;
    case 'head_detached':
      return `seal ${found.seq}, which was published as a head, lies in what retention has detached: give a later head`;
    case 'head_gone':
      return `the chain does not hold the head that was published as seal ${found.seq}: it was cut off or replaced`;
    case 'entry_never_sealed':
      return `entry ${found.entry_id} has no seal and is kept from getting one`;
    case 'entry_gone_unsealed':
      return `entry ${found.entry_id} was removed before it was sealed`;
  }
}
