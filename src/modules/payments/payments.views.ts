// Payments on the wire.
import { type Static, Type } from 'typebox';
import type { Ctx } from '../../context.ts';
import { formatMoney } from '../../lib/money.ts';
import { Id, Model, Money, Nullable, OneOf, Timestamp } from '../../lib/schema.ts';
import { examples } from './payments.examples.ts';
import { PAYMENT_METHODS, PAYMENT_STATUSES } from './payments.rules.ts';
import { checkoutUrl, type PaymentRow } from './payments.service.ts';

export const Payment = Model(
  'Payment',
  Type.Object({
    id: Id,
    order_id: Id,
    payment_method: OneOf('PaymentMethod', PAYMENT_METHODS),
    payment_status: OneOf('PaymentStatus', PAYMENT_STATUSES),
    amount: Money,
    refunded_amount: Money,
    currency: Type.String(),
    checkout_url: Nullable(
      Type.String({
        format: 'uri',
        description: 'Where the customer pays; null for COD and once nothing is due',
      }),
    ),
    expires_at: Nullable(Timestamp),
    created_at: Timestamp,
    updated_at: Timestamp,
  }),
  examples.Payment,
);

export function paymentView(ctx: Ctx, row: PaymentRow): Static<typeof Payment> {
  const isDue = row.payment_status === 'PENDING' && row.payment_method !== 'COD';
  return {
    id: row.id,
    order_id: row.order_id,
    payment_method: row.payment_method,
    payment_status: row.payment_status,
    amount: formatMoney(row.amount_centavos),
    refunded_amount: formatMoney(row.refunded_centavos),
    currency: row.currency,
    checkout_url: isDue ? checkoutUrl(ctx.config, row.id) : null,
    expires_at: row.expires_at?.toISOString() ?? null,
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
  };
}
