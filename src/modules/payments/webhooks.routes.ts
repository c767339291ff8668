// POST /webhooks/payments/{provider}: what wallet providers tell us.
import { Type } from 'typebox';
import { SIGNED_OUT } from '../../http/access.ts';
import { type AnyRoute, route } from '../../http/route.ts';
import { FORBIDDEN, notFound } from '../../lib/problem.ts';
import { receiveWebhook } from '../orders/settlement/settlement.service.ts';
import { examples } from './payments.examples.ts';

export const webhookRoutes: readonly AnyRoute[] = [
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
      provider: Type.String({ pattern: '^[a-z]{1,32}$', description: 'the name of a provider' }),
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
