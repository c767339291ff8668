// Marks of suspended sellers who left: a profile made anew by the same account, or with the same confirmed e-mail address
// or phone number, begins with the suspension.
import { createHmac } from 'node:crypto';
import type { TxCtx } from '../../../context.ts';
import { appSecret } from '../../../lib/keys/app-secret.ts';
import { keyRing } from '../../../lib/keys/key-ring.ts';
import { getConfirmedContacts } from '../../users/roles.service.ts';
import {
  deleteSuspensionMarks,
  hasSuspensionMark,
  insertSuspensionMarks,
  type SellerRow,
} from '../sellers.queries.ts';

/** Called where a suspended profile is removed. */
export async function markSuspension(ctx: TxCtx, seller: SellerRow): Promise<void> {
  const [current] = await hashesOf(ctx, seller.user_id);
  await insertSuspensionMarks(ctx.db, current ?? [], {
    seller_id: seller.id,
    created_at: ctx.clock.now(),
  });
}

/** Whether this person once removed a profile that was suspended. */
export async function hasShedSuspension(ctx: TxCtx, user_id: string): Promise<boolean> {
  return hasSuspensionMark(ctx.db, (await hashesOf(ctx, user_id)).flat());
}

/** An admin has ended the suspension: the next profile begins like anybody's. */
export async function forgetSuspension(ctx: TxCtx, user_id: string): Promise<void> {
  await deleteSuspensionMarks(ctx.db, (await hashesOf(ctx, user_id)).flat());
}

/** Keyed, so that nobody can try all phone numbers; by each secret that is still accepted, the current one first. */
async function hashesOf(ctx: TxCtx, user_id: string): Promise<Buffer[][]> {
  const contacts = [user_id, ...(await getConfirmedContacts(ctx, user_id))];
  return keyRing(appSecret(ctx.config)).map((secret) =>
    contacts.map((contact) =>
      createHmac('sha256', `suspension:${secret}`).update(contact).digest(),
    ),
  );
}
