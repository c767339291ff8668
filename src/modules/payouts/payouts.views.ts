// Payouts on the wire. Of an account number only its end is shown.
import { Type } from 'typebox';
import { formatMoney } from '../../lib/money.ts';
import { Id, type Infer, Model, Money, Nullable, OneOf, Timestamp } from '../../lib/schema.ts';
import { examples } from './payouts.examples.ts';
import { PAYOUT_STATUSES, RAILS } from './payouts.rules.ts';
import type { PayoutRow } from './runs/runs.service.ts';

export const Payout = Model(
  'Payout',
  Type.Object({
    id: Id,
    seller_id: Id,
    status: OneOf('PayoutStatus', PAYOUT_STATUSES),
    amount: Money,
    rail: OneOf('Rail', RAILS),
    bank_code: Type.String(),
    account_ends_with: Type.String(),
    reference: Nullable(Type.String({ description: "The bank's" })),
    reason: Nullable(Type.String({ description: 'Why it was skipped, returned or failed' })),
    created_at: Timestamp,
    updated_at: Timestamp,
  }),
  examples.Payout,
);

export function payoutView(row: PayoutRow): Infer<typeof Payout> {
  return {
    id: row.id,
    seller_id: row.seller_id,
    status: row.status,
    amount: formatMoney(row.amount_centavos),
    rail: row.rail,
    bank_code: row.bank_code,
    account_ends_with: row.account_last4,
    reference: row.reference,
    reason: row.reason,
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
  };
}
