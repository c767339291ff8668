// The simulator's own page, where `checkout_url` leads in development: pay, refuse, or let the time run out, and go back
// to where the order came from.
import type { FastifyInstance } from 'fastify';
import { sendPage } from '../../http/pages/html-page.ts';
import { isUuid } from '../../lib/ids.ts';
import { formatMoney } from '../../lib/money.ts';
import { notFound } from '../../lib/problem.ts';
import { deliverWebhook } from './simulation.routes.ts';
import {
  decidePayment,
  getWalletPage,
  SIMULATED_OUTCOMES,
  type SimulatedOutcome,
} from './simulation.service.ts';

const LABELS: Readonly<Record<SimulatedOutcome, string>> = {
  success: 'Pay',
  failure: 'Refuse',
  expiry: 'Let it expire',
};

/** Adds the page and its buttons to the development pages. */
export function registerWalletPage(dev: FastifyInstance): void {
  // A browser's form says what it is even where it is empty.
  dev.addContentTypeParser('application/x-www-form-urlencoded', (_request, payload, done) => {
    payload.resume();
    done(null, undefined);
  });
  dev.get<{ Params: { id: string } }>('/payments/:id/wallet', async (request, reply) => {
    const { status, amount_centavos, refunded_centavos, returns } = await getWalletPage(
      request.ctx,
      requirePaymentId(request.params.id),
    );
    const buttons = SIMULATED_OUTCOMES.map(
      (outcome) =>
        `<form method="post" action="wallet/${outcome}"><button>${LABELS[outcome]}</button></form>`,
    );
    const refunded =
      refunded_centavos === 0 ? '' : `<p>Given back: PHP ${formatMoney(refunded_centavos)}</p>`;
    const body = `<p>PHP ${formatMoney(amount_centavos)} to FreshBytes: ${status}</p>\n${refunded}\n${buttons.join('\n')}`;
    return sendPage(
      reply,
      { title: 'Pretend wallet', body },
      { cacheControl: 'no-store', hasForms: true, formsLeadTo: Object.values(returns ?? {}) },
    );
  });
  dev.post<{ Params: { id: string; outcome: string } }>(
    '/payments/:id/wallet/:outcome',
    async (request, reply) => {
      const outcome = SIMULATED_OUTCOMES.find((known) => known === request.params.outcome);
      const id = requirePaymentId(request.params.id);
      if (outcome === undefined) throw notFound('button');
      await deliverWebhook(dev, await decidePayment(request.ctx, id, outcome));
      const { returns } = await getWalletPage(request.ctx, id);
      return reply.redirect(returns?.[outcome] ?? '../wallet', 303);
    },
  );
}

function requirePaymentId(text: string): string {
  if (!isUuid(text)) throw notFound('payment');
  return text;
}
