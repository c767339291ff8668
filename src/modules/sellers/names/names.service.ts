// New names of verified sellers: an admin approves or refuses them, and the seller is notified.
import { invalidate, SELLERS } from '../../../cache/tags.ts';
import type { Ctx } from '../../../context.ts';
import { inTransaction } from '../../../db/transaction.ts';
import { notFound, Problem } from '../../../lib/problem.ts';
import { recordAudit } from '../../audit/audit.service.ts';
import { refreshSellerListings } from '../../listing/listing.service.ts';
import { publishEvents } from '../../notifications/notifications.service.ts';
import { SELLER_TRANSITION } from '../sellers.errors.ts';
import { lockSeller, type SellerRow, updateSeller } from '../sellers.queries.ts';
import { getSeller, refuseTaken } from '../sellers.service.ts';

export type NameDecision = 'approve' | 'refuse';

/**
 * Decides about the name that a seller has asked for.
 * @throws Problem NOT_FOUND, INVALID_STATUS_TRANSITION where none waits, CONFLICT where another seller took it meanwhile
 */
export function decideName(ctx: Ctx, id: string, decision: NameDecision): Promise<SellerRow> {
  return inTransaction(ctx, async (ctx) => {
    const before = await lockSeller(ctx.db, id);
    if (before === undefined) throw notFound('seller');
    const { requested_name } = before;
    if (requested_name === null)
      throw new Problem(SELLER_TRANSITION, 'No new name of this seller waits for a decision.');
    const isApproved = decision === 'approve';
    const business_name = isApproved ? requested_name : before.business_name;
    await updateSeller(ctx.db, id, {
      business_name,
      requested_name: null,
      name_requested_at: null,
      updated_at: ctx.clock.now(),
    }).catch(refuseTaken);
    invalidate(ctx, SELLERS);
    if (isApproved) await refreshSellerListings(ctx, id);
    await recordAudit(ctx, {
      action: isApproved ? 'seller.name_approved' : 'seller.name_refused',
      object_type: 'seller',
      object_id: id,
      changes: {
        business_name: [before.business_name, business_name],
        requested_name: [requested_name, null],
      },
    });
    await publishEvents(ctx, [
      {
        topic: isApproved ? 'seller.name-approved' : 'seller.name-refused',
        payload: { seller_id: id },
      },
    ]);
    return getSeller(ctx, id);
  });
}
