// POST /dev/payments/{payment_id}/simulate: paying without a wallet, in development only.
import { Type } from 'typebox';
import { SIGNED_IN } from '../../http/access.ts';
import { type AnyRoute, route } from '../../http/route.ts';
import { Closed, Id, Model, OneOf } from '../../http/schema.ts';
import { PAYMENT_STATE } from '../payments/payments.errors.ts';
import { simulatePayment } from './simulation.service.ts';

const OUTCOMES = ['success', 'failure', 'expiry'] as const;
const DELIVERIES = { never: 0, once: 1, twice: 2 } as const;

export const simulationRoutes: readonly AnyRoute[] = [
  route({
    method: 'POST',
    path: '/payments/:payment_id/simulate',
    access: SIGNED_IN,
    tag: 'Payments',
    summary: 'Decide a payment as its wallet would',
    params: Type.Object({ payment_id: Id }),
    body: Model(
      'Simulation',
      Closed({
        outcome: OneOf(OUTCOMES),
        deliver: OneOf(['once', 'twice', 'never'], { default: 'once' }),
      }),
    ),
    status: 202,
    returns: Type.Object({
      outcome: OneOf(OUTCOMES),
      delivered: Type.Integer({ description: 'How often the webhook was sent' }),
    }),
    idempotency: 'none',
    problems: [PAYMENT_STATE],
    handle: async (ctx, { params, body, request }) => {
      const { provider, rawBody, headers } = await simulatePayment(
        ctx,
        params.payment_id,
        body.outcome,
      );
      const delivered = DELIVERIES[body.deliver];
      for (let i = 0; i < delivered; i += 1) {
        // Through the front door, so that the signature is checked like any wallet's.
        await request.server.inject({
          method: 'POST',
          url: `/api/v1/webhooks/payments/${provider}`,
          headers: { ...headers, 'content-type': 'application/json' },
          payload: rawBody,
        });
      }
      return { outcome: body.outcome, delivered };
    },
  }),
];
