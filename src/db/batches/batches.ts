// workThrough: how jobs take rows that are due. One row that fails or is locked costs nobody else their turn.
import type { Ctx } from '../../context.ts';
import { createTurns } from '../../lib/flow/turns.ts';
import { SECOND_MS } from '../../lib/time.ts';
import type { Db } from '../database.ts';
import { LOCK_NOT_AVAILABLE, sqlState } from '../transaction.ts';
import { findRowsToRetry, setRowAside, takeBackIn } from './set-aside.queries.ts';

/** Rows that are looked up at once. */
export const BATCH_SIZE = 200;
/** A run ends soon after this and leaves the rest to the next: jobs have time limits. */
const RUN_BUDGET_MS = 60 * SECOND_MS;
/** Who holds a lock lets go sooner than a fault is fixed. */
const LOCKED_RETRY = { first_ms: 5 * SECOND_MS, longest_ms: 60 * SECOND_MS };
const FAILED_RETRY = { first_ms: 15 * SECOND_MS, longest_ms: 3_600 * SECOND_MS };

export interface DueRow {
  readonly id: string;
  /** Ids of what it locks and others may hold, such as products: where one of these is locked, the rest need not be tried. */
  readonly locks?: readonly string[];
}

export interface Batch {
  /** Under which rows are set aside; the name of the job. */
  readonly job: string;
  /** Rows that are due and not set aside (`isNotSetAside`), those first that have been due for longest. */
  readonly find: (db: Db, limit: number) => Promise<readonly DueRow[]>;
  /** Brings these rows forward, in a transaction with IN_BATCH. Harmless where a row is no longer due. */
  readonly work: (ctx: Ctx, ids: readonly string[]) => Promise<void>;
  /** Rows that are worked on together; a group that fails is halved until the row that fails is alone. 1 by default. */
  readonly groupSize?: number;
  /** Groups at work at once; those that share a lock take turns. 1 by default. */
  readonly concurrency?: number;
}

/** How a batch's transactions are opened: a row that others hold is set aside, and not waited for. */
export const IN_BATCH = { onLock: 'fail' } as const;

export interface BatchResult {
  readonly done: number;
  readonly setAside: number;
}

/** Works on everything that is due, and on what was set aside before and is due again. */
export async function workThrough(ctx: Ctx, batch: Batch): Promise<BatchResult> {
  const run = createRun(ctx, batch);
  const ends_at_ms = performance.now() + RUN_BUDGET_MS;
  const again = await findRowsToRetry(ctx.db, batch.job, {
    now: ctx.clock.now(),
    limit: BATCH_SIZE,
  });
  await run.takeAgain(again);
  while (performance.now() < ends_at_ms) {
    const rows = await batch.find(ctx.db, BATCH_SIZE);
    await run.take(rows);
    if (rows.length < BATCH_SIZE) break;
  }
  return run.result();
}

/** Works on these rows, due or not: what fails is set aside for the batch's own job. */
export async function workOnRows(
  ctx: Ctx,
  batch: Omit<Batch, 'find'>,
  ids: readonly string[],
): Promise<BatchResult> {
  const run = createRun(ctx, batch);
  await run.take(ids.map((id) => ({ id })));
  return run.result();
}

/** One run over the rows of a batch: what it did, and which locks it found taken. */
function createRun(ctx: Ctx, batch: Omit<Batch, 'find'>) {
  const { job, work, groupSize = 1, concurrency = 1 } = batch;
  const turns = createTurns({
    slots: concurrency,
    slotsPerKey: 1,
    maxWaiting: Number.POSITIVE_INFINITY,
    onRefused: () => new Error(`${job}: a group waited too long`),
  });
  const taken = new Set<string>();
  const locked = new Set<string>();
  const done = new Set<string>();
  let setAside = 0;

  async function postpone(row: DueRow, error: unknown): Promise<void> {
    const isLocked = sqlState(error) === LOCK_NOT_AVAILABLE;
    const reason = sqlState(error) ?? (error instanceof Error ? error.name : typeof error);
    if (isLocked) for (const lock of row.locks ?? []) locked.add(lock);
    const waits = isLocked ? LOCKED_RETRY : FAILED_RETRY;
    const now = ctx.clock.now();
    const attempts = await setRowAside(ctx.db, { job, row_id: row.id, reason, now, ...waits });
    setAside += 1;
    const fields = { job, row_id: row.id, attempts, err: error };
    if (isLocked) ctx.log.info(fields, 'row is locked and set aside');
    else ctx.log.warn(fields, 'row failed and is set aside');
  }

  async function takeGroup(rows: readonly DueRow[], retried: boolean): Promise<void> {
    const known = rows[0]?.locks?.some((lock) => locked.has(lock)) ?? false;
    const ids = rows.map((row) => row.id);
    try {
      if (known) throw new KnownLock();
      await work(ctx, ids);
      for (const id of ids) done.add(id);
      if (retried) await takeBackIn(ctx.db, job, ids);
    } catch (error) {
      const [first] = rows;
      if (rows.length === 1 && first !== undefined) return postpone(first, error);
      const middle = Math.ceil(rows.length / 2);
      await takeGroup(rows.slice(0, middle), retried);
      await takeGroup(rows.slice(middle), retried);
    }
  }

  async function takeAll(groups: readonly (readonly DueRow[])[], retried: boolean): Promise<void> {
    await Promise.all(
      groups.map((rows) =>
        turns.run({ keys: rows.flatMap((row) => row.locks ?? []), timeout_ms: NEVER_MS }, () =>
          takeGroup(rows, retried),
        ),
      ),
    );
  }

  return {
    async take(rows: readonly DueRow[]): Promise<void> {
      // What was worked on and is still due would be for ever.
      const stuck = rows.filter((row) => taken.has(row.id));
      for (const row of stuck) await postpone(row, new StillDue());
      const fresh = rows.filter((row) => !taken.has(row.id));
      for (const row of fresh) taken.add(row.id);
      const groups = [];
      for (let i = 0; i < fresh.length; i += groupSize) groups.push(fresh.slice(i, i + groupSize));
      await takeAll(groups, false);
    },
    takeAgain: (ids: readonly string[]) =>
      takeAll(
        ids.map((id) => [{ id }]),
        true,
      ),
    result: (): BatchResult => ({ done: done.size, setAside }),
  };
}

/** setTimeout's longest: a run has its own end. */
const NEVER_MS = 2 ** 31 - 1;

class StillDue extends Error {
  override readonly name = 'StillDue';
}

/** Another row of this run has just found its lock taken. */
class KnownLock extends Error {
  override readonly name = 'KnownLock';
  readonly code = LOCK_NOT_AVAILABLE;
}
