// POST /payments/{id}/refunds: money back, by admins.
import { Type } from 'typebox';
import { ADMIN } from '../../http/access.ts';
import { type AnyRoute, route } from '../../http/route.ts';
import { parseMoney } from '../../lib/money.ts';
import { Closed, Id, IdParams, Line, Model, PositiveTotal } from '../../lib/schema.ts';
import { refundPayment } from '../orders/settlement/refunds.service.ts';
import { PAYMENT_STATE } from './payments.errors.ts';
import { examples } from './payments.examples.ts';
import { Payment, paymentView } from './payments.views.ts';

const RefundInput = Model(
  'RefundInput',
  Closed({ amount: PositiveTotal, reason: Line(200), seller_order_id: Type.Optional(Id) }),
  examples.RefundInput,
);

export const refundRoutes: readonly AnyRoute[] = [
  route({
    operationId: 'refundPayment',
    method: 'POST',
    path: '/payments/:id/refunds',
    access: ADMIN,
    tag: 'Payments',
    summary: 'Refund a payment',
    description:
      'In full or in part, never more than was paid for the seller order, which is named where the order has several. Cash is paid at delivery. All of an open seller order is given back by cancelling it instead.',
    params: IdParams,
    body: RefundInput,
    status: 201,
    returns: Payment,
    idempotency: 'required',
    priority: 'critical',
    cache: 'personal',
    problems: [PAYMENT_STATE],
    handle: async (ctx, { params, body: { amount, ...input } }) =>
      paymentView(
        ctx,
        await refundPayment(ctx, params.id, { ...input, amount_centavos: parseMoney(amount) }),
      ),
  }),
];
