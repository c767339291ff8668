// GET /payments: what the caller has paid or is to pay.
import { Type } from 'typebox';
import { mapPage } from '../../db/paging/paging.ts';
import { SIGNED_IN } from '../../http/access.ts';
import { type AnyRoute, listRoute, route } from '../../http/route.ts';
import { Id, IdParams } from '../../lib/schema.ts';
import { getPayment, listPayments } from './payments.service.ts';
import { Payment, paymentView } from './payments.views.ts';

const shared = {
  access: SIGNED_IN,
  tag: 'Payments',
  cache: 'personal',
  priority: 'critical',
} as const;

export const paymentRoutes: readonly AnyRoute[] = [
  listRoute({
    ...shared,
    operationId: 'listPayments',
    path: '/payments',
    summary: 'List payments',
    description: 'Newest first; admins see all.',
    query: Type.Object({
      order_id: Type.Optional(Type.String({ ...Id, description: 'Only that of this order' })),
    }),
    item: Payment,
    list: async (ctx, { query, page }) =>
      mapPage(await listPayments(ctx, query, page), (row) => paymentView(ctx, row)),
  }),
  route({
    ...shared,
    operationId: 'getPayment',
    method: 'GET',
    path: '/payments/:id',
    summary: 'Get a payment',
    params: IdParams,
    status: 200,
    returns: Payment,
    handle: async (ctx, { params }) => paymentView(ctx, await getPayment(ctx, params.id)),
  }),
];
