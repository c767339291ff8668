// Cancelling seller orders: stock goes back, the journal reverses the sale, and what was paid is refunded.
import type { TxCtx } from '../../context.ts';
import { books } from '../ledger/ledger.service.ts';
import { isPaid } from '../payments/payments.rules.ts';
import { completePayment, movePart, movePayment, type OrderChange } from './change.service.ts';
import { isOpen, refundableOf } from './orders.rules.ts';
import { giveBack, holdAllocations, writeOff } from './part-stock.service.ts';
import { refundPart } from './refunds.service.ts';

type Part = OrderChange['parts'][number];

/**
 * Cancels seller orders: stock goes back to its lots unless it was on the road, the journal reverses the sale, and
 * what was paid is refunded.
 */
export async function cancelParts(
  ctx: TxCtx,
  draft: OrderChange,
  parts: readonly Part[],
  reason: string,
): Promise<void> {
  const live = await holdAllocations(ctx, parts);
  const shipped = new Set(
    parts.filter((part) => part.order_status === 'SHIPPED').map((part) => part.id),
  );
  await giveBack(
    ctx,
    draft,
    live.filter((allocation) => !shipped.has(allocation.seller_order_id)),
  );
  await writeOff(
    ctx,
    draft,
    live.filter((allocation) => shipped.has(allocation.seller_order_id)),
  );
  const isPartial = draft.parts.some((part) => isOpen(part.order_status) && !parts.includes(part));
  for (const part of parts) {
    movePart(ctx, draft, { part, to: 'CANCELLED', reason });
    draft.entries.push(books.partCancelled(part));
    if (isPaid(draft.payment.payment_status)) {
      const amount_centavos = refundableOf(part, draft.payment);
      await refundPart(ctx, draft, { part, amount_centavos, reason });
    } else if (fallsWithPart(draft, isPartial)) {
      draft.payment.amount_centavos -= part.due_centavos;
      part.due_centavos = 0;
    }
  }
  closePaymentWithoutParts(ctx, draft);
}

/**
 * Whether a cancelled seller order is no longer asked for. An open wallet session goes on asking for the old
 * amount: what it takes too much is refunded when it is paid.
 */
function fallsWithPart({ payment }: OrderChange, isPartial: boolean): boolean {
  return payment.payment_method === 'COD' || (isPartial && payment.provider_reference === null);
}

/** Nothing left to pay for: an unpaid payment fails; cash that was collected for other seller orders is complete. */
function closePaymentWithoutParts(ctx: TxCtx, draft: OrderChange): void {
  const { payment, parts } = draft;
  if (payment.payment_status !== 'PENDING' || parts.some((part) => isOpen(part.order_status)))
    return;
  if (parts.every((part) => part.order_status === 'CANCELLED'))
    movePayment(draft, 'failed', { to: 'FAILED' });
  else completePayment(ctx, draft);
}
