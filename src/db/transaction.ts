// inTransaction: the only way to open a transaction, and the only place that retries one.
import { type Ctx, insideTransaction, type TxCtx } from '../context.ts';

export const MAX_ATTEMPTS = 4;
const RETRY_BASE_MS = 5;
/** serialization_failure and deadlock_detected: PostgreSQL rolled back and asks for another try. */
const RETRYABLE = new Set(['40001', '40P01']);

/**
 * Runs `work` with a context whose `db` is one transaction; joins the transaction that is open already.
 * Only the outermost call retries, so `work` must do nothing but SQL and enqueueing.
 */
export async function inTransaction<T>(ctx: Ctx, work: (ctx: TxCtx) => Promise<T>): Promise<T> {
  if (isTx(ctx)) return work(ctx);
  const { result, effects } = await commit(ctx, work);
  // Out of reach of the retries: what is committed must not run again.
  for (const effect of effects) effect();
  return result;
}

type Effect = () => void;

async function commit<T>(
  ctx: Ctx,
  work: (ctx: TxCtx) => Promise<T>,
): Promise<{ result: T; effects: readonly Effect[] }> {
  for (let attempt = 1; ; attempt += 1) {
    const effects: Effect[] = [];
    const afterCommit = (effect: Effect) => effects.push(effect);
    try {
      const result = await ctx.db
        .transaction()
        .execute((db) => work(insideTransaction(ctx, { db, afterCommit })));
      return { result, effects };
    } catch (error) {
      const sql_state = sqlState(error);
      if (attempt >= MAX_ATTEMPTS || !RETRYABLE.has(sql_state ?? '')) throw error;
      ctx.log.warn({ attempt, sql_state }, 'transaction rolled back, trying again');
      await pause(RETRY_BASE_MS * 2 ** attempt * (0.5 + Math.random()));
    }
  }
}

function isTx(ctx: Ctx): ctx is TxCtx {
  return 'afterCommit' in ctx;
}

/** No SQLSTATE begins with E; the codes of system errors do, EPIPE among them. */
const SQL_STATE = /^(?!E)[0-9A-Z]{5}$/;

/** SQLSTATE of an error that came from PostgreSQL. */
export function sqlState(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && SQL_STATE.test(code) ? code : undefined;
}

/** Name of the constraint or unique index that refused a row. */
export function violatedConstraint(error: unknown): string | undefined {
  const name = error instanceof Error && 'constraint' in error ? error.constraint : undefined;
  return typeof name === 'string' ? name : undefined;
}

function pause(duration_ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, duration_ms));
}
