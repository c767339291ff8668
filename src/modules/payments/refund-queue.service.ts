// Hands refunds that are booked to the job that carries them out.
import type { TxCtx } from '../../context.ts';
import { refundJob } from './payments.jobs.ts';
import type { RefundRow } from './payments.queries.ts';

/** Those that the provider has yet to carry out. */
export function queueRefunds(
  ctx: TxCtx,
  refunds: readonly Pick<RefundRow, 'id' | 'status'>[],
): Promise<void> {
  const pending = refunds.filter(({ status }) => status === 'PENDING');
  return ctx.jobs.enqueueAll(
    ctx.db,
    refundJob,
    pending.map(({ id }) => ({ refund_id: id })),
  );
}
