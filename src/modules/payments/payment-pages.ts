// Unversioned addresses of payments: where a customer's browser goes to pay, and in development, deciding how it ends.
import type { FastifyInstance } from 'fastify';
import { sendPage } from '../../http/pages/html-page.ts';
import type { Limited } from '../../http/route.ts';
import { type CheckoutAddress, isCheckoutAddress, openCheckout } from './payments.service.ts';

/** By payment, so that nobody else's requests keep a customer from paying. */
const limited: Limited = {
  limit: 'payment_page',
  limitSubject: ({ ctx, params }) => {
    const address = params as CheckoutAddress;
    return isCheckoutAddress(ctx.config, address) ? address.payment_id : undefined;
  },
};

const ENDS = {
  paid: { title: 'Payment received', body: '<p>Thank you. You can close this page.</p>' },
  closed: {
    title: 'Payment closed',
    body: '<p>This payment is no longer open. To buy the goods, order them again.</p>',
  },
} as const;

/**
 * `GET /pay/{payment_id}/{signature}`: sends the browser to the wallet, and once it is paid or closed back to the frontend,
 * or says so.
 */
export function registerPaymentPages(app: FastifyInstance): void {
  app.get<{ Params: CheckoutAddress }>(
    '/pay/:payment_id/:signature',
    { config: { priority: 'critical', limited } },
    async (request, reply) => {
      const visit = await openCheckout(request.ctx, request.params);
      if ('end' in visit) return sendPage(reply, ENDS[visit.end], { cacheControl: 'no-store' });
      return reply.header('cache-control', 'no-store').redirect(visit.goTo, 303);
    },
  );
}
