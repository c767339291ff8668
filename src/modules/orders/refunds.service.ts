// Refunds: money back for a part of an order, in the books at once, at the provider by a job. Refunds move no stock.
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
import { changeOrder, movePart, type OrderChange } from './change.service.ts';
import { isOpen } from './orders.rules.ts';

type Part = OrderChange['parts'][number];

export interface RefundInput {
  readonly payment_id: string;
  readonly amount_centavos: number;
  readonly reason: string;
  /** Needed where the order has several parts. */
  readonly seller_order_id?: string | undefined;
}

/**
 * Gives back part or all of what was paid for one seller's part.
 * @throws Problem NOT_FOUND, CONFLICT where nothing was paid or less is left, VALIDATION_ERROR for an unknown part
 */
export async function refundPayment(ctx: Ctx, input: RefundInput): Promise<PaymentRow> {
  const { order_id } = await getPayment(ctx, input.payment_id);
  await changeOrder(ctx, order_id, async (ctx, draft) => {
    const part = partToRefund(draft, input.seller_order_id);
    if (!isPaid(draft.payment.payment_status)) {
      throw new Problem(
        PAYMENT_STATE,
        `Only what was paid can be refunded; this payment is ${draft.payment.payment_status}.`,
      );
    }
    const left = Math.min(
      part.total_centavos - part.refunded_centavos,
      draft.payment.amount_centavos - draft.payment.refunded_centavos,
    );
    if (input.amount_centavos > left) {
      throw new Problem(
        PAYMENT_STATE,
        `At most ${formatMoney(left)} of this part can still be refunded.`,
        {
          members: { refundable_amount: formatMoney(left) },
        },
      );
    }
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

function partToRefund(draft: OrderChange, seller_order_id: string | undefined): Part {
  if (seller_order_id === undefined) {
    const [only, second] = draft.parts;
    if (only !== undefined && second === undefined) return only;
    throw invalidField('/seller_order_id', 'is required: the order has several parts', 'required');
  }
  const part = draft.parts.find((candidate) => candidate.id === seller_order_id);
  if (part === undefined)
    throw invalidField('/seller_order_id', 'must be a part of the order that was paid');
  return part;
}

/** Books a refund of a paid part, and queues it at the provider where money went through one. Cash goes back by hand. */
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
      before_centavos: part.refunded_centavos,
      amount_centavos,
    }),
  );
  part.refunded_centavos += amount_centavos;
  payment.refunded_centavos += amount_centavos;
  payment.payment_status = statusAfterRefund(payment.amount_centavos, payment.refunded_centavos);
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
  draft.deeds.push({
    action: 'payment.refunded',
    object_type: 'payment',
    object_id: payment.id,
    changes: {
      refunded_centavos: [payment.refunded_centavos - amount_centavos, payment.refunded_centavos],
    },
  });
  draft.news.push({
    topic: 'payment.refunded',
    payload: { order_id: draft.order.id, payment_id: payment.id, amount_centavos },
  });
}
