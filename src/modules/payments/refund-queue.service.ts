// Hands a refund that the books have to the job that carries it out.
import type { TxCtx } from '../../context.ts';
import { refundJob } from './payments.jobs.ts';

export function queueRefund(ctx: TxCtx, refund_id: string): Promise<void> {
  return ctx.jobs.enqueue(ctx.db, refundJob, { refund_id });
}
