// Money after checkout: refunds by admins, and webhooks by providers.
import { Type } from 'typebox';
import { ADMIN, SIGNED_OUT } from '../../http/access.ts';
import { type AnyRoute, route } from '../../http/route.ts';
import { parseMoney } from '../../lib/money.ts';
import { FORBIDDEN, notFound } from '../../lib/problem.ts';
import { Closed, Id, IdParams, Line, Model, PositiveTotal } from '../../lib/schema.ts';
import { PAYMENT_STATE } from '../payments/payments.errors.ts';
import { Payment, paymentView } from '../payments/payments.views.ts';
import { examples } from './orders.examples.ts';
import { refundPayment } from './refunds.service.ts';
import { receiveWebhook } from './settlement.service.ts';

const RefundInput = Model(
  'RefundInput',
  Closed({ amount: PositiveTotal, reason: Line(200), seller_order_id: Type.Optional(Id) }),
  examples.RefundInput,
);

export const settlementRoutes: readonly AnyRoute[] = [
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
        await refundPayment(ctx, {
          ...input,
          payment_id: params.id,
          amount_centavos: parseMoney(amount),
        }),
      ),
  }),
  route({
    operationId: 'receivePaymentEvent',
    method: 'POST',
    path: '/webhooks/payments/:provider',
    access: SIGNED_OUT,
    tag: 'Webhooks',
    summary: 'Receive a payment provider’s event',
    description:
      'For providers only: the signature is checked, repeats change nothing, order does not matter.',
    params: Type.Object({
      provider: Type.String({ pattern: '^[a-z]{1,32}$', description: 'Name of the provider' }),
    }),
    body: Type.Record(Type.String(), Type.Unknown(), {
      title: 'ProviderEvent',
      description: "The provider's own format",
      examples: [examples.ProviderEvent],
    }),
    status: 204,
    idempotency: 'none',
    limit: 'webhook',
    limitSubject: ({ ctx, params }) => {
      const { provider } = params as { provider: string };
      return provider === ctx.gateways.wallet?.name ? provider : undefined;
    },
    priority: 'critical',
    problems: [FORBIDDEN],
    handle: async (ctx, { params, request }) => {
      const { rawBody } = request;
      if (rawBody === undefined) throw notFound('provider');
      await receiveWebhook(ctx, params.provider, { headers: request.headers, rawBody });
    },
  }),
];
