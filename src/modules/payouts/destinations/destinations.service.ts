// Where a seller is paid. Whoever could change it could take the money: it needs a fresh proof, is told to the seller, and
// holds payouts for a day.
import type { Ctx } from '../../../context.ts';
import { inTransaction } from '../../../db/transaction.ts';
import { sealSecret } from '../../../lib/keys/sealed.ts';
import { notFound } from '../../../lib/problem.ts';
import { DAY_MS, plusMs } from '../../../lib/time.ts';
import { recordAudit } from '../../audit/audit.service.ts';
import { publishEvents } from '../../notifications/notifications.service.ts';
import { requireOwnSeller } from '../balances/balances.service.ts';
import {
  findAccount,
  lockAccount,
  type SellerAccountRow,
  writeAccount,
} from './destinations.queries.ts';

/** Time for a seller to notice that it was not they who changed it. */
export const HOLD_MS = DAY_MS;
const SHOWN_DIGITS = 4;

export interface DestinationInput {
  readonly bank_code: string;
  readonly account_name: string;
  readonly account_number: string;
}

/** @throws Problem NOT_FOUND for everybody but the seller and admins, and where none is set */
export async function getDestination(ctx: Ctx, seller_id: string): Promise<SellerAccountRow> {
  await requireOwnSeller(ctx, seller_id);
  const account = await findAccount(ctx.db, seller_id);
  if (account === undefined) throw notFound('payout destination');
  return account;
}

/** @throws Problem NOT_FOUND for everybody but the seller */
export function setDestination(
  ctx: Ctx,
  seller_id: string,
  input: DestinationInput,
): Promise<SellerAccountRow> {
  const { bank_code, account_name, account_number } = input;
  return inTransaction(ctx, async (ctx) => {
    await requireOwnSeller(ctx, seller_id);
    const before = await lockAccount(ctx.db, seller_id);
    const account = {
      seller_id,
      bank_code,
      account_name,
      account_number: sealSecret(
        ctx.tokens.deriveKeys('payout-destination'),
        seller_id,
        account_number,
      ),
      account_last4: account_number.slice(-SHOWN_DIGITS),
      changed_at: ctx.clock.now(),
    };
    await writeAccount(ctx.db, account);
    await recordAudit(ctx, {
      action: 'seller.payout-destination-set',
      object_type: 'seller',
      object_id: seller_id,
      changes: { bank_code: [before?.bank_code ?? null, bank_code] },
      personal: ['account_name', 'account_number'],
    });
    await publishEvents(ctx, [{ topic: 'seller.payout-destination-set', payload: { seller_id } }]);
    return account;
  });
}

export function heldUntil({ changed_at }: Pick<SellerAccountRow, 'changed_at'>): Date {
  return plusMs(changed_at, HOLD_MS);
}
