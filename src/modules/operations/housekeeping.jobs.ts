// Housekeeping: what has outlived its use is swept, what is counted is added up, what must hold is checked.
import type { Ctx } from '../../context.ts';
import type { Invariant } from '../../db/invariants/invariant.ts';
import { forgetExpiredAnswers } from '../../http/intake/idempotency.ts';
import { defineJob, NoData } from '../../jobs/define.ts';
import { foldBusinessCounts } from './operations.queries.ts';
import { watchAudit } from './watch/audit-watch.service.ts';
import { watchInvariants } from './watch/invariants.service.ts';

export const forgetExpiredAnswersJob = defineJob(
  { name: 'operations.forget-answers', data: NoData, every: { seconds: 600 } },
  (ctx: Ctx) => forgetExpiredAnswers(ctx),
);

/** Partial sums that one statement adds up. */
const FOLD_BATCH = 10_000;

/** Keeps what each scrape adds up short. */
export const foldBusinessCountsJob = defineJob(
  { name: 'operations.fold-business-counts', data: NoData, every: { seconds: 60 } },
  async (ctx: Ctx) => {
    while ((await foldBusinessCounts(ctx.db, FOLD_BATCH)) === FOLD_BATCH);
  },
);

export const watchInvariantsJob = (invariants: readonly Invariant[]) =>
  defineJob(
    { name: 'operations.watch-invariants', data: NoData, every: { seconds: 600 } },
    (ctx: Ctx) => watchInvariants(ctx, invariants),
  );

/** Four times a day: a log of ten million entries takes four minutes. */
export const watchAuditJob = defineJob(
  {
    name: 'operations.watch-audit',
    data: NoData,
    every: { seconds: 21_600 },
    expireSeconds: 3_600,
  },
  (ctx: Ctx) => watchAudit(ctx),
);
