// A seller's orders and customers, for that seller and admins.
import { Type } from 'typebox';
import { mapPage } from '../../../db/paging/paging.ts';
import { SELLER_OR_ADMIN } from '../../../http/access.ts';
import { type AnyRoute, listRoute } from '../../../http/route.ts';
import { IdParams, Model } from '../../../lib/schema.ts';
import { examples } from '../orders.examples.ts';
import { Order, orderView } from '../orders.views.ts';
import { listCustomersOfSeller, listOrdersOfSeller } from './seller-orders.service.ts';

const Customer = Model(
  'SellerCustomer',
  Type.Object({ name: Type.String({ examples: ['Maria S.'] }), order_count: Type.Integer() }),
  examples.SellerCustomer,
);
const shared = {
  access: SELLER_OR_ADMIN,
  tag: 'Sellers',
  params: IdParams,
  cache: 'personal',
} as const;

export const sellerOrderRoutes: readonly AnyRoute[] = [
  listRoute({
    ...shared,
    operationId: 'listSellerOrders',
    path: '/sellers/:id/orders',
    summary: "List a seller's orders",
    description: "Newest first, with the seller's own seller order, lines and totals.",
    item: Order,
    list: async (ctx, { params, page }) =>
      mapPage(await listOrdersOfSeller(ctx, params.id, page), (detail) => orderView(ctx, detail)),
  }),
  listRoute({
    ...shared,
    operationId: 'listSellerCustomers',
    path: '/sellers/:id/customers',
    summary: "List a seller's customers",
    description: 'Who ordered most first; a name and a number, nothing else.',
    item: Customer,
    list: (ctx, { params, page }) => listCustomersOfSeller(ctx, params.id, page),
  }),
];
