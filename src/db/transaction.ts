// inTransaction: the only way to open a transaction, and the only place that retries one.

import { type Ctx, insideTransaction, type TxCtx } from '../context.ts';
import { codeOf } from '../lib/errors.ts';
import { laneOf } from './database.ts';
import { TURN_TIMEOUT_MS, turnNeverCame } from './lanes.ts';

export const MAX_ATTEMPTS = 4;
const RETRY_BASE_MS = 5;
/** Between two looks at a lock that somebody holds for long. */
const HELD_UP_PAUSE_MS = 100;
/** serialization_failure and deadlock_detected: PostgreSQL rolled back and expects another try. */
const RETRYABLE = new Set(['40001', '40P01']);
/** lock_not_available: the wait for a lock took longer than LOCK_TIMEOUT_MS. */
export const LOCK_NOT_AVAILABLE = '55P03';

export interface TransactionOptions {
  /** Ids of what many may want at once, such as products: a crowd at one of them waits in memory, and nobody else with it. */
  readonly contendsFor?: readonly string[];
  /** `fail` where a lock that others hold is not worth waiting for: the error has the SQLSTATE LOCK_NOT_AVAILABLE. */
  readonly onLock?: 'wait' | 'fail';
}

/**
 * Runs `work` with a context whose `db` is one transaction; joins the transaction that is open already.
 * Only the outermost call waits for its turn and retries, so `work` must do nothing but SQL and enqueueing.
 * @throws Problem SERVICE_UNAVAILABLE where its turn, or what others hold, does not come within TURN_TIMEOUT_MS
 */
export async function inTransaction<T>(
  ctx: Ctx,
  work: (ctx: TxCtx) => Promise<T>,
  options: TransactionOptions = {},
): Promise<T> {
  if (isTx(ctx)) return work(ctx);
  const { result, effects } = await commit(ctx, work, options);
  // Out of reach of the retries: what is committed must not run again.
  for (const effect of effects) effect();
  return result;
}

type Effect = () => void;
interface Committed<T> {
  readonly result: T;
  readonly effects: readonly Effect[];
}

async function commit<T>(
  ctx: Ctx,
  work: (ctx: TxCtx) => Promise<T>,
  { contendsFor = [], onLock = 'wait' }: TransactionOptions,
): Promise<Committed<T>> {
  const lane = laneOf(ctx.db);
  const ends_at_ms = performance.now() + TURN_TIMEOUT_MS;
  let wasHeldUp = false;
  let conflicts = 0;
  for (;;) {
    const timeout_ms = ends_at_ms - performance.now();
    try {
      return await lane.run({ contendsFor, wasHeldUp, timeout_ms }, () => attempt(ctx, work));
    } catch (error) {
      const sql_state = sqlState(error) ?? '';
      if (sql_state === LOCK_NOT_AVAILABLE && onLock === 'wait') {
        // The connection is back in the pool: whoever holds the lock is waited for here.
        wasHeldUp = true;
        await waitForLock(ends_at_ms);
        continue;
      }
      conflicts += 1;
      if (conflicts >= MAX_ATTEMPTS || !RETRYABLE.has(sql_state)) throw error;
      ctx.log.warn({ attempt: conflicts, sql_state }, 'transaction rolled back, trying again');
      await pause(RETRY_BASE_MS * 2 ** conflicts * (0.5 + Math.random()));
    }
  }
}

async function waitForLock(ends_at_ms: number): Promise<void> {
  await pause(HELD_UP_PAUSE_MS * (0.5 + Math.random()));
  if (performance.now() >= ends_at_ms) throw turnNeverCame();
}

async function attempt<T>(ctx: Ctx, work: (ctx: TxCtx) => Promise<T>): Promise<Committed<T>> {
  const effects: Effect[] = [];
  const afterCommit = (effect: Effect) => effects.push(effect);
  const result = await ctx.db
    .transaction()
    .execute((db) => work(insideTransaction(ctx, { db, afterCommit })));
  return { result, effects };
}

function isTx(ctx: Ctx): ctx is TxCtx {
  return 'afterCommit' in ctx;
}

/** No SQLSTATE begins with E; the codes of system errors do, EPIPE among them. */
const SQL_STATE = /^(?!E)[0-9A-Z]{5}$/;

/** SQLSTATE of an error that came from PostgreSQL. */
export function sqlState(error: unknown): string | undefined {
  const code = codeOf(error);
  return code !== undefined && SQL_STATE.test(code) ? code : undefined;
}

/** Name of the constraint or unique index that refused a row. */
export function violatedConstraint(error: unknown): string | undefined {
  const name = error instanceof Error && 'constraint' in error ? error.constraint : undefined;
  return typeof name === 'string' ? name : undefined;
}

function pause(duration_ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, duration_ms));
}
