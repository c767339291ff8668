// Refunds by hand: what is given back, and the payment as it is then.
import type { Ctx } from '../../../context.ts';
import { getPayment, type PaymentRow } from '../../payments/payments.service.ts';
import { decideRefund, type RefundInput } from '../decisions/refund.rules.ts';
import { changeOrder } from '../writing/change.service.ts';

/**
 * Gives back some or all of what was paid for one seller order; all of it only once it is delivered.
 * @throws Problem NOT_FOUND, CONFLICT with `refundable_amount` where less can be refunded, VALIDATION_ERROR for an unknown seller order
 */
export async function refundPayment(
  ctx: Ctx,
  payment_id: string,
  input: RefundInput,
): Promise<PaymentRow> {
  const { order_id } = await getPayment(ctx, payment_id);
  await changeOrder(ctx, order_id, (state) => decideRefund(state, input));
  return getPayment(ctx, payment_id);
}
