// Cancelling parts: stock goes back, the books forget the sale, and what was paid is refunded.
import type { TxCtx } from '../../context.ts';
import { books } from '../ledger/ledger.service.ts';
import { isPaid } from '../payments/payments.rules.ts';
import { movePart, type OrderChange } from './change.service.ts';
import { isOpen } from './orders.rules.ts';
import { giveBack, holdAllocations, writeOff } from './part-stock.service.ts';
import { refundPart } from './refunds.service.ts';

type Part = OrderChange['parts'][number];

/**
 * Takes parts off: stock goes back to its lots unless it was on the road, the books forget the sale, and what was
 * paid is refunded.
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
    const open_centavos = part.total_centavos - part.refunded_centavos;
    movePart(ctx, draft, { part, to: 'CANCELLED', reason });
    draft.entries.push(books.partCancelled(part, open_centavos));
    if (isPaid(draft.payment.payment_status))
      await refundPart(ctx, draft, { part, amount_centavos: open_centavos, reason });
    else if (fallsWithPart(draft, isPartial)) draft.payment.amount_centavos -= open_centavos;
  }
  closePaymentWithoutParts(ctx, draft);
}

/**
 * Whether what is still to be paid falls with a cancelled part. An open wallet session goes on asking for the old
 * amount: what it takes too much is refunded when it is paid.
 */
function fallsWithPart({ payment }: OrderChange, isPartial: boolean): boolean {
  return payment.payment_method === 'COD' || (isPartial && payment.provider_reference === null);
}

/** Nothing left to pay for: an unpaid payment fails; of a cash payment whose other parts were delivered, the rest is complete. */
function closePaymentWithoutParts(ctx: TxCtx, draft: OrderChange): void {
  const { payment, parts } = draft;
  if (payment.payment_status !== 'PENDING' || parts.some((part) => isOpen(part.order_status)))
    return;
  if (parts.every((part) => part.order_status === 'CANCELLED')) {
    payment.payment_status = 'FAILED';
  } else if (payment.payment_method === 'COD') {
    payment.payment_status = 'COMPLETED';
    payment.completed_at = ctx.clock.now();
  }
}
