// Who takes the cash of a seller's cash orders: the seller, or the platform's rider. Set by admins.
import type { Ctx } from '../../../context.ts';
import { inTransaction } from '../../../db/transaction.ts';
import { changesBetween, recordAudit } from '../../audit/audit.service.ts';
import { lockSeller, type SellerRow, updateSeller } from '../sellers.queries.ts';
import { requireManaged } from '../sellers.service.ts';

/**
 * For orders that are placed from now on.
 * @throws Problem NOT_FOUND
 */
export function setCashCollector(
  ctx: Ctx,
  id: string,
  cash_collector: SellerRow['cash_collector'],
): Promise<SellerRow> {
  return inTransaction(ctx, async (ctx) => {
    const before = requireManaged(ctx, id, await lockSeller(ctx.db, id));
    const seller = await updateSeller(ctx.db, id, {
      cash_collector,
      updated_at: ctx.clock.now(),
    });
    await recordAudit(ctx, {
      action: 'seller.cash-collector-set',
      object_type: 'seller',
      object_id: id,
      changes: changesBetween(before, seller, ['cash_collector']),
    });
    return seller;
  });
}
