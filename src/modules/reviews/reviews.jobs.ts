// The reviews' share of the erasure of users.
import type { Ctx } from '../../context.ts';
import { defineJob, NoData } from '../../jobs/define.ts';
import { forgetErasedReviewers } from './reviews.service.ts';

export const forgetErasedReviewersJob = defineJob(
  { name: 'reviews.forget-erased', data: NoData, every: { seconds: 3600 } },
  (ctx: Ctx) => forgetErasedReviewers(ctx),
);
