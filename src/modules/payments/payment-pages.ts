// Unversioned addresses of payments: where a buyer's browser goes to pay, and in development, deciding how it ends.
import type { FastifyInstance } from 'fastify';
import type { Limited } from '../../http/route.ts';
import { type CheckoutAddress, isCheckoutAddress, openCheckout } from './payments.service.ts';

/** By payment, so that nobody else's requests keep a buyer from paying. */
const limited: Limited = {
  limit: 'payment_page',
  limitSubject: ({ ctx, params }) => {
    const address = params as CheckoutAddress;
    return isCheckoutAddress(ctx.config, address) ? address.payment_id : undefined;
  },
};

/** `GET /pay/{payment_id}/{signature}`: opens the wallet session and sends the browser there. */
export function registerPaymentPages(app: FastifyInstance): void {
  app.get<{ Params: CheckoutAddress }>(
    '/pay/:payment_id/:signature',
    { config: { priority: 'critical', limited } },
    async (request, reply) => {
      const url = await openCheckout(request.ctx, request.params);
      return reply.header('cache-control', 'no-store').redirect(url, 303);
    },
  );
}
