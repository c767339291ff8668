// POST /dev/payments/{payment_id}/simulate: paying without a wallet, in development only.
import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { SIGNED_IN } from '../../http/access.ts';
import { type AnyRoute, route } from '../../http/route.ts';
import { Closed, Id, Model, OneOf } from '../../lib/schema.ts';
import { PAYMENT_STATE } from '../payments/payments.errors.ts';
import { examples } from './dev.examples.ts';
import {
  SIMULATED_OUTCOMES,
  type SimulatedWebhook,
  simulatePayment,
} from './simulation.service.ts';

const DELIVERIES = { never: 0, once: 1, twice: 2 } as const;

export const simulationRoutes: readonly AnyRoute[] = [
  route({
    operationId: 'simulatePayment',
    method: 'POST',
    path: '/payments/:payment_id/simulate',
    access: SIGNED_IN,
    tag: 'Payments',
    summary: 'Decide a payment as its wallet would',
    params: Type.Object({ payment_id: Id }),
    body: Model(
      'Simulation',
      Closed({
        outcome: OneOf('SimulatedOutcome', SIMULATED_OUTCOMES),
        deliver: OneOf('WebhookDelivery', ['once', 'twice', 'never'], { default: 'once' }),
      }),
      examples.Simulation,
    ),
    status: 202,
    returns: Model(
      'SimulationResult',
      Type.Object({
        outcome: OneOf('SimulatedOutcome', SIMULATED_OUTCOMES),
        delivered: Type.Integer({ description: 'How often the webhook was sent' }),
      }),
      examples.SimulationResult,
    ),
    idempotency: 'none',
    problems: [PAYMENT_STATE],
    handle: async (ctx, { params, body, request }) => {
      const webhook = await simulatePayment(ctx, params.payment_id, body.outcome);
      const delivered = DELIVERIES[body.deliver];
      for (let i = 0; i < delivered; i += 1) {
        await deliverWebhook(request.server, webhook);
      }
      return { outcome: body.outcome, delivered };
    },
  }),
];

/** Through the front door, so that the signature is checked like any wallet's. */
export async function deliverWebhook(
  app: FastifyInstance,
  webhook: SimulatedWebhook,
): Promise<void> {
  await app.inject({
    method: 'POST',
    url: `/api/v1/webhooks/payments/${webhook.provider}`,
    headers: { ...webhook.headers, 'content-type': 'application/json' },
    payload: webhook.rawBody,
  });
}
