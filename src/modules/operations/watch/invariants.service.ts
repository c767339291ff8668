// The standing watch over what must always hold: one invariant at a time, each for a bounded time, found numbers kept for the
// metrics. `check-invariants` names the rows.
import type pg from 'pg';
import type { Ctx } from '../../../context.ts';
import { connectClient } from '../../../db/client.ts';
import type { Invariant } from '../../../db/invariants/invariant.ts';
import { sqlState } from '../../../db/transaction.ts';
import { MINUTE_MS, SECOND_MS } from '../../../lib/time.ts';
import {
  countViolations,
  forgetOtherChecks,
  listInvariantChecks,
  saveInvariantCheck,
} from '../operations.queries.ts';

/** Together less than the job may take. */
const DEFAULT_LIMITS = { each_ms: 30 * SECOND_MS, total_ms: 4 * MINUTE_MS };
const QUERY_CANCELED = '57014';

export interface CheckLimits {
  /** For one invariant; one that takes longer keeps its last result and goes first next time. */
  readonly each_ms: number;
  /** None is begun after this. */
  readonly total_ms: number;
}

/** Checks all `invariants`, or as many as the limits let, those that were not checked for longest first. */
export async function watchInvariants(
  ctx: Ctx,
  invariants: readonly Invariant[],
  limits: CheckLimits = DEFAULT_LIMITS,
): Promise<void> {
  const sorted = await sortByAge(ctx, invariants);
  const client = await connect(ctx, limits.each_ms);
  const started_ms = performance.now();
  try {
    for (const invariant of sorted) {
      if (performance.now() - started_ms > limits.total_ms) {
        ctx.log.warn({ first: invariant.name }, 'no time left for the other invariants');
        return;
      }
      await watchInvariant(ctx, client, invariant);
    }
  } finally {
    await client.end();
  }
}

async function sortByAge(ctx: Ctx, invariants: readonly Invariant[]): Promise<Invariant[]> {
  await forgetOtherChecks(
    ctx.db,
    invariants.map(({ name }) => name),
  );
  const checked = (await listInvariantChecks(ctx.db)).map(({ invariant }) => invariant);
  return invariants.toSorted((a, b) => checked.indexOf(a.name) - checked.indexOf(b.name));
}

/** A connection of its own: those of the pool have no patience with statements that read everything. */
async function connect(ctx: Ctx, each_ms: number): Promise<pg.Client> {
  const { DATABASE_URL, DATABASE_DIRECT_URL = DATABASE_URL } = ctx.config;
  if (DATABASE_DIRECT_URL === undefined)
    throw new Error('the address of the database is not known');
  return connectClient({
    connectionString: DATABASE_DIRECT_URL,
    statement_timeout: each_ms,
    // For a server that no longer answers at all.
    query_timeout: each_ms + SECOND_MS,
    application_name: 'freshbytes-invariants',
  });
}

async function watchInvariant(ctx: Ctx, client: pg.Client, watched: Invariant): Promise<void> {
  const invariant = watched.name;
  const checked_at = ctx.clock.now();
  try {
    const violations = await countViolations(client, watched, checked_at);
    await saveInvariantCheck(ctx.db, { invariant, violations, checked_at });
    if (violations > 0) ctx.log.error({ invariant, violations }, 'an invariant does not hold');
  } catch (err) {
    if (sqlState(err) !== QUERY_CANCELED) throw err;
    ctx.log.warn({ err, invariant }, 'an invariant takes too long to check');
  }
}
