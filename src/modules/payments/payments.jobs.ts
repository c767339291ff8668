// The job that carries a refund to the provider.
import { Type } from 'typebox';
import type { OutsideCtx } from '../../context.ts';
import { defineJob } from '../../jobs/define.ts';
import { carryOutRefund } from './payments.service.ts';

export const refundJob = defineJob(
  { name: 'payments.refund', data: Type.Object({ refund_id: Type.String() }) },
  (ctx: OutsideCtx, { refund_id }) => carryOutRefund(ctx, refund_id),
);
