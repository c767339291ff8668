// Refunds: money back for a seller order, in the journal at once, at the provider by a job. Refunds move no stock.
import type { Ctx, TxCtx } from '../../context.ts';
import { insertTogether } from '../../db/insert-together.ts';
import { newId } from '../../lib/ids.ts';
import { formatMoney } from '../../lib/money.ts';
import { invalidField, Problem } from '../../lib/problem.ts';
import { books } from '../ledger/ledger.service.ts';
import { PAYMENT_STATE } from '../payments/payments.errors.ts';
import { isPaid, statusAfterRefund } from '../payments/payments.rules.ts';
import { getPayment, type PaymentRow } from '../payments/payments.service.ts';
import { queueRefund } from '../payments/refund-queue.service.ts';
import { changeOrder, movePart, movePayment, type OrderChange } from './change.service.ts';
import { isOpen, refundableOf } from './orders.rules.ts';

type Part = OrderChange['parts'][number];

export interface RefundInput {
  readonly payment_id: string;
  readonly amount_centavos: number;
  readonly reason: string;
  /** Needed where the order has several seller orders. */
  readonly seller_order_id?: string | undefined;
}

/**
 * Gives back some or all of what was paid for one seller order; all of it only once it is delivered.
 * @throws Problem NOT_FOUND, CONFLICT with `refundable_amount` where less can be refunded, VALIDATION_ERROR for an unknown seller order
 */
export async function refundPayment(ctx: Ctx, input: RefundInput): Promise<PaymentRow> {
  const { order_id } = await getPayment(ctx, input.payment_id);
  await changeOrder(ctx, order_id, async (ctx, draft) => {
    const part = partToRefund(draft, input.seller_order_id);
    requireRefundable(draft, part, input.amount_centavos);
    await refundPart(ctx, draft, {
      part,
      amount_centavos: input.amount_centavos,
      reason: input.reason,
    });
    if (part.order_status === 'DELIVERED' && part.refunded_centavos === part.total_centavos) {
      movePart(ctx, draft, { part, to: 'REFUNDED', reason: input.reason });
    }
  });
  return getPayment(ctx, input.payment_id);
}

function requireRefundable(draft: OrderChange, part: Part, amount_centavos: number): void {
  const left_centavos = refundableOf(part, draft.payment);
  if (amount_centavos > left_centavos) {
    const why =
      left_centavos > 0
        ? `At most ${formatMoney(left_centavos)} of this seller order can still be refunded.`
        : 'Nothing that was paid for this seller order is left to refund.';
    throw notRefundable(why, left_centavos);
  }
  if (amount_centavos === left_centavos && isOpen(part.order_status)) {
    throw notRefundable(
      'A seller order that is refunded in full must not be delivered: set its order_status to CANCELLED instead, which refunds it by itself.',
      left_centavos - 1,
    );
  }
}

function notRefundable(why: string, refundable_centavos: number): Problem {
  return new Problem(PAYMENT_STATE, why, {
    members: { refundable_amount: formatMoney(refundable_centavos) },
  });
}

function partToRefund(draft: OrderChange, seller_order_id: string | undefined): Part {
  if (seller_order_id === undefined) {
    const [only, second] = draft.parts;
    if (only !== undefined && second === undefined) return only;
    throw invalidField(
      '/seller_order_id',
      'is required: the order has several seller orders',
      'required',
    );
  }
  const part = draft.parts.find((candidate) => candidate.id === seller_order_id);
  if (part === undefined)
    throw invalidField('/seller_order_id', 'must be a seller order of the order that was paid');
  return part;
}

/** Books a refund of what was paid for a seller order, and queues it at the provider where money went through one. Cash goes back by hand. */
export async function refundPart(
  ctx: TxCtx,
  draft: OrderChange,
  refund: { part: Part; amount_centavos: number; reason: string },
): Promise<void> {
  const { part, amount_centavos, reason } = refund;
  if (amount_centavos === 0) return;
  const { payment } = draft;
  const isCash = payment.payment_method === 'COD';
  draft.entries.push(
    books.refunded(part, {
      stage:
        part.order_status === 'CANCELLED'
          ? 'cancelled'
          : isOpen(part.order_status)
            ? 'open'
            : 'delivered',
      from: isCash ? 'COD_CLEARING' : 'WALLET_CLEARING',
      amount_centavos,
    }),
  );
  part.refunded_centavos += amount_centavos;
  // Cash of one seller order may go back while another is yet to be paid.
  const to = isPaid(payment.payment_status)
    ? statusAfterRefund(payment.amount_centavos, payment.refunded_centavos + amount_centavos)
    : payment.payment_status;
  movePayment(draft, 'refunded', { to, refund_centavos: amount_centavos });
  const id = newId();
  const now = ctx.clock.now();
  await insertTogether(ctx.db, {
    refunds: [
      {
        id,
        payment_id: payment.id,
        seller_order_id: part.id,
        amount_centavos,
        reason,
        status: isCash ? 'COMPLETED' : 'PENDING',
        provider_reference: null,
        actor_id: ctx.actor.kind === 'user' ? ctx.actor.user_id : null,
        created_at: now,
        updated_at: now,
      },
    ],
  });
  if (!isCash) await queueRefund(ctx, id);
}
