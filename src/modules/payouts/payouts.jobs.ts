// The clock's share of payouts: approved runs are carried out, and months that are over are closed.
import type { Ctx } from '../../context.ts';
import { defineJob, NoData } from '../../jobs/define.ts';
import { closeMonths } from './balances/balances.service.ts';
import { START_JOB, startPayouts } from './runs/runs.service.ts';

export const startPayoutsJob = defineJob(
  { name: START_JOB, data: NoData, every: { seconds: 30 } },
  (ctx: Ctx) => startPayouts(ctx),
);

export const closeMonthsJob = defineJob(
  { name: 'payouts.close-months', data: NoData, every: { seconds: 3600 } },
  (ctx: Ctx) => closeMonths(ctx),
);
