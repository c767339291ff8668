// Payout runs: drafted over all available balances at one moment, approved by a second admin, then carried out seller by seller.
import { type Ctx, signedIn, type TxCtx } from '../../../context.ts';
import { IN_BATCH, workThrough } from '../../../db/batches/batches.ts';
import { insertTogether } from '../../../db/insert-together.ts';
import type { Page, PageRequest } from '../../../db/paging/paging.ts';
import { inTransaction } from '../../../db/transaction.ts';
import { newId } from '../../../lib/ids.ts';
import { notFound } from '../../../lib/problem.ts';
import { plusMs } from '../../../lib/time.ts';
import { auditRow } from '../../audit/audit.service.ts';
import type { JournalEntry } from '../../ledger/ledger.rules.ts';
import { journalRows } from '../../ledger/ledger.service.ts';
import { payoutPaid, payoutReturned, payoutStarted } from '../../ledger/payout-entries.rules.ts';
import { eventRows } from '../../notifications/notifications.service.ts';
import { readBalance } from '../balances/balances.queries.ts';
import { balanceOf } from '../balances/balances.rules.ts';
import { claimsFrom, requireOwnSeller } from '../balances/balances.service.ts';
import { lockAccount } from '../destinations/destinations.queries.ts';
import { HOLD_MS } from '../destinations/destinations.service.ts';
import { ownRun, payoutEnded, runDecided } from '../payouts.errors.ts';
import { canEnd, type PayoutOutcome, railFor, reasonToSkip } from '../payouts.rules.ts';
import {
  decideRun,
  findPayable,
  findPayout,
  findPayoutPage,
  findPayoutsOfRun,
  findPayoutsToStart,
  findRun,
  findRunPage,
  insertPayouts,
  isSellerVerified,
  lockPayout,
  lockRun,
  type PayableSeller,
  type PayoutRow,
  type PayoutRunRow,
  skipPayouts,
  updatePayout,
} from './runs.queries.ts';

export type { PayoutRow, PayoutRunRow } from './runs.queries.ts';

const CENTAVOS = 100;
/** Under which payouts are set aside: the name of the job. */
export const START_JOB = 'payouts.start';

export interface PayoutRun {
  readonly run: PayoutRunRow;
  readonly payouts: readonly PayoutRow[];
}

/** Drafts a payout of everything available to each seller, where it is the minimum or more. Moves nothing. */
export function createPayoutRun(ctx: Ctx): Promise<PayoutRun> {
  const { user_id } = signedIn(ctx);
  return inTransaction(ctx, async (ctx) => {
    const now = ctx.clock.now();
    const minimum_centavos = ctx.config.PAYOUT_MINIMUM * CENTAVOS;
    const payable = await findPayable(ctx.db, {
      minimum_centavos,
      claims_from: claimsFrom(ctx),
      unchanged_since: plusMs(now, -HOLD_MS),
    });
    const run = {
      id: newId(),
      status: 'DRAFT' as const,
      minimum_centavos,
      payout_count: payable.length,
      total_centavos: payable.reduce((sum, one) => sum + one.available_centavos, 0),
      created_by: user_id,
      created_at: now,
      decided_by: null,
      decided_at: null,
    };
    await insertTogether(ctx.db, {
      payout_runs: [run],
      audit_entries: [runAudit(ctx, run.id, [null, 'DRAFT'])],
    });
    await insertPayouts(
      ctx.db,
      payable.map((seller) => draftPayout(run, seller)),
    );
    return getPayoutRun(ctx, run.id);
  });
}

function draftPayout(
  run: { readonly id: string; readonly created_at: Date },
  { changed_at: _changed, available_centavos, ...account }: PayableSeller,
) {
  return {
    id: newId(),
    run_id: run.id,
    ...account,
    status: 'DRAFT' as const,
    amount_centavos: available_centavos,
    rail: railFor(available_centavos),
    reference: null,
    reason: null,
    created_at: run.created_at,
    updated_at: run.created_at,
  };
}

/** @throws Problem NOT_FOUND */
export async function getPayoutRun(ctx: Ctx, id: string): Promise<PayoutRun> {
  const run = await findRun(ctx.db, id);
  if (run === undefined) throw notFound('payout run');
  return { run, payouts: await findPayoutsOfRun(ctx.db, id) };
}

export function listPayoutRuns(ctx: Ctx, page: PageRequest): Promise<Page<PayoutRunRow>> {
  return findRunPage(ctx.db, page);
}

/** @throws Problem NOT_FOUND for everybody but the seller and admins */
export async function listPayouts(
  ctx: Ctx,
  seller_id: string,
  page: PageRequest,
): Promise<Page<PayoutRow>> {
  await requireOwnSeller(ctx, seller_id);
  return findPayoutPage(ctx.db, seller_id, page);
}

/**
 * A second admin lets the money go; a job sends it, seller by seller.
 * @throws Problem NOT_FOUND, FORBIDDEN for who created it, CONFLICT where it is decided already
 */
export function approvePayoutRun(ctx: Ctx, id: string): Promise<PayoutRun> {
  return decide(ctx, id, 'APPROVED');
}

/** @throws Problem NOT_FOUND, CONFLICT where it is decided already */
export function cancelPayoutRun(ctx: Ctx, id: string): Promise<PayoutRun> {
  return decide(ctx, id, 'CANCELLED');
}

function decide(ctx: Ctx, id: string, status: 'APPROVED' | 'CANCELLED'): Promise<PayoutRun> {
  const { user_id } = signedIn(ctx);
  return inTransaction(ctx, async (ctx) => {
    const run = await lockRun(ctx.db, id);
    if (run === undefined) throw notFound('payout run');
    if (run.status !== 'DRAFT') throw runDecided(run.status);
    if (status === 'APPROVED' && run.created_by === user_id) throw ownRun();
    const decided_at = ctx.clock.now();
    await decideRun(ctx.db, id, { status, decided_by: user_id, decided_at });
    if (status === 'CANCELLED') await skipPayouts(ctx.db, id, decided_at);
    await insertTogether(ctx.db, {
      audit_entries: [runAudit(ctx, id, ['DRAFT', status])],
      outbox_messages: eventRows(ctx, [
        { topic: `payout_run.${status.toLowerCase()}`, payload: { payout_run_id: id } },
      ]),
    });
    return getPayoutRun(ctx, id);
  });
}

function runAudit(ctx: TxCtx, object_id: string, status: readonly [string | null, string]) {
  const [before, after] = status;
  return auditRow(ctx, {
    action: `payout_run.${before === null ? 'created' : after.toLowerCase()}`,
    object_type: 'payout_run',
    object_id,
    changes: { status },
  });
}

/** Takes what approved runs pay out of each seller's balance, in a transaction a seller. */
export async function startPayouts(ctx: Ctx): Promise<void> {
  await workThrough(ctx, {
    job: START_JOB,
    find: (db, limit) => findPayoutsToStart(db, { job: START_JOB, limit }),
    work: async (ctx, ids) => {
      for (const id of ids) await startPayout(ctx, id);
    },
  });
}

async function startPayout(ctx: Ctx, id: string): Promise<void> {
  await inTransaction(
    ctx,
    async (ctx) => {
      const { payout, account } = await holdPayout(ctx, id);
      if (payout.status !== 'DRAFT') return;
      const { available_centavos } = balanceOf(
        await readBalance(ctx.db, payout.seller_id, claimsFrom(ctx)),
      );
      const reason = reasonToSkip(payout, {
        available_centavos,
        account_changed_at: account?.changed_at ?? ctx.clock.now(),
        isVerified: await isSellerVerified(ctx.db, payout.seller_id),
      });
      await write(ctx, payout, {
        status: reason === undefined ? 'STARTED' : 'SKIPPED',
        reason,
        entry: reason === undefined ? payoutStarted(payout) : undefined,
      });
    },
    IN_BATCH,
  );
}

export interface PayoutEnd {
  readonly outcome: PayoutOutcome;
  /** The bank's. */
  readonly reference?: string | undefined;
  readonly reason?: string | undefined;
}

/**
 * What the bank says of a payout. Money that is returned or never left is available again.
 * @throws Problem NOT_FOUND, CONFLICT where it cannot end like that
 */
export function endPayout(ctx: Ctx, id: string, end: PayoutEnd): Promise<PayoutRow> {
  return inTransaction(ctx, async (ctx) => {
    const { payout } = await holdPayout(ctx, id);
    if (!canEnd(payout.status, end.outcome)) throw payoutEnded(payout.status);
    return write(ctx, payout, {
      status: end.outcome,
      reason: end.reason,
      reference: end.reference,
      entry:
        end.outcome === 'PAID'
          ? payoutPaid(payout)
          : payoutReturned(payout, payout.status === 'PAID'),
    });
  });
}

/** The seller's account, then the payout: whoever moves a seller's money waits for the others. */
async function holdPayout(ctx: TxCtx, id: string) {
  const found = await findPayout(ctx.db, id);
  if (found === undefined) throw notFound('payout');
  const account = await lockAccount(ctx.db, found.seller_id);
  return { account, payout: await lockPayout(ctx.db, id) };
}

interface Step {
  readonly status: PayoutRow['status'];
  readonly reason: string | undefined;
  readonly reference?: string | undefined;
  readonly entry: JournalEntry | undefined;
}

async function write(ctx: TxCtx, before: PayoutRow, step: Step): Promise<PayoutRow> {
  const { status, entry } = step;
  const payout = await updatePayout(ctx.db, before.id, {
    status,
    reason: step.reason ?? before.reason,
    reference: step.reference ?? before.reference,
    updated_at: ctx.clock.now(),
  });
  const what = `payout.${status.toLowerCase()}`;
  const { id, seller_id } = payout;
  await insertTogether(ctx.db, {
    ...journalRows(ctx, entry === undefined ? [] : [entry]),
    audit_entries: [
      auditRow(ctx, {
        action: what,
        object_type: 'payout',
        object_id: id,
        changes: { status: [before.status, status] },
      }),
    ],
    outbox_messages: eventRows(ctx, [{ topic: what, payload: { payout_id: id, seller_id } }]),
  });
  return payout;
}
