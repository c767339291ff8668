// Unversioned addresses of payments: where a buyer's browser goes to pay, and in development, deciding how it ends.
import type { FastifyInstance } from 'fastify';
import { openCheckout } from './payments.service.ts';

/** `GET /pay/{payment_id}/{signature}`: opens the wallet session and sends the browser there. */
export function registerPaymentPages(app: FastifyInstance): void {
  app.get<{ Params: { payment_id: string; signature: string } }>(
    '/pay/:payment_id/:signature',
    { config: { priority: 'critical' } },
    async (request, reply) => {
      const url = await openCheckout(request.ctx, request.params);
      return reply.header('cache-control', 'no-store').redirect(url, 303);
    },
  );
}
