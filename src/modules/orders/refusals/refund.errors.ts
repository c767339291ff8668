// How a refund is refused: with what could be refunded instead.
import { formatMoney } from '../../../lib/money.ts';
import { Problem } from '../../../lib/problem.ts';
import { PAYMENT_STATE } from '../../payments/payments.errors.ts';

/** More than the `left_centavos` that can still be refunded of the seller order. */
export function refundTooHigh(left_centavos: number): Problem {
  const why =
    left_centavos > 0
      ? `At most ${formatMoney(left_centavos)} of this seller order can still be refunded.`
      : 'Nothing that was paid for this seller order is left to refund.';
  return refused(why, left_centavos);
}

/** All of a seller order that its customer still waits for. */
export function refundOfOpen(left_centavos: number): Problem {
  return refused(
    'A seller order that is refunded in full must not be delivered: set its order_status to CANCELLED instead, which refunds it by itself.',
    left_centavos - 1,
  );
}

function refused(why: string, refundable_centavos: number): Problem {
  return new Problem(PAYMENT_STATE, why, {
    members: { refundable_amount: formatMoney(refundable_centavos) },
  });
}
