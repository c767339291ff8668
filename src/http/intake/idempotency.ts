// Idempotency keys: the first answer is kept in the transaction of its effect, and given again to every repeat.
import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import type { Ctx, TxCtx } from '../../context.ts';
import type { Db } from '../../db/database.ts';
import { changedRows } from '../../db/rows.ts';
import { inTransaction, type TransactionOptions } from '../../db/transaction.ts';
import {
  IDEMPOTENCY_IN_PROGRESS,
  IDEMPOTENCY_KEY_REQUIRED,
  IDEMPOTENCY_KEY_REUSED,
  Problem,
  VALIDATION_ERROR,
} from '../../lib/problem.ts';
import { DAY_MS, plusMs } from '../../lib/time.ts';

export const IDEMPOTENCY_LIFETIME_MS = DAY_MS;
/** Answers that one statement forgets. */
const FORGET_BATCH = 1_000;
const KEY = /^[\x21-\x7e]{1,255}$/;

export interface KeptAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The key that a request carries, checked; undefined where it carries none. */
export function idempotencyKey(
  header: string | string[] | undefined,
  isRequired: boolean,
): string | undefined {
  if (header === undefined) {
    if (!isRequired) return undefined;
    throw new Problem(
      IDEMPOTENCY_KEY_REQUIRED,
      'Send an Idempotency-Key header with a fresh random value, and the same one when you retry.',
    );
  }
  if (typeof header !== 'string' || !KEY.test(header)) {
    throw new Problem(
      VALIDATION_ERROR,
      'Idempotency-Key must be 1 to 255 visible ASCII characters.',
    );
  }
  return header;
}

/** What makes two requests the same: method, path and body, the members of which have no order. */
export function requestHash(request: { method: string; path: string; body: unknown }): Buffer {
  const body = JSON.stringify(canonical(request.body ?? null));
  return createHash('sha256').update(`${request.method} ${request.path}\n${body}`).digest();
}

/** Members in order, and files as their digests: as JSON the megabytes of an upload would hold up everybody else. */
function canonical(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Buffer.isBuffer(value)) return { sha256: createHash('sha256').update(value).digest('hex') };
  if (Array.isArray(value)) return value.map(canonical);
  const members = Object.entries(value).map(([name, member]) => [name, canonical(member)] as const);
  return Object.fromEntries(members.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The caller, the key, and the hash of the request. */
export interface KeyedRequest {
  readonly userId: string;
  readonly key: string;
  readonly hash: Buffer;
}

/**
 * The answer that is kept under a key, if there is one. Locking its row is a change, so that this transaction's commit waits
 * for the synchronous standby as the first one did: after a crash recovery the answer can be seen before a second disk has it.
 * @throws Problem IDEMPOTENCY_KEY_REUSED
 */
export async function findKeptAnswer(
  ctx: Ctx,
  request: KeyedRequest,
): Promise<KeptAnswer | undefined> {
  const kept = await ctx.db
    .selectFrom('idempotency_keys')
    .select(['request_hash', 'status', 'headers', 'body'])
    .where('user_id', '=', request.userId)
    .where('key', '=', request.key)
    .where('created_at', '>', plusMs(ctx.clock.now(), -IDEMPOTENCY_LIFETIME_MS))
    .forKeyShare()
    .executeTakeFirst();
  if (kept === undefined) return undefined;
  if (!kept.request_hash.equals(request.hash)) {
    throw new Problem(
      IDEMPOTENCY_KEY_REUSED,
      'This key was used for another request; use a fresh one.',
    );
  }
  const headers = kept.headers as Record<string, string>;
  return { status: kept.status, headers, body: kept.body };
}

/**
 * Runs `work` once per user and key. Only what succeeds is kept: a thrown problem rolls back and frees the key.
 * @returns the answer, and whether it is a replay
 * @throws Problem IDEMPOTENCY_IN_PROGRESS, IDEMPOTENCY_KEY_REUSED
 */
export function once(
  ctx: Ctx,
  request: KeyedRequest,
  work: (ctx: TxCtx) => Promise<KeptAnswer>,
  options: TransactionOptions = {},
): Promise<{ answer: KeptAnswer; isReplay: boolean }> {
  return inTransaction(ctx, (ctx) => answerOnce(ctx, request, work), options);
}

async function answerOnce(
  ctx: TxCtx,
  request: KeyedRequest,
  work: (ctx: TxCtx) => Promise<KeptAnswer>,
): Promise<{ answer: KeptAnswer; isReplay: boolean }> {
  const lock = await sql<{ locked: boolean }>`
    SELECT pg_try_advisory_xact_lock(hashtextextended(${`${request.userId}:${request.key}`}, 0)) AS locked`.execute(
    ctx.db,
  );
  if (lock.rows[0]?.locked !== true) throw inProgress();
  // A statement of its own: its snapshot must be younger than the lock, or it could miss the first answer.
  const kept = await findKeptAnswer(ctx, request);
  if (kept !== undefined) return { answer: kept, isReplay: true };
  const answer = await work(ctx);
  await keep(ctx, request, answer);
  return { answer, isReplay: false };
}

function inProgress(): Problem {
  return new Problem(
    IDEMPOTENCY_IN_PROGRESS,
    'Wait for the first request to end, then repeat it to get its answer.',
    { headers: { 'retry-after': '1' } },
  );
}

const underWay = new Set<string>();

/**
 * Runs `work` unless this process is at it under the same key, so that nothing is prepared twice at once. Between
 * processes only `once` decides, and what was prepared in vain is undone.
 * @throws Problem IDEMPOTENCY_IN_PROGRESS
 */
export async function unlessUnderWay<T>(
  { userId, key }: KeyedRequest,
  work: () => Promise<T>,
): Promise<T> {
  const name = `${userId}:${key}`;
  if (underWay.has(name)) throw inProgress();
  underWay.add(name);
  try {
    return await work();
  } finally {
    underWay.delete(name);
  }
}

async function keep(ctx: TxCtx, request: KeyedRequest, answer: KeptAnswer): Promise<void> {
  const row = {
    request_hash: request.hash,
    status: answer.status,
    headers: JSON.stringify(answer.headers),
    body: answer.body,
    created_at: ctx.clock.now(),
  };
  await ctx.db
    .insertInto('idempotency_keys')
    .values({ user_id: request.userId, key: request.key, ...row })
    // An expired key that no job has swept yet may be used again.
    .onConflict((oc) => oc.columns(['user_id', 'key']).doUpdateSet(row))
    .execute();
}

/** Forgets answers past their lifetime, some at a time; a job calls this. */
export async function forgetExpiredAnswers(ctx: Ctx): Promise<void> {
  const before = plusMs(ctx.clock.now(), -IDEMPOTENCY_LIFETIME_MS);
  while ((await deleteAnswersBefore(ctx.db, before)) === FORGET_BATCH);
}

/** Those that a repeat is using at this moment stay for the next time. */
async function deleteAnswersBefore(db: Db, moment: Date): Promise<number> {
  const result = await sql`
    DELETE FROM idempotency_keys WHERE ctid = ANY (ARRAY(
      SELECT ctid FROM idempotency_keys WHERE created_at < ${moment} LIMIT ${FORGET_BATCH} FOR UPDATE SKIP LOCKED))`.execute(
    db,
  );
  return changedRows(result);
}
