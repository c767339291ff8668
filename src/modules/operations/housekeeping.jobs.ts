// Sweeping: what has outlived its use is deleted a batch at a time.
import type { Ctx } from '../../context.ts';
import { forgetExpiredAnswers } from '../../http/idempotency.ts';
import { defineJob, NoData } from '../../jobs/define.ts';

export const forgetExpiredAnswersJob = defineJob(
  { name: 'operations.forget-answers', data: NoData, every: { seconds: 600 } },
  (ctx: Ctx) => forgetExpiredAnswers(ctx),
);
